"""Tools for assistants, driven by the official client over HTTP and over standard input."""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta

import anyio
import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy import delete, select

from kb.access import OPERATOR, Right, Role
from kb.accounts import accounts, tokens
from kb.domain import Visibility
from kb.runtime.services import open_services
from kb.storage.accounts import Account, ApiToken
from kb.storage.db import Database
from kb.storage.tables import Item, PassageRow, PracticeRow, UnansweredQuestion, now
from tests.threads import run_in_thread
from tests.web.real_server import serving
from web.app import create_app
from web.http.limits import RateLimits
from web.http.queues import QueuedWork, WorkQueues

TOOLS = {
    "search", "read_practice", "read_page", "read_collection", "read_project", "compare",
    "list_gaps",
}  # fmt: skip
ALTENA, TRIESTE = "altena-governare-il-calo", "trieste-microaree"
QUESTION = "Come si riorganizzano i servizi di una città che perde abitanti?"


@pytest.fixture(scope="module")
def app(indexed):
    return create_app(indexed)


@pytest.fixture(scope="module")
def site(app):
    """The address of a real server."""
    with serving(app, lifespan="on") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def token(indexed):
    """Of a researcher, with the right to manage documents."""
    with indexed.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == "a-researcher")).one()
        return tokens.create(session, OPERATOR, account, "assistant", [Right.DOCUMENTS])


@asynccontextmanager
async def connected(site, token="", language="it"):
    headers = {"Accept-Language": language}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as http,
        Client(streamable_http_client(f"{site}/mcp", http_client=http)) as client,
    ):
        yield client


def call(site, *calls, token="", language="it"):
    """What the calls (name, arguments) answer, one after the other: the value, or the sentence of
    an error."""

    async def run():
        async with connected(site, token, language) as client:
            return [_read(await client.call_tool(name, arguments)) for name, arguments in calls]

    found = run_in_thread(run)
    return found[0] if len(calls) == 1 else found


def _read(answer):
    if answer.is_error:
        return answer.content[0].text
    assert json.loads(answer.content[0].text) == answer.structured_content
    return answer.structured_content


def test_the_tools_say_what_they_are_for_and_only_read(site):
    async def run():
        async with connected(site) as client:
            return (await client.list_tools()).tools

    tools = run_in_thread(run)
    assert {one.name for one in tools} == TOOLS
    assert all(one.description and one.annotations.read_only_hint for one in tools)
    assert all("context" not in one.input_schema["properties"] for one in tools)
    assert all(one.input_schema["additionalProperties"] is False for one in tools)


def test_a_search_answers_with_the_verdict_and_quotations_at_their_address(site, searcher, indexed):
    found = call(site, ("search", {"question": QUESTION, "limit": "3"}))
    assert found["verdict"] in ("answered", "near")
    assert found["verdict_means"]
    assert 1 <= len(found["results"]) <= 3
    assert ALTENA in [one["id"] for one in found["results"]]
    with indexed.database.session() as session:
        for result in found["results"]:
            texts = session.scalars(
                select(PassageRow.text).where(PassageRow.item_id == result["id"])
            ).all()
            for quotation in result["quotations"]:
                assert quotation["text"] in texts
                assert quotation["address"].startswith(site)
                path = quotation["address"].removeprefix(site)
                assert searcher.get(path).status_code == 200
    nothing = call(site, ("search", {"question": "orario dei treni per Marte"}))
    assert nothing["verdict"] != "answered"


def test_cards_collections_and_comparisons_are_read_with_their_addresses(site):
    card, collection, table = call(
        site,
        ("read_practice", {"practice_id": ALTENA}),
        ("read_collection", {"collection_id": "mense-e-filiera-corta"}),
        ("compare", {"practice_ids": [ALTENA, TRIESTE]}),
    )
    assert card["address"] == f"{site}/practices/{ALTENA}"
    assert card["results"][0]["evidence"] == "primary"
    assert card["results"][0]["written"]["it"]
    assert collection["argument"]
    assert all(one["note"] for section in collection["sections"] for one in section["items"])
    assert [one["id"] for one in table["practices"]] == [ALTENA, TRIESTE]
    assert all(len(row["cells"]) == 2 for row in table["rows"])
    cited = {line["source"] for row in table["rows"] for cell in row["cells"] for line in cell}
    assert cited - {None} <= {one["number"] for one in table["sources"]}


def test_nobody_sees_through_a_tool_what_a_page_would_not_show(site, token, indexed):
    with indexed.database.transaction() as session:
        session.get(Item, TRIESTE).visibility = Visibility.RESEARCHERS
        session.add(UnansweredQuestion(text="Chi ha ponti di legno?", language="it"))
    hidden = ("read_practice", {"practice_id": TRIESTE})
    unknown = ("read_practice", {"practice_id": "none-such"})
    side = ("compare", {"practice_ids": [ALTENA, TRIESTE]})
    gaps = ("list_gaps", {})
    try:
        seen, missing, compared, refused = call(site, hidden, unknown, side, gaps)
        assert seen == missing == compared
        assert "token API" in refused or "API" in refused
        shown, listed = call(site, hidden, gaps, token=token)
        assert shown["id"] == TRIESTE
        assert "Chi ha ponti di legno?" in [one["question"] for one in listed["questions"]]
    finally:
        with indexed.database.transaction() as session:
            session.get(Item, TRIESTE).visibility = Visibility.PUBLIC
            session.delete(session.get(UnansweredQuestion, "Chi ha ponti di legno?"))
            assert session.get(PracticeRow, TRIESTE) is not None


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("search", {}, "question"),
        ("search", {"question": ""}, "word"),
        ("search", {"question": "x" * 5000}, "question"),
        ("search", {"question": "acqua", "limit": 0}, "limit"),
        ("search", {"question": "acqua", "limit": "many"}, "limit"),
        ("search", {"question": "acqua", "theme": "nonsense"}, "energy"),
        ("search", {"question": "acqua", "place": "999999"}, "999999"),
        ("search", {"question": "acqua", "language": "zz"}, "“zz”: choose a language"),
        ("read_page", {"document_id": "none", "page": 1}, "no such thing"),
        ("read_page", {"document_id": "none", "page": -1}, "page"),
        ("read_practice", {"practice_id": ""}, "practice_id"),
        ("read_practice", {"practice_id": "\x00"}, "no such thing|cannot hold"),
        ("read_project", {"project_id": "none"}, "no such thing"),
        ("read_collection", {"collection_id": "none"}, "no such thing"),
        ("compare", {"practice_ids": [ALTENA]}, "two to four"),
        ("compare", {"practice_ids": [ALTENA, ALTENA]}, "two to four"),
        ("compare", {"practice_ids": "x"}, "practice_ids"),
        ("nothing", {}, "nothing"),
        ("search", {"question": "acqua", "foo": 1}, "“foo”.*no such field"),
        ("search", {"question": "acqua", "limit": "5.5"}, "limit.*whole number"),
        ("search", {"question": "acqua", "limit": True}, "limit.*whole number"),
        ("search", {"question": 7}, "question.*write text"),
        ("list_gaps", {"contex": {}}, "contex"),
    ],
)
def test_wrong_input_is_an_error_of_the_tool_with_a_sentence(site, name, arguments, said):
    answer = call(site, (name, arguments), language="en")
    assert isinstance(answer, str), answer
    assert re.search(said, answer)
    assert answer.endswith((".", "?")) or ":" in answer
    assert "validation error" not in answer
    assert "Error executing" not in answer


def test_requests_of_other_sites_bad_tokens_and_too_many_searches_are_refused(site, app, indexed):
    sent = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }  # fmt: skip
    accept = {"Accept": "application/json, text/event-stream"}
    with httpx2.Client(base_url=site, headers=accept) as http:
        assert http.post("/mcp", json=sent).json()["result"]["serverInfo"]["name"] == "terre-comuni"
        for origin in ("https://evil.example", "null"):
            assert http.post("/mcp", headers={"Origin": origin}).status_code == 403
        for method in ("GET", "DELETE"):
            assert http.request(method, "/mcp").status_code == 405, "a stream that never ends"
        own = http.post("/mcp", json=sent, headers={"Origin": site})
        assert own.status_code == 200
        for shown in ("Bearer kbt_none", "Bearer foo", "bearer foo", "Bearer"):
            bad = http.post("/mcp", json=sent, headers={"Authorization": shown})
            assert bad.status_code == 401, shown
            assert bad.headers["WWW-Authenticate"] == "Bearer"
            assert bad.headers["content-type"] == "application/problem+json"
        for nonsense in (b"", b"{", b"[]", b'{"jsonrpc": "2.0"}', b"\xff"):
            answer = http.post(
                "/mcp", content=nonsense, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (400, 202), nonsense
    before = app.state.limits
    app.state.limits = RateLimits(
        indexed.settings.model_copy(update={"rate_search": "1/minute"}), indexed.database
    )
    try:
        first, second = call(site, *[("search", {"question": "acqua"})] * 2, language="en")
    finally:
        app.state.limits = before
    assert first["verdict"]
    assert second.startswith("Too many searches: try again in ")


def over_stdio(data_dir, *calls, **settings):
    """What ``kb mcp`` answers. What can be called stands between the calls and is called then."""
    environment = {**os.environ, "KB_DATA_DIR": str(data_dir), "LANG": "it_IT.UTF-8", **settings}
    command = StdioServerParameters(
        command=sys.executable, args=["-c", "from kb.cli import main; main()", "mcp"],
        env=environment,
    )  # fmt: skip

    async def run():
        async with Client(stdio_client(command)) as client:
            answers = []
            for one in calls:
                if callable(one):
                    await anyio.to_thread.run_sync(one)
                else:
                    answers.append(_read(await client.call_tool(*one)))
            return answers

    return run_in_thread(run)


def start_in_vain(data_dir, token, **settings):
    """What ``kb mcp`` says instead of starting."""
    environment = {**os.environ, "KB_DATA_DIR": str(data_dir), "LANG": "it_IT.UTF-8", **settings}
    ended = subprocess.run(
        [sys.executable, "-c", "from kb.cli import main; main()", "mcp"],
        env=environment | {"KB_MCP_TOKEN": token}, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr


def test_over_standard_input_the_running_server_answers(site, indexed, token):
    indexed.ownership.announce(site)
    found, listed = over_stdio(
        indexed.settings.data_dir,
        ("search", {"question": QUESTION}),
        ("list_gaps", {}),
        KB_MCP_TOKEN=token, KB_DATABASE_URL=indexed.settings.sql_url,
    )  # fmt: skip
    assert found["results"][0]["quotations"]
    assert found["results"][0]["address"].startswith(site)
    assert listed["total"] >= 0


def test_a_server_that_refuses_or_stops_is_explained_in_a_sentence(make_settings):
    settings = make_settings(worker=False)
    database = {"KB_DATABASE_URL": settings.sql_url}
    folder, asked = settings.data_dir, ("list_gaps", {})
    with ExitStack() as stack:
        opened = stack.enter_context(open_services(settings, own=True))
        with opened.database.transaction() as session:
            account = accounts.create(session, "Rita", Role.RESEARCHER)
            token = tokens.create(session, OPERATOR, account, "short", [Right.DOCUMENTS])
        app = create_app(opened)
        usual = app.state.queues
        crowded = WorkQueues(settings.model_copy(update={"longest_wait_s": 0.01}))
        crowded[QueuedWork.SEARCH]._free = 0
        stopping = stack.enter_context(ExitStack())
        port = stopping.enter_context(serving(app, lifespan="on"))
        opened.ownership.announce(f"http://127.0.0.1:{port}")
        for wrong in ("foo", "kbt_none"):
            said = start_in_vain(folder, wrong, **database)
            assert said.startswith("KB_MCP_TOKEN non è valido"), said
            assert len(said.splitlines()) == 1

        def crowd():
            app.state.queues = crowded

        def expire():
            app.state.queues = usual
            with opened.database.transaction() as session:
                tokens.find(session, token).expires_at = now() - timedelta(days=1)

        said = over_stdio(
            folder, asked, crowd, asked, expire, asked, stopping.close, asked,
            KB_MCP_TOKEN=token, **database,
        )  # fmt: skip
    assert said[0]["total"] == 0
    assert "troppe richieste in attesa" in said[1]
    assert said[2].startswith("KB_MCP_TOKEN non è valido")
    assert "non risponde" in said[3]


def test_without_a_server_it_answers_from_the_folder_for_the_owner_of_the_token(make_settings):
    settings = make_settings()
    with open_services(settings, own=True) as opened, opened.database.transaction() as session:
        account = accounts.create(session, "Rita", Role.RESEARCHER)
        token = tokens.create(session, OPERATOR, account, "assistant", [Right.DOCUMENTS])
        session.add(UnansweredQuestion(text="Chi ha ponti di legno?", language="it"))
    asked = ("list_gaps", {})
    database = Database(settings.sql_url)

    def revoke():
        with database.transaction() as session:
            session.execute(delete(ApiToken))

    listed, missing, refused = over_stdio(
        settings.data_dir,
        asked,
        ("read_practice", {"practice_id": "none"}),
        revoke,
        asked,
        KB_MCP_TOKEN=token,
        KB_DATABASE_URL=settings.sql_url,
    )
    database.close()
    assert [one["question"] for one in listed["questions"]] == ["Chi ha ponti di legno?"]
    assert isinstance(missing, str)
    assert refused.startswith("KB_MCP_TOKEN non è valido")
