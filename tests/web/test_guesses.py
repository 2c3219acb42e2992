"""What was guessed of documents is shown with its reason, confirmed, changed and kept."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape

import pytest
from docx import Document as Docx
from fastapi.testclient import TestClient

from ingest.worker import Worker
from kb.access import Role
from kb.accounts import accounts
from kb.accounts.sessions import open_session
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage.tables import Document
from web.app import create_app
from web.http.cookies import SESSION_COOKIE


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database) -> Iterator[Services]:
    """An empty base, so that the worker has nothing else to do."""
    data_dir = tmp_path_factory.mktemp("kb") / "data"
    fields = {"data_dir": data_dir, "cache_dir": cache_dir, "worker": False} | database
    with open_services(Settings(_env_file=None, **fields), own=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def researcher(services) -> Iterator[TestClient]:
    with services.database.transaction() as session:
        account = accounts.create(session, "a-researcher", Role.RESEARCHER)
        cookie = open_session(session, account, timedelta(days=1))
    with TestClient(create_app(services), headers={"Accept-Language": "it"}) as client:
        client.cookies.set(SESSION_COOKIE, cookie)
        yield client


@pytest.fixture(scope="module")
def worked(services) -> Iterator[Callable[[], None]]:
    """Does all the work there is."""
    worker = Worker(services)

    def work() -> None:
        while worker.step():
            pass

    yield work
    worker.stop()


def document(services, item_id):
    with services.database.session() as session:
        return session.get(Document, item_id)


def test_guesses_are_shown_confirmed_and_kept(researcher, services, worked):
    made = Docx()
    made.core_properties.title = ""
    made.add_paragraph("Dicembre 2021")
    made.add_paragraph("Il piano del verde riguarda viali, parchi e giardini di tutte le frazioni.")
    out = io.BytesIO()
    made.save(out)
    file = ("058 piano verde 2019-01-25.docx", out.getvalue())
    answer = researcher.post("/upload", files=[("file", file)])
    (item,) = re.findall(r'id="job-([0-9a-f-]{36})"', answer.text)
    assert "0 di 1 pronti" in unescape(answer.text)
    worked()
    address = f"/upload/progress?id={item}"
    page = unescape(researcher.get(address).text)
    assert "1 di 1 pronti" in page
    assert "dal frontespizio" in page
    assert "dal nome del file" in page
    assert 'value="2021"' in page
    assert f"describe-{item}" in unescape(researcher.get(f"/documents/{item}").text)
    assert f"describe-{item}" in unescape(researcher.get("/documents/to-confirm").text)
    state = researcher.get(f"/api/v1/documents/{item}").json()
    years = [(one["value"], one["reason"]) for one in state["guesses"] if one["field"] == "year"]
    assert years == [(2021, "imprint"), (2019, "file_name")]

    rank = next(one for one in re.findall(r'value="year:(\d)"', page))
    researcher.post(f"/documents/{item}/guesses", data={"take": f"year:{rank}", "back": address})
    assert document(services, item).year == 2019
    row = {"title": "Piano del verde", "authors": "", "publisher": "", "language": "it"}
    done = researcher.post(f"/documents/{item}/guesses", data=row | {"back": address})
    assert done.url.path == "/upload/progress"
    after = document(services, item)
    assert (after.title, after.year) == ("Piano del verde", 2019)
    assert set(after.given) >= {"title", "year"}
    researcher.post(f"/api/v1/documents/{item}/retry")
    worked()
    again = document(services, item)
    assert (again.title, again.year) == ("Piano del verde", 2019)
    assert researcher.get(f"/api/v1/documents/{item}").json()["guesses"] == []
    assert f"describe-{item}" not in researcher.get("/documents/to-confirm").text


def test_guesses_are_confirmed_by_a_program(researcher, worked):
    file = {"file": ("Relazione annuale 2018.txt", b"Si parla di consumi, di reti e di perdite.")}
    item = researcher.post("/api/v1/documents", files=file).json()["id"]
    worked()
    answer = researcher.post(
        f"/api/v1/documents/{item}/confirm", json={"fields": ["title", "year"]}
    ).json()
    assert answer["metadata"]["title"] == "Relazione annuale 2018"
    assert answer["metadata"]["year"] == 2018
    assert {one["field"] for one in answer["guesses"]} <= {"authors", "publisher"}


def test_a_reader_sees_no_guesses(researcher, services, worked):
    file = {"file": ("Relazione bilancio 2017.txt", b"Il bilancio dei boschi e delle acque.")}
    item = researcher.post("/api/v1/documents", files=file).json()["id"]
    worked()
    reader = TestClient(create_app(services))
    assert "describe-" not in reader.get(f"/documents/{item}").text
    assert reader.get("/documents/to-confirm", follow_redirects=False).status_code == 303
