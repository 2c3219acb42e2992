"""What all operations of the JSON interface share: problems, cursors, entity tags, keys."""

import base64
import hashlib
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from sqlalchemy import func, select, update

from kb.access import OPERATOR, Right
from kb.accounts import accounts, tokens
from kb.accounts.idempotency import KeptAnswer, claim_key, keep_answer, release_key
from kb.domain import Visibility
from kb.network.profile_form import CONSENT_VERSION, NEEDED
from kb.storage.collections import Collection
from kb.storage.idempotency import IdempotentRequest
from kb.storage.network import ContactRequest, Profile, ProfileKind
from kb.storage.projects import ProjectRow
from kb.storage.tables import Document
from kb.vocabulary import vocabularies
from tests.web.base import UNLIMITED, loaded_base
from web.api.examples import REQUESTS, RESPONSES
from web.app import create_app

CARDS = (
    "altena-governare-il-calo", "biccari-case-e-cooperativa", "contarina-tariffa-puntuale",
    "italia-snai-aree-interne", "pontevedra-citta-a-piedi", "trieste-microaree",
)  # fmt: skip
PROBLEM = "application/problem+json"
AGREED = {"agreed_by": "Anna", "agreed_on": "2026-01-03", "agreed_how": "By letter"}
WRITERS = 4
CURATES = frozenset({Right.DOCUMENTS, Right.PROJECTS, Right.NOTES, Right.COLLECTIONS})
LISTED = 3
"""Things in each list: more than are on a page."""
ON_BOTH_DATABASES = True


@pytest.fixture(scope="module")
def services(tmp_path_factory, database):
    folder = tmp_path_factory.mktemp("contract")
    with loaded_base(folder, CARDS, **UNLIMITED | database) as opened:
        with opened.database.transaction() as session:
            for number in range(LISTED):
                _add_listed(session, number)
        yield opened


def _add_listed(session, number):
    """A collection, a profile that is shown, and a request of the curator to the unit."""
    session.add(Collection(id=f"c-{number}", title=f"C {number}", argument="Why."))
    agreed = {name: {"on": "2026-01-03", "text": CONSENT_VERSION} for name in NEEDED}
    shown = {"visibility": Visibility.PUBLIC, "consents": agreed}
    session.add(Profile(kind=ProfileKind.BODY, name=f"N {number}", offers="Help", **shown))
    asks = accounts.get(session, "a-curator").id
    session.add(ContactRequest(account_id=asks, to_unit=True, question=f"Q {number}"))


@pytest.fixture(scope="module")
def api(services):
    """Asks without an account, in Italian."""
    headers = {"Accept-Language": "it"}
    with TestClient(create_app(services), headers=headers, raise_server_exceptions=False) as opened:
        yield opened


def bearer(services, account, rights):
    with services.database.transaction() as session:
        owner = accounts.get(session, account)
        token = tokens.create(session, accounts.access_of(owner), owner, "api", rights)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def curator(services):
    return bearer(services, "a-curator", CURATES)


@pytest.fixture(scope="module")
def reader(services):
    """A token of the same account that may do less."""
    return bearer(services, "a-curator", frozenset({Right.NOTES}))


def add(api, headers, name, text, **more):
    return api.post(
        "/api/v1/documents",
        files={"file": (name, text.encode())},
        data={"title": name} | more.pop("data", {}),
        headers=headers | more.pop("with_headers", {}),
    )


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "title"),
    [
        ("GET", "/api/v1/practices/none", {}, 404, "Not Found"),
        ("POST", "/api/v1/documents", {"files": {"file": b"a"}}, 401, "Unauthorized"),
        ("DELETE", "/api/v1/practices", {}, 405, "Method Not Allowed"),
        ("GET", "/api/v1/practices?page=0", {}, 422, "Campi non validi"),
        ("GET", "/api/v1/practices?cursor=nonsense", {}, 400, "Cursore"),
        ("GET", "/api/v1/nowhere", {}, 404, "Not Found"),
    ],
)
def test_an_error_is_a_problem_in_the_callers_language(api, method, path, given, status, title):
    answer = api.request(method, path, **given)
    said = answer.json()
    assert answer.status_code == said["status"] == status
    assert answer.headers["content-type"] == PROBLEM
    assert said["title"].startswith(title)
    assert said["instance"] == path.partition("?")[0]
    assert said["type"].startswith(("about:blank", "/api/docs#problem-"))
    assert (
        said["detail"]
        != api.request(method, path, headers={"Accept-Language": "en"}, **given).json()["detail"]
    )
    if said["type"] != "about:blank":
        anchor = said["type"].partition("#")[2]
        assert f'id="{anchor}"' in api.get("/api/docs").text


def test_every_operation_describes_its_errors_as_problems(api):
    described = api.get("/api/openapi.json").json()
    names = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if not path.startswith("/api/"):
                continue
            answers = operation["responses"]
            assert {"401", "500", "503"} <= answers.keys(), path
            assert all(
                list(answer["content"]) == [PROBLEM]
                for status, answer in answers.items()
                if status >= "400"
            ), (path, method)
            headers = {one["name"] for one in operation.get("parameters", ())}
            if path == "/api/v1/summaries":
                assert "Idempotency-Key" not in headers, "nothing of a summary is kept"
            elif method == "post":
                assert "Idempotency-Key" in headers, path
                assert "409" in answers, path
            if method in ("patch", "put", "delete") and path != "/api/v1/judgements":
                assert "if-match" in headers, path
                assert "412" in answers, path


def test_no_answer_is_described_as_any_object(api):
    described = api.get("/api/openapi.json").json()
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert '"additionalProperties": true' not in json.dumps(operation["responses"]), path
    schemas = described["components"]["schemas"]
    for name, schema in schemas.items():
        assert '"additionalProperties": true' not in json.dumps(schema), name
        for field, told in schema.get("properties", {}).items():
            said = told.keys() & {"type", "$ref", "anyOf", "const", "allOf", "oneOf"}
            assert said, (name, field)


def test_every_term_of_a_vocabulary_has_labels(api):
    names = api.get("/api/v1/vocabularies").json()["vocabularies"]
    files = {path.stem for path in Path(vocabularies.__file__).parent.glob("*.yaml")}
    assert files <= set(names)
    for name in names:
        told = api.get(f"/api/v1/vocabularies/{name}").json()
        assert told["terms"], name
        assert all(one["labels"]["it"] and one["labels"]["en"] for one in told["terms"]), name
    themes = api.get("/api/v1/vocabularies/themes").json()["terms"]
    asked = themes[0]["slug"]
    assert api.get(f"/api/v1/practices?theme={asked}").status_code == 200
    kinds = api.get("/api/v1/vocabularies/kinds").json()["terms"]
    assert {one["slug"]: one["labels"]["it"] for one in kinds}["practice"] == "Pratiche"
    assert api.get("/api/v1/vocabularies/none").status_code == 422


def walk(api, path, listed, headers=None):
    """The ids of each page, by the addresses in ``Link``."""
    while path:
        answer = api.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        yield [one["id"] for one in (found[listed] if listed else found)]
        link = re.fullmatch(r'<http://testserver(.*)>; rel="next"', answer.headers.get("link", ""))
        path = link[1] if link else None
        assert isinstance(found, list) or bool(found["next"]) == bool(path)


@pytest.mark.parametrize("sort", ["", "newest", "year", "place", "near&place=052032"])
def test_a_cursor_reads_on_in_every_order(api, sort):
    whole = api.get(f"/api/v1/practices?sort={sort}").json()
    pages = list(walk(api, f"/api/v1/practices?sort={sort}&limit=4", "practices"))
    assert [len(page) for page in pages] == [4, 2]
    assert list(chain(*pages)) == [one["id"] for one in whole["practices"]]
    second = api.get(f"/api/v1/practices?sort={sort}&limit=4&page=2").json()
    assert [one["id"] for one in second["practices"]] == pages[1]
    assert second["next"] is None


def held(services, number, kind="event"):
    """Add a collection of the kind; every event is on the same day."""
    day = {"held_on": date(2100, 1, 1)} if kind == "event" else {}
    with services.database.transaction() as session:
        session.add(
            Collection(id=f"{kind}-{number}", title=f"T {number}", argument="", kind=kind, **day)
        )


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("documents", "documents"), ("projects", "projects"), ("questions", "questions"),
        ("collections", "collections"), ("network", ""), ("network/requests", "made"),
        ("events", "events"), ("paths", "paths"),
    ],
)  # fmt: skip
def test_every_list_is_read_by_cursor(api, services, curator, path, listed):
    made = {
        "documents": lambda n: add(api, curator, f"{n}.txt", f"Listed {n} {path}"),
        "projects": lambda n: api.post(
            "/api/v1/projects",
            json={"title": f"P {n}", "municipality": "Siena", "lead_body": "Comune"},
            headers=curator,
        ),
        "questions": lambda n: api.post("/api/v1/questions", json={"q": f"Q {n}"}, headers=curator),
        "events": lambda n: held(services, n),
        "paths": lambda n: held(services, n, kind="path"),
    }.get(path, lambda n: None)
    for number in range(LISTED):
        answer = made(number)
        assert answer is None or answer.status_code in (201, 202), answer.text
    address = f"/api/v1/{path}"
    whole = api.get(f"{address}?limit=100", headers=curator).json()
    ids = [one["id"] for one in (whole[listed] if listed else whole)]
    assert list(chain(*walk(api, f"{address}?limit=2", listed, curator))) == ids
    assert len(ids) >= LISTED


def test_pages_by_cursor_are_stable_while_things_come_and_go(api, curator):
    for number in range(6):
        assert add(api, curator, f"s{number}.txt", f"Stable {number}").status_code == 202
    query = "/api/v1/documents?q=s&sort=title"
    before = [one["id"] for one in api.get(query, headers=curator).json()["documents"]]
    first = api.get(f"{query}&limit=2", headers=curator).json()
    new = add(api, curator, "s00 first.txt", "Before all").json()["id"]
    for gone in (before[0], before[1], before[3]):
        assert api.delete(f"/api/v1/documents/{gone}", headers=curator).status_code == 204
    rest = api.get(f"{query}&cursor={first['next']}", headers=curator).json()
    assert [one["id"] for one in rest["documents"]] == [before[2], *before[4:]]
    assert new not in before


@pytest.mark.parametrize(
    "cursor", ["!", "AAAA", "%00", "e30", "A" * 3000, base64.urlsafe_b64encode(b"[1]" * 9).decode()]
)
def test_nonsense_and_cursors_of_other_lists_are_refused(api, cursor):
    assert api.get(f"/api/v1/practices?cursor={cursor}").status_code in (400, 422)
    assert api.get(f"/api/v1/collections?cursor={cursor}").status_code in (400, 422)
    own = api.get("/api/v1/practices?limit=2").json()["next"]
    other = api.get(f"/api/v1/practices?country=IT&cursor={own}")
    assert other.status_code == 400
    assert other.json()["type"] == "/api/docs#problem-bad-cursor"


def test_a_cursor_of_one_list_is_refused_by_every_other(api, services):
    every = bearer(services, "a-admin", frozenset(Right))
    names = {"practice_id": CARDS[0]}
    for number, name in enumerate(("document_id", "other_id")):
        names[name] = add(api, every, f"v{number}.txt", f"First {number}").json()["id"]
        new = {"file": (f"v{number}.txt", f"Second {number}".encode())}
        home = f"/api/v1/documents/{names[name]}"
        assert api.post(f"{home}/versions", files=new, headers=every).status_code == 202
        api.post("/api/v1/questions", json={"q": f"Other {number}"}, headers=every)
        with services.database.transaction() as session:
            asks = accounts.get(session, "a-admin").id
            session.add(ContactRequest(account_id=asks, to_unit=True, question=f"Q {number}"))
    paths = api.get("/api/openapi.json").json()["paths"]
    lists = [
        path.format(**names)
        for path, methods in paths.items()
        if "cursor" in {one["name"] for one in methods.get("get", {}).get("parameters", ())}
    ]
    lists.append("/api/v1/documents/{other_id}/versions".format(**names))
    filters = {"/api/v1/places": "name=san&"}

    def ask(path, asked):
        return api.get(f"{path}?{filters.get(path, '')}{asked}", headers=every)

    cursors = {}
    for path in lists:
        link = ask(path, "limit=1").links.get("next")
        if link:
            cursors[path] = link["url"].partition("cursor=")[2]
    required = {"/api/v1/questions", "/api/v1/network/requests", *lists[-1:]}
    assert required <= set(cursors)
    for path in lists:
        for home, cursor in cursors.items():
            answer = ask(path, f"limit=1&cursor={cursor}")
            wanted = 200 if home == path else 400
            assert answer.status_code == wanted, (path, home, answer.text)
            assert home == path or answer.json()["type"] == "/api/docs#problem-bad-cursor"


def test_a_forged_cursor_is_refused(api, curator):
    """The check of a cursor keeps no secret: who has read the source can make it."""
    key = hashlib.sha256(b"/api/v1/questions{}").digest()

    def check(told):
        return hashlib.blake2b(told, digest_size=6, key=key).digest()

    for number in range(2):
        api.post("/api/v1/questions", json={"q": f"Forged {number}"}, headers=curator)
    own = api.get("/api/v1/questions?limit=1", headers=curator).json()["next"]
    read = base64.urlsafe_b64decode(own + "=" * (-len(own) % 4))
    assert read[:6] == check(read[6:])
    for told in (b"[" * 5900, b"[{" * 2900, b"[1]" * 9, b'[[1], "a"]', b'["a", 2]', b"\xff", b"3"):
        cursor = base64.urlsafe_b64encode(check(told) + told).decode().rstrip("=")
        answer = api.get(f"/api/v1/questions?cursor={cursor}", headers=curator)
        assert answer.status_code == 400, told[:20]


def test_an_unchanged_answer_is_not_sent_again(api, curator):
    for path, weak in (("practices", True), (f"practices/{CARDS[0]}", False)):
        first = api.get(f"/api/v1/{path}")
        tag = first.headers["etag"]
        assert tag.startswith("W/") == weak
        assert first.headers["cache-control"] == "private, no-cache"
        assert {"Authorization", "Accept-Language"} <= set(first.headers["vary"].split(", "))
        again = api.get(f"/api/v1/{path}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    hidden = add(api, curator, "h.txt", "Hidden", data={"visibility": "researchers"}).json()["id"]
    tag = api.get(f"/api/v1/documents/{hidden}", headers=curator).headers["etag"]
    assert api.get(f"/api/v1/documents/{hidden}", headers={"If-None-Match": tag}).status_code == 404
    assert api.get(f"/api/v1/documents/{hidden}", headers={"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize(
    ("address", "field", "named"),
    [
        ("search?q=acqua&language=zz", "language", "it, en, fr"),
        ("search?q=acqua&lang=it&lang=zz", "lang", "it, en, fr"),
        ("search?q=acqua&theme=energy&theme=nope", "theme", "tourism-agriculture"),
        ("search?q=acqua&evidence=certain", "evidence", "primary"),
        ("search?q=acqua&taken_up=france", "taken_up", "italy"),
        ("search?q=acqua&stage=begun", "stage", "understand"),
        ("practices?country=zz", "country", "IT"),
        ("practices?country=ZZ", "country", "IT"),
        ("practices?sector=nope", "sector", "green-economy"),
        ("practices?status=nope", "status", "running"),
        ("documents?language=italiano", "language", "it, en, fr"),
        ("projects?stage=begun", "stage", "understand"),
    ],
)
def test_a_filter_value_that_there_is_not_is_a_mistake(api, address, field, named):
    answer = api.get(f"/api/v1/{address}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["problems"][0]["field"] == ["query", field]
    assert named in answer.json()["detail"]
    page = address.partition("?")[0] != "search"
    assert not page or api.get(f"/{address}").status_code == 200, "pages say that nothing is found"


def test_filter_values_that_nothing_has_are_none(api):
    for address in (
        "practices?country=JP&language=mt&theme=energy&region=Nowhere&sector=",
        "documents?language=mt&theme=", "projects?stage=run",
    ):  # fmt: skip
        assert api.get(f"/api/v1/{address}").status_code == 200, address


def test_what_changed_meanwhile_is_not_overwritten(api, curator):
    id = add(api, curator, "m.txt", "Meanwhile").json()["id"]
    path = f"/api/v1/documents/{id}"
    tag = api.get(path, headers=curator).headers["etag"]
    matching = curator | {"If-Match": tag}
    changed = api.patch(path, json={"title": "Second"}, headers=matching)
    assert changed.status_code == 200
    assert changed.headers["etag"] == api.get(path, headers=curator).headers["etag"] != tag
    late = api.patch(path, json={"title": "Third"}, headers=matching)
    assert late.status_code == 412
    assert late.json()["type"] == "/api/docs#problem-changed-meanwhile"
    assert api.delete(path, headers=matching).status_code == 412
    for weak_or_odd in (f"W/{tag}", '"', "nonsense", ""):
        refused = api.delete(path, headers=curator | {"If-Match": weak_or_odd})
        assert refused.status_code == 412, weak_or_odd
    file = {"file": ("m2.txt", b"Another text", "text/plain")}
    assert api.post(f"{path}/versions", files=file, headers=matching).status_code == 412
    for step, told in (("confirm", {"fields": ["title"]}), ("retry", None), ("cancel", None)):
        assert api.post(f"{path}/{step}", json=told, headers=matching).status_code == 412, step
    new = {"file": ("new.txt", b"A text of its own", "text/plain")}
    assert api.post("/api/v1/documents", files=new, headers=matching).status_code == 412
    stay = api.get(path, headers=curator).json()
    assert stay["metadata"]["title"] == "Second"
    assert not stay["next_version"]
    assert api.patch(path, json={"year": 2020}, headers={"If-Match": tag}).status_code == 401
    listed = f'"x", {changed.headers["etag"]}'
    assert api.delete(path, headers=curator | {"If-Match": listed}).status_code == 204


def test_a_project_is_changed_in_the_state_that_was_read(api, curator):
    told = {"title": "State", "municipality": "Siena", "lead_body": "Comune"}
    made = api.post("/api/v1/projects", json=told, headers=curator)
    path = f"/api/v1/projects/{made.json()['id']}"
    tag = api.get(path, headers=curator).headers["etag"]
    assert made.headers["etag"] == tag
    assert api.post(f"{path}/indicators", json={"text": "I"}, headers=curator).status_code == 201
    matching = curator | {"If-Match": tag}
    assert api.patch(path, json={"revision": 1, "title": "T"}, headers=matching).status_code == 412
    assert (
        api.put(f"{path}/visibility", json={"visibility": "public"}, headers=matching).status_code
        == 412
    )
    assert api.delete(path, headers=matching).status_code == 412
    indicator = f"indicators/{api.get(path, headers=curator).json()['indicators'][0]['id']}"
    year = {"period_start": "2027-01-01", "period_end": "2027-12-31", "value": "1"}
    for step, sent in (
        ("stage", {"json": {"stage": "understand", "revision": 1}}),
        ("members", {"json": {"body": "A school"}}),
        ("accept", {}),
        ("indicators", {"json": {"text": "J"}}),
        (f"{indicator}/retire", {"json": {}}),
        (f"{indicator}/measurements", {"data": year}),
    ):
        late = api.post(f"{path}/{step}", headers=matching, **sent)
        assert late.status_code == 412, (step, late.text)
    now = api.get(path, headers=curator).headers["etag"]
    moved = api.post(
        f"{path}/stage", json={"stage": "understand", "revision": 1},
        headers=curator | {"If-Match": now},
    )  # fmt: skip
    assert moved.status_code == 200
    now = moved.headers["etag"]
    assert api.delete(path, headers=curator | {"If-Match": now}).status_code == 204


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_what_was_read_is_changed_whether_it_was_compressed_or_not(api, curator, coding):
    told = {"title": f"Read as {coding}", "municipality": "Siena", "lead_body": "Comune"}
    made = api.post("/api/v1/projects", json=told | {"why": "Water. " * 400}, headers=curator)
    path = f"/api/v1/projects/{made.json()['id']}"
    read = api.get(path, headers=curator | {"Accept-Encoding": coding})
    assert read.headers.get("content-encoding", "identity") == coding
    matching, revision = curator | {"If-Match": read.headers["etag"]}, read.json()["revision"]
    unwanted = curator | {"If-None-Match": read.headers["etag"]}
    for headers, status in ((unwanted, 412), (matching, 200), (matching, 412), (unwanted, 200)):
        sent = {"revision": revision, "title": f"{told['title']} {revision}"}
        changed = api.patch(path, json=sent, headers=headers)
        assert changed.status_code == status, changed.text
        revision += status == 200


def test_ones_own_profile_is_written_in_the_state_that_was_read(api, curator):
    path, told = "/api/v1/network/profile", {"name": "Anna", "offers": "Help"}
    early = api.put(path, json=told, headers=curator | {"If-Match": "*"})
    assert early.status_code == 412
    tag = api.put(path, json=told, headers=curator).headers["etag"]
    assert api.get(path, headers=curator).headers["etag"] == tag
    matching = curator | {"If-Match": tag}
    assert api.put(path, json=told | {"offers": "More"}, headers=matching).status_code == 200
    assert api.put(path, json=told, headers=matching).status_code == 412
    assert api.post(f"{path}/confirm", headers=matching).status_code == 412
    assert api.delete(path, headers=matching).status_code == 412


def test_what_is_there_is_not_written_where_none_is_wanted(api, services):
    owner = bearer(services, "a-officer", frozenset({Right.NOTES, Right.PROJECTS}))
    path, told = "/api/v1/network/profile", {"name": "Bea", "offers": "Help"}
    first = api.put(path, json=told, headers=owner | {"If-None-Match": "*"})
    assert first.status_code == 200
    tag = first.headers["etag"]
    for excluded in ("*", tag, f"W/{tag}", f'"other.x", {tag}'):
        unwanted = owner | {"If-None-Match": excluded}
        refused = api.put(path, json=told | {"offers": "Lost"}, headers=unwanted)
        assert (refused.status_code, refused.json()["type"]) == (412, "about:blank"), excluded
        assert api.post(f"{path}/confirm", headers=unwanted).status_code == 412
        assert api.delete(path, headers=unwanted).status_code == 412
    assert api.get(path, headers=owner).json()["offers"] == "Help"
    other = owner | {"If-None-Match": '"other.x"'}
    assert api.put(path, json=told | {"offers": "More"}, headers=other).status_code == 200
    assert api.delete(path, headers=owner | {"If-None-Match": tag}).status_code == 204
    assert api.delete(path, headers=owner | {"If-None-Match": "*"}).status_code == 404
    judged = {"q": "acqua", "item": CARDS[0], "useful": True}
    for method, uncompared, sent in (
        ("PUT", "/api/v1/judgements", judged), ("POST", "/api/v1/questions", {"q": "Never"}),
    ):  # fmt: skip
        for excluded in ("*", tag):
            unwanted = owner | {"If-None-Match": excluded}
            answer = api.request(method, uncompared, json=sent, headers=unwanted)
            assert answer.status_code == 412, (uncompared, excluded)
    assert "Never" not in api.get("/api/v1/questions", headers=owner).text


@pytest.mark.parametrize("whose", ["own", "entered"])
def test_of_two_who_write_a_profile_in_the_same_state_one_is_told(api, services, curator, whose):
    told = {"name": "Anna", "offers": "Help"}
    if whose == "own":
        path = "/api/v1/network/profile"
        tag = api.put(path, json=told, headers=curator).headers["etag"]
    else:
        told |= AGREED
        made = api.post("/api/v1/network", json=told, headers=curator)
        path, tag = f"/api/v1/network/{made.json()['id']}", made.headers["etag"]
    begin = threading.Barrier(WRITERS)

    def write(number):
        begin.wait()
        sent = told | {"offers": f"Help {number}"}
        return api.put(path, json=sent, headers=curator | {"If-Match": tag}).status_code

    with ThreadPoolExecutor(WRITERS) as pool:
        statuses = sorted(pool.map(write, range(WRITERS)))
    assert statuses == [200] + [412] * (WRITERS - 1)


def count(services, table):
    with services.database.session() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_request_with_a_key_is_done_once(api, services, curator, reader):
    told = {"title": "Once", "municipality": "Siena", "lead_body": "Comune"}
    keyed = curator | {"Idempotency-Key": "k-1"}
    first = api.post("/api/v1/projects", json=told, headers=keyed)
    many = count(services, ProjectRow)
    tag = api.get(f"/api/v1/projects/{first.json()['id']}", headers=curator).headers["etag"]
    again = api.post("/api/v1/projects", json=told, headers=keyed)
    assert (again.status_code, again.content) == (201, first.content)
    assert first.headers["etag"] == again.headers["etag"] == tag
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert count(services, ProjectRow) == many
    other = api.post("/api/v1/projects", json=told | {"title": "Other"}, headers=keyed)
    assert other.status_code == 422
    assert other.json()["type"] == "/api/docs#problem-key-reused"
    less = api.post("/api/v1/projects", json=told, headers=reader | {"Idempotency-Key": "k-1"})
    assert less.status_code == 403
    nobody = api.post("/api/v1/projects", json=told, headers={"Idempotency-Key": "k-1"})
    assert nobody.status_code == 401
    for bad in ("", "two words", "a" * 201):
        odd = api.post("/api/v1/projects", json=told, headers=curator | {"Idempotency-Key": bad})
        assert odd.status_code == 400


def test_an_upload_with_a_key_is_the_same_whatever_its_boundary(api, services, curator):
    key = {"Idempotency-Key": '"up-1"'}
    first = add(api, curator, "u.txt", "Uploaded once", with_headers=key)
    many = count(services, Document)
    again = add(api, curator, "u.txt", "Uploaded once", with_headers=key)
    assert again.status_code == 202
    assert again.json() == first.json()
    assert again.json()["existing"] is False
    assert count(services, Document) == many
    other = add(api, curator, "u.txt", "Something else", with_headers=key)
    assert other.status_code == 422


def test_a_refused_request_may_be_sent_again_with_its_key(api, curator):
    keyed = curator | {"Idempotency-Key": "k-2"}
    told = {"title": "", "municipality": "Siena", "lead_body": "Comune"}
    assert api.post("/api/v1/projects", json=told, headers=keyed).status_code == 422
    told["title"] = "Now with a title"
    assert api.post("/api/v1/projects", json=told, headers=keyed).status_code == 201


def test_two_at_once_are_one(api, services, curator):
    told = {"title": "Twice at once", "municipality": "Siena", "lead_body": "Comune"}
    headers, answers = curator | {"Idempotency-Key": "k-3"}, []
    begin = threading.Barrier(4)

    def send():
        begin.wait()
        answers.append(api.post("/api/v1/projects", json=told, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.json()["id"] for one in answers if one.status_code == 201}) == 1
    with services.database.session() as session:
        made = session.scalar(
            select(func.count()).select_from(ProjectRow).where(ProjectRow.title == told["title"])
        )
    assert made == 1


def test_an_abandoned_request_is_done_and_an_old_key_is_forgotten(api, services, curator):
    told = {"title": "Abandoned", "municipality": "Siena", "lead_body": "Comune"}
    keyed = curator | {"Idempotency-Key": "k-4"}
    assert api.post("/api/v1/projects", json=told, headers=keyed).status_code == 201

    def change(**values):
        with services.database.transaction() as session:
            row = session.scalars(
                select(IdempotentRequest).order_by(IdempotentRequest.begun_at.desc())
            ).first()
            moved = {"begun_at": row.begun_at - values.pop("by")} if "by" in values else {}
            found = update(IdempotentRequest).where(IdempotentRequest.id == row.id)
            session.execute(found.values(**values, **moved))

    change(answered_at=None)
    waiting = api.post("/api/v1/projects", json=told, headers=keyed)
    assert waiting.status_code == 409
    assert waiting.json()["type"] == "/api/docs#problem-key-in-use"
    change(by=timedelta(minutes=6))
    assert api.post("/api/v1/projects", json=told, headers=keyed).status_code == 201
    change(by=timedelta(hours=25))
    again = api.post("/api/v1/projects", json=told, headers=keyed)
    assert again.status_code == 201
    assert "idempotent-replayed" not in again.headers


def test_who_was_too_slow_leaves_the_claim_of_the_next_alone(services):
    def claim():
        with services.database.transaction() as session:
            return claim_key(session, OPERATOR, "slow", "digest")

    slow = claim()
    with services.database.transaction() as session:
        row = session.get(IdempotentRequest, "slow")
        row.begun_at -= timedelta(minutes=6)
    late = claim()
    assert (slow.is_new, late.is_new) == (True, True)
    with services.database.transaction() as session:
        release_key(session, "slow", slow.begun_at)
        keep_answer(session, "slow", slow.begun_at, KeptAnswer(201, "", b"slow"))
    assert (claim().is_new, claim().answer) == (False, None)
    with services.database.transaction() as session:
        keep_answer(session, "slow", late.begun_at, KeptAnswer(201, "", b"late"))
    assert claim().answer.body == b"late"


def test_every_example_of_the_description_is_valid(api):
    described = api.get("/api/openapi.json").json()
    root = {"components": described["components"]}
    shown = []
    for path in described["paths"].values():
        for operation in path.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in chain(*(one.get("content", {}).values() for one in bodies)):
                if "example" in content:
                    Draft202012Validator(content["schema"] | root).validate(content["example"])
                    shown.append(operation["operationId"])
    assert set(shown) == REQUESTS.keys() | RESPONSES.keys()
    assert len(shown) == len(REQUESTS) + len(RESPONSES)
