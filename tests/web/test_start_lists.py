"""What each role finds to do first, read from the base, and gone when all of it is done."""

import re

import pytest
from lxml import html
from sqlalchemy import select

from kb.access import Role
from kb.storage.accounts import Account
from kb.storage.collections import CollectionEntry
from kb.storage.questions import SavedQuestion
from kb.storage.worksheets import Worksheet


def steps_of(browser):
    """Each step's words, by the address it leads to."""
    steps = html.fromstring(browser.get("/").text).xpath("//ul[contains(@class, 'steps')]/li")
    return {
        (one.xpath(".//a/@href") or [""])[0]: " ".join(one.text_content().split()) for one in steps
    }


@pytest.fixture
def officer(sign_in, services):
    """An officer who has done nothing yet, whatever other tests did in this base."""
    _forget(services)
    yield sign_in(Role.OFFICER)
    _forget(services)


def _forget(services):
    with services.database.transaction() as session:
        own = session.scalars(select(Account).where(Account.name == "a-officer")).one()
        own.municipality = None
        for table in (SavedQuestion, Worksheet):
            for row in session.scalars(select(table).where(table.account_id == own.id)):
                session.delete(row)


def test_the_list_of_an_officer_goes_when_all_is_done(officer):
    browser = officer
    before = steps_of(browser)
    assert set(before) == {"/account", "/search", "/practices"}
    assert all("da fare" in words for words in before.values())
    browser.post("/places", data={"code": "052032", "back": "/"})
    browser.post("/questions", data={"q": "Come finanziare mense biologiche?"})
    half = steps_of(browser)
    assert "fatto" in half["/account"]
    assert "fatto" in half["/search"]
    browser.post(
        "/worksheets", data={"practice": "unioni-comuni-emilia-romagna", "place": "052032"}
    )
    assert steps_of(browser) == {}


def test_a_member_is_not_asked_for_worksheets(sign_in):
    assert set(steps_of(sign_in(Role.MEMBER))) == {"/account", "/search"}


def test_the_list_of_a_researcher_counts_what_waits(sign_in):
    browser = sign_in(Role.RESEARCHER)
    steps = steps_of(browser)
    assert set(steps) == {
        "/documents", "/documents/to-confirm", "/sources", "/drafts", "/unanswered",
    }  # fmt: skip
    assert re.match(r"Cifre senza pagina: [\d.]+ ", steps["/sources"])
    for address in steps:
        assert browser.get(address).status_code == 200


def count_unexplained(browser):
    """The number in the step about entries of collections without a note; 0 once it is done."""
    said = re.search(r"Voci senza motivo: (\d+) ", " ".join(steps_of(browser).values()))
    return int(said[1]) if said else 0


def test_the_list_of_a_curator_counts_what_waits_and_goes(sign_in, services):
    browser = sign_in(Role.CURATOR)
    before = count_unexplained(browser)
    with services.database.transaction() as session:
        explained = select(CollectionEntry).where(CollectionEntry.note != "").limit(1)
        entry = session.scalars(explained).one()
        note, entry.note = entry.note, ""
    try:
        assert count_unexplained(browser) == before + 1
        steps = steps_of(browser)
        assert set(steps) == {"/collections", "/review", "/unanswered"}
        for address in steps:
            assert browser.get(address).status_code == 200
    finally:
        with services.database.transaction() as session:
            session.merge(entry).note = note
    assert count_unexplained(browser) == before
