"""Curated collections on the subject of a question stand beside the results."""

import shutil

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import delete

from ingest.worker import Worker
from kb.access import PUBLIC
from kb.corpus.loading import CORPUS, load
from kb.domain import Visibility
from kb.filters import choose
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.collections import Collection, CollectionState
from kb.storage.tables import Job
from search.result_json import as_json
from search.results import Question
from search.service import search
from web.app import create_app

WASTE, INNER = "rifiuti-ed-economia-circolare", "aree-interne"
CARDS = ("capannori-rifiuti-zero", "besancon-compostaggio-diffuso", "castel-del-giudice")


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database):
    base = tmp_path_factory.mktemp("collections")
    shutil.copytree(CORPUS / "collections", base / "corpus" / "collections")
    shutil.copytree(CORPUS / "practices", base / "corpus" / "practices")
    settings = Settings(
        _env_file=None, data_dir=base / "data", cache_dir=cache_dir, worker=False, **database
    )
    with open_services(settings, own=True) as opened:
        load(opened, base / "corpus")
        worker = Worker(opened)
        _leave(opened, CARDS)
        worker.run_until_idle()
        yield opened


def _leave(services, kept):
    """Take the jobs of all other cards off the queue: they would take minutes."""
    with services.database.transaction() as session:
        session.execute(delete(Job).where(Job.item_id.not_in(kept)))


@pytest.fixture
def found(services):
    def ask(text, **fields):
        page = search(Question(text, **fields), services, PUBLIC, note=False)
        return [one.id for one in page.collections]

    return ask


@pytest.mark.parametrize(
    ("text", "collection"),
    [
        ("rifiuti ed economia circolare", WASTE),
        ("economia circolare", WASTE),
        ("aree interne", INNER),
        ("spopolamento delle aree interne", INNER),
        ("energy communities", "comunita-energetiche-e-calore-rinnovabile"),
        ("quando non funziona", "quando-non-funziona"),
        ("come pedonalizzare il centro?", "abitare-e-spostarsi"),
    ],
)
def test_a_collection_on_the_subject_is_found(found, text, collection):
    assert found(text)[0] == collection
    assert len(found(text)) <= 2


@pytest.mark.parametrize("text", ["Chi ha vinto il Palio del 1978?", "lupi", "水道の料金"])
def test_a_collection_on_another_subject_is_not(found, text):
    assert found(text) == []


def test_a_collection_comes_with_the_practices_that_may_be_seen(services):
    page = search(Question("economia circolare"), services, PUBLIC, note=False)
    (told, *_) = as_json(page)["collections"]
    assert (told["kind"], told["id"]) == ("collection", WASTE)
    assert told["practices"] == 2
    assert {result.kind for result in page.results} == {"practice"}


def test_collections_obey_visibility_and_drafts_are_not_found(services, found):
    for change in ({"visibility": Visibility.RESEARCHERS}, {"state": CollectionState.DRAFT}):
        with services.database.transaction() as session:
            row = session.get(Collection, WASTE)
            before = {name: getattr(row, name) for name in change}
            for name, value in change.items():
                setattr(row, name, value)
        assert WASTE not in found("economia circolare")
        with services.database.transaction() as session:
            for name, value in before.items():
                setattr(session.get(Collection, WASTE), name, value)
    assert WASTE in found("economia circolare")


def test_a_changed_title_is_found_at_once(services, found):
    with services.database.transaction() as session:
        session.get(Collection, INNER).title = "Custodire gli apiari di montagna"
    try:
        assert found("apiari di montagna") == [INNER]
    finally:
        with services.database.transaction() as session:
            session.get(Collection, INNER).title = "Aree interne"


def test_with_filters_and_on_later_pages_there_are_none(found):
    assert found("economia circolare", filters=choose(kind=["practice"])) == []
    assert found("economia circolare", page=2) == []


def test_the_page_and_the_api_show_them(services):
    with TestClient(create_app(services), headers={"Accept-Language": "it"}) as site:
        page = html.fromstring(site.get("/search", params={"q": "economia circolare"}).text)
        (link,) = page.xpath("//div[@class='found-collections']//a")
        assert link.get("href") == f"/collections/{WASTE}"
        assert "2 pratiche" in link.getparent().text_content()
        assert page.xpath("//ol[@class='hits']/li")
        told = site.get("/api/v1/search", params={"q": "economia circolare"}).json()
        assert [one["id"] for one in told["collections"]] == [WASTE]
