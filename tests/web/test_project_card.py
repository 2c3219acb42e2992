"""A project that ended becomes a draft card, whose source is the sheet of its measurements."""

import io
import re

import pypdf
import pytest
from sqlalchemy import select

from kb.access import Role
from kb.domain import Visibility
from kb.practices import drafts
from kb.practices.quotations import find_misquoted
from kb.projects.local_results import list_local_results
from kb.storage.history import DocumentVersion
from kb.storage.projects import CheckDecision, ProjectRow, Stage
from kb.storage.revisions import PracticeRevision
from kb.storage.tables import Document, Item, PracticeRow
from tests.web.made_project import MEALS, MadeProject

UNIONS = "unioni-comuni-emilia-romagna"


def services_title(services):
    """Of the practice that the project takes up."""
    with services.database.session() as session:
        return session.get(PracticeRow, "unioni-comuni-emilia-romagna").title


@pytest.fixture(scope="module")
def project(services):
    made = MadeProject(services, "Mensa di vicinato")
    made.checked = made.report(0, 31.5)
    made.check(made.checked)
    wrong = made.report(1, 95)
    made.check(wrong, CheckDecision.SENT_BACK, "Nel file c’è 97.")
    made.report(0, 60, 2026)
    return made


def test_only_an_ended_project_becomes_a_card_and_only_for_some(project, sign_in, client):
    officer = sign_in(Role.OFFICER)
    early = project.press(officer)
    assert early.status_code == 422
    assert "quando è concluso e misurato" in early.text
    assert "Fanne una scheda" not in officer.get(f"/projects/{project.id}").text
    project.move(Stage.RUN)
    project.move(Stage.MEASURED)
    assert "Fanne una scheda" in officer.get(f"/projects/{project.id}").text
    member = sign_in(Role.MEMBER)
    assert "Fanne una scheda" not in member.get(f"/projects/{project.id}").text
    assert project.press(member).status_code == 422
    client.cookies.clear()
    assert project.press(client).status_code in (303, 401)


def test_a_project_is_not_counted_beside_the_practice_that_it_became(project, services):
    with services.database.session() as session:
        row = session.get(ProjectRow, project.id)
        row.indicators[0].measure = "members"
        for card_id, visibility, listed in (
            (None, Visibility.PUBLIC, True),
            (UNIONS, Visibility.PUBLIC, False),
            (UNIONS, Visibility.RESEARCHERS, True),
            ("only-a-draft", Visibility.PUBLIC, True),
        ):
            row.card_id, session.get(Item, UNIONS).visibility = card_id, visibility
            session.flush()
            found = list_local_results(session, project.people[Role.MEMBER], "members")
            assert (project.id in {one.id for one in found}) is listed
        session.rollback()


def test_the_lead_gets_a_draft_that_quotes_the_sheet(project, sign_in, services, work):
    officer = sign_in(Role.OFFICER)
    made = project.press(officer)
    assert made.headers["location"] == f"/projects/{project.id}#card"
    page = officer.get(f"/projects/{project.id}").text
    assert "Una bozza della scheda è in preparazione" in page
    assert "/drafts/" not in page, "an officer writes no cards"
    row, draft = project.draft()
    assert f'href="/documents/{row.sheet_id}"' in page
    assert f'"{row.sheet_id}"' in officer.get(f"/api/v1/projects/{project.id}").text
    assert officer.get(f"/api/v1/projects/{project.id}").json()["card"] is None, "not published"
    record = draft.record
    assert record["title"] == "Mensa di vicinato"
    assert record["place"]["name"] == "Siena"
    assert record["problem"].startswith("I prodotti venivano")
    for words in ("Il capitolato.", "Le consegne", "Mercato contadino"):
        assert words in record["solution"]
    (result,) = record["results"]
    assert (result["indicator"], result["baseline"], result["baseline_year"]) == (MEALS, 10, 2024)
    assert (result["value"], result["year"], result["unit"]) == (31.5, 2025, "%")
    assert result["page"] == "1"
    assert record["costs"][0]["amount"] == 12500.5
    assert record["costs"][0]["text"] == "Regione Toscana"
    assert record["lessons"] == "Cominciare dalle verdure."
    assert record["outcome"] == "positive"
    assert [one["name"] for one in record["adopted_by"]] == ["Comune di Asciano"]
    assert record["sources"][0]["document"] == row.sheet_id
    assert draft.visibility is Visibility.MEMBERS
    assert record["sectors"], "of the practice taken up"
    work()
    with services.database.session() as session:
        assert list(find_misquoted(session, record)) == []
        sheet = session.get(Document, row.sheet_id)
        content = services.originals.path(sheet.content_sha256).read_bytes()
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    text = " ".join(text.split())
    for words in (
        "rimandata indietro", "Nel file c’è 97.", "non ancora verificata", "60 %",
        "una persona che fa ricerca, ", "Comune di Siena, ", f"/documents/file-of-{project.id}",
    ):  # fmt: skip
        assert words in text
    for title in ("Bolle segrete", "unioni-comuni", services_title(services)):
        assert title not in text, "titles may be hidden later, sheets stay"
    assert services_title(services) not in record["solution"]
    assert "a-researcher" not in text, "the account may be erased"
    pages = officer.get(f"/documents/{row.sheet_id}/pages/1").text
    assert f"{MEALS}: da 10" in pages.replace("\xa0", " ").replace("<mark>", "")


def test_another_press_leads_to_the_same_draft(project, sign_in, services):
    row, draft = project.draft()
    researcher = sign_in(Role.RESEARCHER)
    opened = researcher.post(f"/projects/{project.id}/card")
    assert f"/drafts/{draft.id}" in str(opened.url)
    again, same = project.draft()
    assert same.id == draft.id
    assert again.sheet_id == row.sheet_id
    with services.database.session() as session:
        assert session.get(Document, row.sheet_id).version == 1
        older = select(DocumentVersion).where(DocumentVersion.document_id == row.sheet_id)
        assert session.scalars(older).all() == []
        drafts.require_editable(session, draft.id)
    with services.database.transaction() as session:
        access = project.people[Role.RESEARCHER]
        renamed = same.record | {"title": "Mensa vicina", "limits": "Scritto a mano."}
        drafts.save_draft(session, access, same.id, same.version, renamed)
    assert project.draft()[0].card_id == "mensa-vicina"


def test_a_correction_makes_a_new_version_of_the_sheet(project, sign_in, services, work):
    project.newest = project.report(0, 33, supersedes=project.checked)
    project.check(project.newest)
    researcher = sign_in(Role.RESEARCHER)
    project.press(researcher)
    work()
    row, draft = project.draft()
    assert draft.record["limits"] == "Scritto a mano."
    (result,) = draft.record["results"]
    assert result["value"] == 33
    with services.database.session() as session:
        sheet = session.get(Document, row.sheet_id)
        assert sheet.version == 2
        older = session.get(DocumentVersion, (row.sheet_id, 1))
        assert services.originals.path(older.content_sha256).exists()
        assert list(find_misquoted(session, draft.record)) == []


def test_the_sheet_is_seen_by_those_who_see_the_project(project, sign_in, client):
    row, _ = project.draft()
    client.cookies.clear()
    assert client.get(f"/documents/{row.sheet_id}").status_code == 404
    officer = sign_in(Role.OFFICER)
    for visibility, status in (("public", 200), ("members", 404)):
        officer.post(f"/projects/{project.id}/visibility", data={"visibility": visibility})
        client.cookies.clear()
        assert client.get(f"/documents/{row.sheet_id}").status_code == status
        officer = sign_in(Role.OFFICER)


def test_a_discarded_draft_is_begun_anew(project, sign_in, services):
    _, draft = project.draft()
    researcher = sign_in(Role.RESEARCHER)
    researcher.post(f"/drafts/{draft.id}/delete")
    assert "Una bozza" not in researcher.get(f"/projects/{project.id}").text
    project.press(researcher)
    row, new = project.draft()
    assert new.id != draft.id
    assert row.card_id == new.practice_id
    researcher.post(f"/drafts/{new.id}/delete")


def test_a_stopped_project_says_so_on_its_card(services, sign_in):
    stopped = MadeProject(services, "Mensa che si è fermata")
    researcher = sign_in(Role.RESEARCHER)
    assert "in ritardo" in researcher.get(f"/projects/{stopped.id}").text
    stopped.move(Stage.STOPPED, "Il bando non è arrivato.")
    assert "in ritardo" not in researcher.get(f"/projects/{stopped.id}").text
    assert re.match("/practices/.*/edit", stopped.press(researcher).headers["location"])
    _, draft = stopped.draft()
    assert draft.record["status"] == "stopped"
    assert "Il bando non è arrivato." in draft.record["limits"]
    assert "results" not in draft.record
    assert "verificato" in draft.record["results_note"]
    step = researcher.get(f"/practices/{draft.practice_id}/edit").text
    assert "Mensa che si è fermata" in step
    researcher.post(f"/drafts/{draft.id}/delete")
    with services.database.session() as session:
        assert session.get(PracticeRevision, draft.id) is None
