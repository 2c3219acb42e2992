"""A day on PostgreSQL: search, lists, notes, collections; projects and the network by their API."""

import pytest
from fastapi.testclient import TestClient

from ingest.worker import Worker
from kb.access import Role
from kb.maintenance.check import check_base
from search.unanswered import wait_until_noted
from tests.databases import migrated
from tests.web.base import indexed_base
from tests.web.test_project_api import (
    UNIONS,
    anybody,
    be,
    story,
    test_a_change_names_the_revision_it_is_made_to,
    test_a_profile_is_written_asked_answered_and_deleted,
    test_a_project_is_begun_from_a_practice_or_a_worksheet,
    test_a_value_is_reported_sent_back_corrected_and_checked,
    test_it_is_concluded_shown_to_everybody_and_removed_by_its_lead,
    test_it_runs_once_an_indicator_is_complete,
    test_members_are_invited_accept_change_part_and_leave,
)
from web.app import create_app
from web.presenters import queries

__all__ = [
    "anybody", "be", "story",
    "test_a_change_names_the_revision_it_is_made_to",
    "test_a_profile_is_written_asked_answered_and_deleted",
    "test_a_project_is_begun_from_a_practice_or_a_worksheet",
    "test_a_value_is_reported_sent_back_corrected_and_checked",
    "test_it_is_concluded_shown_to_everybody_and_removed_by_its_lead",
    "test_it_runs_once_an_indicator_is_complete",
    "test_members_are_invited_accept_change_part_and_leave",
]  # fmt: skip
CARDS = (UNIONS, "succiso-valle-dei-cavalieri", "buurtzorg-infermieri-di-quartiere")
QUESTIONS = (
    "?q=frantoio", "?q=%25_'\"&sort=year", "?theme=energy", "?country=IT&page=2", "?sort=newest",
    "?region=Toscana", "?population=up-to-1000", "?taken_up=italy", "?measured_here=yes",
    "?costs=yes&evidence=measured", "?sort=title&language=it", "?year_from=2000&year_to=2030",
)  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("postgresql")
    with (
        migrated("postgresql", folder) as url,
        indexed_base(folder, CARDS, database_url=url) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def application(services):
    app, said = create_app(services), {"Accept-Language": "it"}
    with TestClient(app, headers=said, raise_server_exceptions=False) as opened:
        yield opened


def test_notes_collections_and_lists_are_kept(client, sign_in, services):
    for address in ("/practices", "/documents", "/projects", "/api/v1/practices", "/practices/map"):
        for question in QUESTIONS:
            assert client.get(address + question).status_code in (200, 303, 422), question
    client.get("/search?q=quanti+struzzi+pascolano+sulla+luna")
    wait_until_noted(services)
    assert "struzzi" in sign_in(Role.RESEARCHER).get("/unanswered").text
    officer = sign_in(Role.OFFICER)
    saved = officer.post("/questions", data={"q": "struzzi"}, follow_redirects=False)
    assert saved.status_code == 303
    assert "struzzi" in officer.get("/questions").text
    sheet = officer.post("/worksheets", data={"practice": UNIONS, "place": "052032"})
    assert sheet.status_code == 200
    curator = sign_in(Role.CURATOR)
    told = {"title": "Raccolta di prova", "argument": "Perché.", "state": "published",
            "visibility": "public"}  # fmt: skip
    made = curator.post("/collections/new", data=told, follow_redirects=False)
    assert made.status_code == 303, made.text
    assert "Raccolta di prova" in curator.get("/collections").text
    assert "Raccolta di prova" in sign_in(Role.ADMIN).get("/admin/audit.csv").text


def test_a_list_may_have_more_items_than_a_statement_has_values(services):
    ids = [*(f"none-{number}" for number in range(70_000)), CARDS[0]]
    with services.database.session() as session:
        assert [row.id for row in queries.load_in_order(session, ids)] == [CARDS[0]]


def test_the_base_is_whole_afterwards(services):
    Worker(services).run_until_idle()
    assert check_base(services).differences == ()
