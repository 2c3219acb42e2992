"""Questions that name a place: practices there first, distances, and a sentence where none is."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from fastapi.testclient import TestClient
from lxml import html

from ingest.bulk import PlainText, add
from ingest.worker import Worker
from kb.access import OPERATOR, PUBLIC
from kb.corpus.loading import CORPUS, load
from kb.domain import Visibility
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.tables import Item
from search.result_json import as_json
from search.results import AnswerVerdict, Question
from search.service import rank, search
from web.app import create_app

CAPANNORI = "capannori-rifiuti-zero"
PRATO = "prato-lana-rigenerata"
BESANCON = "besancon-compostaggio-diffuso"
MONTICCHIELLO = "monticchiello-teatro-povero"
SIENA = "siena-toscana-life-sciences"
MENSE = "mouans-sartoux-mense-biologiche"
AMIATA = "teleriscaldamento-geotermico-toscana"
BOLOGNA = "bologna-beni-comuni"
TUSCAN = {CAPANNORI, PRATO, MONTICCHIELLO, SIENA, AMIATA}
GERMAN = "altena-governare-il-calo"


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database):
    base = tmp_path_factory.mktemp("places")
    folder = base / "corpus" / "practices"
    folder.mkdir(parents=True)
    for name in (*TUSCAN, BESANCON, MENSE, BOLOGNA, GERMAN):
        shutil.copy(CORPUS / "practices" / f"{name}.md", folder)
    settings = Settings(
        _env_file=None, data_dir=base / "data", cache_dir=cache_dir, worker=False, **database
    )
    with open_services(settings, own=True) as opened:
        load(opened, folder.parent)
        Worker(opened).run_until_idle()
        yield opened


@pytest.fixture(scope="module")
def site(services):
    with TestClient(create_app(services), headers={"Accept-Language": "it"}) as opened:
        yield opened


@pytest.fixture
def ask(services):
    return lambda text, **fields: search(Question(text, **fields), services, PUBLIC, note=False)


def ids(page):
    return [result.id for result in page.results]


@pytest.mark.parametrize(
    "text", ["esperienze in Toscana", "practices in Tuscany", "comuni toscani"]
)
def test_a_question_for_a_region_lists_all_that_lies_there(ask, text):
    page = ask(text)
    assert set(ids(page)) == TUSCAN
    assert page.verdict is AnswerVerdict.ANSWERED
    assert (page.place.practices, page.place.relevant) == (len(TUSCAN), len(TUSCAN))


def test_a_subject_in_a_region_leaves_out_what_lies_elsewhere(ask):
    page = ask("rifiuti in Toscana")
    assert ids(page)[0] == CAPANNORI
    assert set(ids(page)) <= TUSCAN
    assert BESANCON in ids(ask("rifiuti in Toscana", anywhere=True))


def test_other_places_of_a_practice_count(ask):
    assert AMIATA in ids(ask("esperienze nel senese"))


def test_a_province_a_country_and_a_landscape(ask):
    assert ids(ask("in provincia di Lucca")) == [CAPANNORI]
    assert set(ids(ask("in Germania"))) == {GERMAN}
    assert set(ids(ask("comuni francesi"))) == {BESANCON, MENSE}
    assert ids(ask("Val d'Orcia")) == [MONTICCHIELLO]


def test_where_nothing_lies_the_nearest_are_named_by_their_distance(ask):
    page = ask("Che esperienze ci sono a Sinalunga?")
    assert page.place.practices == 0
    assert page.place.nearest[0].id == MONTICCHIELLO
    distances = [result.distance_km for result in page.results]
    assert distances == sorted(distances)
    assert page.verdict is AnswerVerdict.NEAR


def test_a_region_without_the_subject_never_empties_the_list(ask):
    page = ask("mensa scolastica biologica in Toscana")
    assert ids(page)[0] == MENSE
    assert page.place.relevant == 0
    assert page.verdict is not AnswerVerdict.ANSWERED


def test_a_municipality_leaves_nothing_out(ask):
    page = ask("mensa scolastica biologica a Bologna")
    assert MENSE in ids(page)


def test_vicino_a_is_a_distance(ask):
    assert set(ids(ask("vicino a Pisa"))) == {CAPANNORI}
    assert ids(ask("vicino a Pienza"))[0] == MONTICCHIELLO
    assert ids(ask("entro 10 km da Pienza")) == [MONTICCHIELLO]
    assert SIENA in ids(ask("entro 60 km da Pienza"))


def test_a_name_that_is_a_word_still_finds_its_card(ask):
    for text in ("Prato", "a Prato", "lana rigenerata a Prato", "Besançon", "Mouans-Sartoux"):
        page = ask(text)
        assert ids(page)[0] in {PRATO, BESANCON, MENSE}, text
        assert page.verdict is AnswerVerdict.ANSWERED, text
    assert ask("Prato").place is None


def test_one_who_adopted_a_practice_has_it(ask):
    assert ids(ask("Rosignano Marittimo"))[0] == MENSE


def test_a_place_obeys_access(services):
    with services.database.transaction() as session:
        session.get(Item, MONTICCHIELLO).visibility = Visibility.RESEARCHERS
    try:
        page = search(Question("Val d'Orcia"), services, PUBLIC, note=False)
        assert page.place.practices == 0
        assert MONTICCHIELLO not in ids(page)
    finally:
        with services.database.transaction() as session:
            session.get(Item, MONTICCHIELLO).visibility = Visibility.PUBLIC


def test_a_saved_question_keeps_its_place(services):
    found = rank(Question("rifiuti in Toscana"), services, OPERATOR)
    elsewhere = {one.id: one.relevance for one in found if one.id not in TUSCAN}
    assert elsewhere
    assert set(elsewhere.values()) == {0.0}


def test_json_names_the_place(services, ask):
    told = as_json(ask("Che esperienze ci sono a Sinalunga?"))
    assert told["place"]["places"] == [
        {"kind": "municipality", "code": "052033", "name": "Sinalunga"}
    ]
    assert told["place"]["nearest"][0]["id"] == MONTICCHIELLO
    assert json.dumps(told)
    assert as_json(ask("rifiuti"))["place"] is None


def test_the_api_describes_and_gives_the_place(site):
    told = site.get("/api/v1/search", params={"q": "rifiuti in Toscana"}).json()
    assert told["place"]["places"][0]["name"] == "Toscana"
    anywhere = site.get("/api/v1/search", params={"q": "rifiuti in Toscana", "where": "any"}).json()
    assert anywhere["place"] is None
    parameters = site.get("/api/openapi.json").json()["paths"]["/api/v1/search"]["get"]
    assert "where" in {one["name"] for one in parameters["parameters"]}


def test_the_page_has_a_chip_that_can_be_removed(site):
    page = html.fromstring(site.get("/search", params={"q": "rifiuti in Toscana"}).text)
    (chip,) = page.xpath("//a[contains(@class, 'filter-chip')]")
    assert chip.text_content().split("(")[0].strip() == "in Toscana"
    without = html.fromstring(site.get(chip.get("href")).text)
    (back,) = without.xpath("//a[contains(@class, 'filter-chip')]")
    assert "in tutti i luoghi" in back.text_content()
    assert without.xpath("//input[@name='where' and @value='any' and @form='search']")
    assert "where" not in back.get("href")


def test_the_chip_says_a_part_of_italy_in_the_language_of_the_page(site):
    for text, language, label in (
        ("rifiuti al Sud", "it", "nel Mezzogiorno"),
        ("paesi dell'Appennino", "it", "nell'Appennino"),
        ("waste in southern Italy", "en", "in southern Italy"),
        ("villages in the Apennines", "en", "in the Apennines"),
    ):
        page = html.fromstring(
            site.get("/search", params={"q": text}, headers={"Accept-Language": language}).text
        )
        (chip,) = page.xpath("//a[contains(@class, 'filter-chip')]")
        assert chip.text_content().split("(")[0].strip() == label


def test_the_chip_says_the_distance_that_was_asked_for(site):
    page = html.fromstring(site.get("/search", params={"q": "entro 20 km da Pienza"}).text)
    (chip,) = page.xpath("//a[contains(@class, 'filter-chip')]")
    assert chip.text_content().startswith("entro 20 km da Pienza")


def test_the_page_says_what_is_nearest(site):
    page = html.fromstring(
        site.get("/search", params={"q": "Che esperienze ci sono a Sinalunga?"}).text
    )
    (said,) = page.xpath("//p[contains(@class, 'asked-place')]")
    words = " ".join(said.text_content().split())
    assert re.match(
        r"Nessuna pratica a Sinalunga; le più vicine: Monticchiello \(\d+ km\), ", words
    )
    assert said.xpath(f".//a[@href='/practices/{MONTICCHIELLO}']")
    (kicker, *_) = page.xpath("//p[@class='card-kicker']")
    assert re.search(r"a \d+ km da Sinalunga", kicker.text_content())


def test_practices_are_limited_to_a_kind_of_land(ask):
    assert ids(ask("comuni montani")) == [AMIATA]
    assert ids(ask("comuni montani toscani")) == [AMIATA]
    page = ask("riscaldamento nei comuni montani")
    assert ids(page)[0] == AMIATA
    assert not {BESANCON, BOLOGNA} & set(ids(page))
    assert ask("riscaldamento nei comuni montani", of_any_kind=True).place is None


def test_practices_are_limited_to_a_size_of_place(ask):
    assert MONTICCHIELLO in ids(ask("piccoli comuni"))
    assert set(ids(ask("comuni tra 10 e 20 mila abitanti"))) == {MENSE, GERMAN}
    assert ids(ask("comuni francesi sotto i 15.000 abitanti")) == [MENSE]
    assert ids(ask("rifiuti nelle grandi città"))[0] == BESANCON


def test_practices_are_limited_to_a_cost(ask):
    page = ask("progetti che costano più di 20 milioni di euro")
    assert (ids(page), page.verdict) == ([AMIATA], AnswerVerdict.ANSWERED)
    assert ids(ask("costi fino a 8 milioni di euro")) == [BESANCON]


def test_a_kind_of_place_without_the_subject_never_empties_the_list(ask):
    page = ask("mensa scolastica biologica nei comuni montani")
    assert ids(page)[0] == MENSE
    assert page.place.relevant == 0
    assert page.verdict is not AnswerVerdict.ANSWERED


def test_limits_of_a_question_are_chips_that_can_be_removed(site):
    text = "rifiuti nei comuni toscani sotto i 60.000 abitanti"
    page = html.fromstring(site.get("/search", params={"q": text}).text)
    chips = {
        one.text_content().partition("  (")[0].strip(): one.get("href")
        for one in page.xpath("//a[contains(@class, 'filter-chip')]")
    }
    assert sorted(chips) == ["in Toscana", "in luoghi fino a 60.000 abitanti"]
    page = html.fromstring(site.get(chips["in luoghi fino a 60.000 abitanti"]).text)
    words = [one.text_content() for one in page.xpath("//a[contains(@class, 'filter-chip')]")]
    assert [one.partition("  (")[0].strip() for one in words] == [
        "in Toscana",
        "qualsiasi territorio, dimensione e costo",
    ]
    none = site.get("/search", params={"q": "mense a costi sotto 20.000 euro in montagna"}).text
    assert "Nessuna pratica in montagna e con costi fino a 20.000\xa0euro" in none
    told = site.get("/api/v1/search", params={"q": text}).json()["place"]
    assert told["traits"] == [{"kind": "residents", "territory": "", "low": None, "high": 60_000}]


def test_documents_follow_the_practices_of_a_region_and_the_page_says_so(services, site, ask):
    add(
        services,
        [
            PlainText(
                id="rifiuti",
                title="La raccolta dei rifiuti",
                text="La raccolta differenziata dei rifiuti porta a porta riduce il rifiuto"
                " residuo dei comuni e il costo della discarica. " * 5,
            )
        ],
    )
    page = ask("rifiuti in Toscana")
    kinds = [result.kind for result in page.results]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds[-1] == "document"
    text = site.get("/search", params={"q": "rifiuti in Toscana"}).text
    assert "I documenti non hanno un luogo: seguono le pratiche." in text


def test_a_document_that_tells_of_the_place_leads_where_no_practice_is_there(services, ask):
    told = {
        "australia": "Gli abitanti indigeni dell'Australia si chiamano aborigeni: vivono nel"
        " continente da sessantamila anni.",
        "incas": "Gli abitanti indigeni delle Ande si chiamavano incas. Gli abitanti indigeni"
        " parlavano il quechua.",
    }
    add(services, [PlainText(id=id, title=id, text=text) for id, text in told.items()])
    page = ask("Come si chiamano gli abitanti indigeni dell'Australia?")
    assert page.results[0].title == "australia"
    assert page.verdict is AnswerVerdict.ANSWERED
