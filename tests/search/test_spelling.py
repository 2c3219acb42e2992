"""“Did you mean”: words that stand nowhere in the base and have a near one that does."""

import pytest
from fastapi.testclient import TestClient
from lxml import html

from ingest.bulk import PlainText, add
from kb.access import OPERATOR, PUBLIC
from kb.domain import Visibility
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.tables import Item
from search.results import Question
from search.service import search
from web.app import create_app

TEXTS = {
    "Compostaggio domestico": "Il compostaggio domestico riduce i rifiuti: ogni famiglia riceve una"
    " compostiera dal Comune. La biblioteca comunale presta gli attrezzi.",
    "Raccolta differenziata": "La raccolta differenziata dei rifiuti nei quartieri e il"
    " compostaggio da finanziare di comunità, con la pedonalizzazione del centro e la biblioteca.",
    "Pedonalizzazione": "La pedonalizzazione del centro storico e il turismo lento nei borghi. Il"
    " metodo è di Wackernagel.",
    "Teleriscaldamento": "Il teleriscaldamento a cippato scalda la scuola e la palestra.",
}


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database):
    folder = tmp_path_factory.mktemp("spelling")
    settings = Settings(
        _env_file=None, data_dir=folder / "data", cache_dir=cache_dir, worker=False, **database
    )
    with open_services(settings, own=True) as opened:
        add(opened, [PlainText(name, name, text) for name, text in TEXTS.items()])
        yield opened


@pytest.fixture
def meant(services):
    return lambda text: search(Question(text), services, PUBLIC, note=False).did_you_mean


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ("compostagio domestico", "compostaggio domestico"),
        ("Compostagio domestico", "Compostaggio domestico"),
        ("raccota differenziata", "raccolta differenziata"),
        ("teleriscaldamneto a cippato", "teleriscaldamento a cippato"),
        ("bibblioteca", "biblioteca"),
        ("la pedonalizazione del centro", "la pedonalizzazione del centro"),
        ("torismo lento", "turismo lento"),
        ("rifiut*", "rifiuti"),
        ("rifiuti a Sinalunnga", "rifiuti a Sinalunga"),
    ],
)
def test_a_misspelt_word_is_offered_as_the_base_writes_it(meant, asked, right):
    assert meant(asked) == right


@pytest.mark.parametrize(
    "asked",
    [
        *("compostaggio", "Wackernagel", "rifiuto", "rifiuti a Sinalunga", "Zuckerberg", "multa"),
        *("autovelox", "une bibliothèque", "XKCDFGH", "1234567", "水", "«compostagio»"),
        *("comuni piemontesi", "die Bibliothek finanzieren"),
    ],
)
def test_words_that_stand_names_and_words_without_a_near_one_are_left_alone(meant, asked):
    assert meant(asked) is None


def test_what_the_reader_may_not_see_is_not_offered(services, meant):
    with services.database.transaction() as session:
        hidden = session.query(Item).filter(Item.title == "Teleriscaldamento").one()
        hidden.visibility = Visibility.RESEARCHERS
    services.index.flush()
    try:
        asked = Question("teleriscaldamneto")
        assert search(asked, services, OPERATOR, note=False).did_you_mean == "teleriscaldamento"
        assert meant("teleriscaldamneto") is None
    finally:
        with services.database.transaction() as session:
            session.get(Item, hidden.id).visibility = Visibility.PUBLIC


def test_what_was_hidden_since_is_not_offered(make_settings):
    """Words that were read while everybody might see them are forgotten."""
    with open_services(make_settings(worker=False), own=True) as opened:
        (made,) = add(opened, [PlainText("g", "Gelsicoltura", "La gelsicoltura nei borghi.")])
        asked = Question("gelsicolt*")
        assert search(asked, opened, PUBLIC, note=False).did_you_mean == "gelsicoltura"
        with opened.database.transaction() as session:
            session.get_one(Item, made).visibility = Visibility.RESEARCHERS
        opened.index.flush()
        assert search(asked, opened, PUBLIC, note=False).did_you_mean != "gelsicoltura"


def test_the_page_links_to_the_right_spelling(services):
    with TestClient(create_app(services), headers={"Accept-Language": "it"}) as site:
        page = html.fromstring(site.get("/search", params={"q": "compostagio"}).text)
        (link,) = page.xpath("//p[@class='did-you-mean']/a")
        assert link.text_content() == "compostaggio"
        assert link.get("href") == "/search?q=compostaggio"
        told = site.get("/api/v1/search", params={"q": "compostagio"}).json()
        assert told["did_you_mean"] == "compostaggio"
        told = site.get("/api/v1/search", params={"q": "compostaggio"}).json()
        assert told["did_you_mean"] is None
