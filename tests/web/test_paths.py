"""Training paths: units with questions, taken, failed, passed, verified; later changes told."""

import re
import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import select

from kb.accounts import accounts
from kb.accounts.sessions import open_session
from kb.collections.contents import EntryRow, SectionRow, store_rows
from kb.domain import Status, Verdict, Visibility
from kb.paths.progress import list_records
from kb.paths.questions import read_number
from kb.storage.collections import Collection
from kb.storage.paths import PathProgress, PathQuestion
from kb.storage.tables import Document, PageRow
from tests.web.base import UNLIMITED, base
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

CARD = "besancon-compostaggio-diffuso"
TEXT = "Nel 2021 i composter di quartiere erano 87. Li cura chi abita vicino."
PATH = {
    "title": "Compostare in paese", "argument": "Perché.", "state": "published", "kind": "path",
    "audience": "Tecnici dei comuni", "outcomes": "Scrivere un regolamento\nContare i composter",
    "hours": "3",
}  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with base(tmp_path_factory.mktemp("paths"), **UNLIMITED) as opened:
        yield opened


@pytest.fixture(scope="module")
def be(services):
    app = create_app(services)

    def sign_in(role=None):
        visitor = TestClient(app, headers={"Accept-Language": "it"}, follow_redirects=False)
        if role:
            with services.database.transaction() as session:
                token = open_session(session, accounts.get(session, f"a-{role}"), timedelta(days=1))
            visitor.cookies.set(SESSION_COOKIE, token)
        return visitor

    return sign_in


@pytest.fixture(scope="module")
def document(services):
    """A document of one page, as it stands after it was read."""
    made = str(uuid.uuid4())
    with services.database.transaction() as session:
        document = Document(
            id=made, title="Rapporto", language="it", status=Status.READY, content_sha256="0" * 64,
            size=1, filename="r.txt", media_type="text/plain", page_count=1,
        )  # fmt: skip
        session.add(document)
        session.flush()
        session.add(
            PageRow(document_id=made, number=1, raw=TEXT, text=TEXT, edits=[], verdict=Verdict.TEXT)
        )
    return made


@pytest.fixture
def path(be, services, document):
    """Id of a path of two units; the first has three questions, the second none."""
    curator = be("curator")
    made = curator.post("/collections/new", data=PATH).headers["location"].split("/")[2]
    with services.database.transaction() as session:
        row = session.get_one(Collection, made)
        rows = (
            SectionRow(f"{made}-1", "I numeri"), EntryRow(CARD, "Dice quanti sono."),
            SectionRow(f"{made}-2", "Le persone"),
        )  # fmt: skip
        store_rows(row, rows)
    shared = {"unit": f"{made}-1", "page": f"http://x/documents/{document}/pages/1?lang=it"}
    for fields in (
        {"text": "Quanti erano?", "kind": "number", "options": "87", "quote": "erano 87"},
        {"text": "Chi li cura?", "kind": "one", "options": "Il comune\n*Chi abita vicino",
         "quote": "Li cura chi abita vicino"},
        {"text": "Quali sono veri?", "kind": "many", "options": "*87 nel 2021\n*vicini\nnessuno",
         "quote": "Nel 2021"},
    ):  # fmt: skip
        answer = curator.post(f"/paths/{made}/questions", data=shared | fields)
        assert answer.status_code == 303, words(answer)
    return made


@pytest.fixture
def asked(services, path):
    """The questions by their text."""
    with services.database.session() as session:
        mine = select(PathQuestion).where(PathQuestion.section_id.startswith(path))
        return {one.text: one.id for one in session.scalars(mine)}


def words(answer):
    return " ".join(html.fromstring(answer.text).xpath("string(//main)").split())


def test_a_path_is_taken_failed_passed_and_verified(be, services, path, asked, document):
    member = be("member")
    assert member.get(f"/collections/{path}").headers["location"] == f"/paths/{path}"
    assert "Compostare in paese" in words(member.get("/paths"))
    first = words(member.get(f"/paths/{path}"))
    for said in ("Tecnici dei comuni", "Ore: 3", "Scrivere un regolamento", "Comincia"):
        assert said in first
    unit = f"/paths/{path}/units/{path}-1"
    page = words(member.get(unit))
    assert "Dice quanti sono." in page
    assert "erano 87" not in page
    wrong = {
        asked["Quanti erano?"]: "78", asked["Chi li cura?"]: "Chi abita vicino",
        asked["Quali sono veri?"]: "vicini",
    }  # fmt: skip
    tried = member.post(unit, data=wrong)
    assert words(tried).count("Non ancora") == 2
    (link,) = html.fromstring(tried.text).xpath("//a[contains(@href, 'quote=erano')]/@href")
    assert link == f"/documents/{document}/pages/1?quote=erano+87"
    assert not html.fromstring(tried.text).xpath("//a[contains(@href, '/records/')]")
    right = {asked["Quanti erano?"]: "87,0", asked["Quali sono veri?"]: ["87 nel 2021", "vicini"]}
    assert "Questa unità è fatta" in words(member.post(unit, data=right))
    assert member.post(f"/paths/{path}/units/{path}-2").status_code == 303
    done = member.get(f"/paths/{path}")
    (record,) = html.fromstring(done.text).xpath("//a[contains(@href, '/records/')]/@href")
    assert "ha completato" in words(be().get(record))
    assert be().get(f"{record}/record.pdf").content.startswith(b"%PDF")
    assert member.post(unit, data=wrong).status_code == 200
    assert "Hai completato" in words(member.get(f"/paths/{path}"))

    with services.database.transaction() as session:
        row = session.get_one(Collection, path)
        store_rows(
            row, (SectionRow(f"{path}-1", "I numeri"), SectionRow(f"{path}-2", "Le persone"))
        )
    changed = words(be().get(record))
    assert "Da allora sono cambiate queste unità: I numeri." in changed
    assert "valido" in changed


def test_curators_see_where_readers_stop_and_go_wrong(be, path, asked):
    officer = be("officer")
    officer.post(f"/paths/{path}/units/{path}-1", data={asked["Quanti erano?"]: "1"})
    page = words(be("curator").get(f"/paths/{path}/questions"))
    assert re.search(r"Iniziata da [1-9], finita da \d\.", page)
    assert re.search(r"Risposte: [1-9], sbagliate: [1-9]", page)


def test_without_an_account_one_tries_and_nothing_is_kept(be, services, path, asked):
    def count():
        with services.database.session() as session:
            tried = session.get_one(PathQuestion, asked["Quanti erano?"]).tried
            return tried, len(session.scalars(select(PathProgress)).all())

    before = count()
    tried = be().post(
        f"/paths/{path}/units/{path}-1", data={asked["Quanti erano?"]: "87 composter"}
    )
    assert "Giusto" in words(tried)
    assert "Alcune domande non hanno ancora una risposta" in words(tried)
    wordy = be().post(f"/paths/{path}/units/{path}-1", data={asked["Quanti erano?"]: "molti"})
    assert "Non ancora" not in words(wordy)
    assert count() == before


def test_a_new_question_is_answered_before_a_new_record(be, services, path, asked, document):
    """Nobody is said to have answered what was asked later."""
    curator, reader = be("curator"), be("researcher")
    unit = f"/paths/{path}/units/{path}-1"
    right = {
        asked["Quanti erano?"]: "87", asked["Chi li cura?"]: "Chi abita vicino",
        asked["Quali sono veri?"]: ["87 nel 2021", "vicini"],
    }  # fmt: skip
    reader.post(unit, data=right)
    reader.post(f"/paths/{path}/units/{path}-2")
    added = {
        "unit": f"{path}-2", "text": "In che anno?", "kind": "number", "options": "2021",
        "page": f"/documents/{document}/pages/1", "quote": "Nel 2021",
    }  # fmt: skip
    curator.post(f"/paths/{path}/questions", data=added)

    def records():
        with services.database.session() as session:
            account = accounts.get(session, "a-researcher")
            return [one.units[1]["questions"] for one in list_records(session, account.id, path)]

    reader.post(unit, data=right)
    assert records() == [[]]
    assert "con domande nuove" in words(reader.get(f"/paths/{path}"))
    later = select(PathQuestion.id).where(PathQuestion.section_id == f"{path}-2")
    with services.database.session() as session:
        (id,) = session.scalars(later)
    reader.post(f"/paths/{path}/units/{path}-2", data={id: "2021"})
    assert records() == [["In che anno?"], []]


def test_a_document_that_readers_may_not_see_explains_nothing(be, services, path, document):
    with services.database.transaction() as session:
        session.get_one(Document, document).visibility = Visibility.RESEARCHERS
    sent = {
        "unit": f"{path}-1", "text": "Quanti?", "kind": "one", "options": "*uno\ndue",
        "page": f"/documents/{document}/pages/1", "quote": "erano 87",
    }  # fmt: skip
    answer = be("curator").post(f"/paths/{path}/questions", data=sent)
    assert "Non tutti i lettori" in words(answer)
    assert "Non tutti i lettori" in words(be("curator").get(f"/paths/{path}/questions"))
    with services.database.transaction() as session:
        session.get_one(Document, document).visibility = Visibility.PUBLIC


def test_a_passage_that_is_gone_is_said_to_all(be, services, path, asked, document):
    with services.database.transaction() as session:
        session.get_one(Document, document).visibility = Visibility.RESEARCHERS
    tried = be().post(f"/paths/{path}/units/{path}-1", data={asked["Quanti erano?"]: "87"})
    assert "non è più nella banca dati" in words(tried)
    assert "erano 87" not in tried.text
    with services.database.transaction() as session:
        page = session.get_one(PageRow, (document, 1))
        page.text = "Altro."
    assert "Il brano che la spiega non c’è più" in words(
        be("curator").get(f"/paths/{path}/questions")
    )
    with services.database.transaction() as session:
        session.get_one(Document, document).visibility = Visibility.PUBLIC
        session.get_one(PageRow, (document, 1)).text = TEXT


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text": ""}, "Scrivi la domanda"),
        ({"options": "sola"}, "risposte diverse"),
        ({"options": "*\nb"}, "risposte diverse"),
        ({"options": "a\nb"}, "Segna con * la risposta giusta"),
        ({"kind": "number", "options": "molti"}, "solo il numero giusto"),
        ({"quote": "mai scritto"}, "a pagina 1"),
        ({"page": "/documents/none/pages/1"}, "Questa pagina non c’è"),
    ],
)
def test_what_is_wrong_with_a_question_is_said(be, path, document, wrong, sentence):
    right = {
        "unit": f"{path}-2", "text": "Quanti?", "kind": "one", "options": "*uno\ndue",
        "page": f"/documents/{document}/pages/1", "quote": "erano 87",
    }  # fmt: skip
    answer = be("curator").post(f"/paths/{path}/questions", data=right | wrong)
    assert answer.status_code == 422
    assert sentence in words(answer)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("32,5", {32.5}), ("32,5 %", {32.5}), ("1 200", {1200}), ("1.200", {1200, 1.2}),
        ("-5", {-5}), ("x", set()), ("NaN", set()), ("3 o 4", set()),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(written, values):
    assert read_number(written) == values
