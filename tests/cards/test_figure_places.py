"""Figures of a card are found in its sources, shown on their page, and taken by a person alone."""

import io

import pytest
from lxml import html

from ingest.metadata import Metadata
from ingest.submit import submit
from kb.domain import Visibility
from kb.practices.drafts import open_revision
from kb.practices.practice import Practice
from kb.practices.publishing import publish_practice
from kb.storage.tables import PracticeRow
from tests.cards.forms import draft_of

CARD = "cucina-comune-di-fontechiara"
TEXT = """# Una cucina per la valle

Nel 2021 la cucina comune ha servito 412.300 pasti agli alunni delle scuole.

Hanno aderito dodici comuni della valle, che prima avevano ciascuno la propria cucina.

La costruzione è costata 1,2 milioni di euro, pagati in gran parte dalla Regione.

Il prezzo del pasto è sceso da 6,20 euro nel 2018 a 4,90 euro nel 2020.

Lo scarto dei piatti è calato del 31,4 per cento rispetto all'anno prima.

Il consiglio si riunisce di giovedì e ha mangiato 250 kg di formaggio.
"""
RESULTS = [
    ("Pasti serviti in un anno", "Meals served in a year", 412300, "pasti", "meals", 2021),
    (
        "Comuni che aderiscono",
        "Municipalities that take part",
        12,
        "comuni",
        "municipalities",
        None,
    ),
    ("Prezzo del pasto", "Price of a meal", 5.1, "euro", "euros", 2020),
    ("Riduzione dello scarto nei piatti", "Less food left on plates", -31, "%", "%", None),
    ("Energia consumata dalla cucina", "Energy used by the kitchen", 7777, "kWh", "kWh", 2020),
    ("Formaggio mangiato dal consiglio", "Cheese eaten", 250, "euro", "euros", None),
]
MEALS, TOWNS, PRICE, WASTE, ENERGY, CHEESE, COST = (
    "results-0", "results-1", "results-2", "results-3", "results-4", "results-5", "costs-0",
)  # fmt: skip


@pytest.fixture(scope="module")
def card(services, work):
    """A card whose first source is held by a document that only researchers may see."""
    metadata = Metadata(title="Una cucina per la valle", visibility=Visibility.RESEARCHERS)
    document = submit(services, io.BytesIO(TEXT.encode()), "cucina.md", metadata).id
    with services.database.transaction() as session:
        record = dict(session.get_one(PracticeRow, "contarina-tariffa-puntuale").record)
        source = {**record["sources"][0], "document": document, "accessed": "cited"}
        for one in (source, *record["sources"][1:]):
            one.pop("read_on", None)
        record |= {
            "id": CARD,
            "sources": [source, *record["sources"][1:]],
            "results": [
                {
                    "indicator": indicator, "indicator_en": english, "value": value, "unit": unit,
                    "unit_en": unit_en, "year": year, "evidence": "secondary",
                    "source": source["id"],
                }
                for indicator, english, value, unit, unit_en, year in RESULTS
            ],
            "costs": [
                {
                    "kind": "investment", "text": "Costruzione della cucina", "amount": 1200000,
                    "currency": "EUR", "source": source["id"], "evidence": "secondary",
                }
            ],
        }  # fmt: skip
        publish_practice(session, Practice.model_validate(record))
    work()
    return document


def figures(browser, *more):
    return html.fromstring(browser.get("/".join((f"/practices/{CARD}/figures", *more))).text)


def text_of(element):
    return " ".join(element.text_content().split())


@pytest.fixture
def listed(as_, card):
    return figures(as_("anna"))


@pytest.mark.parametrize(
    ("key", "number"),
    [(MEALS, "412.300"), (TOWNS, "dodici"), (WASTE, "31,4"), (COST, "1,2 milioni")],
)
def test_the_right_sentence_is_first(listed, key, number):
    assert text_of(listed.xpath(f"//li[@id='{key}']//*[@class='quantity']")[0]) == number


def test_what_is_not_found_is_listed(listed):
    (section,) = listed.xpath("//section[@aria-labelledby='not-found']")
    missing = [one.get("href") for one in section.xpath(".//a")]
    assert f"#{ENERGY}" in missing
    assert f"#{MEALS}" not in missing
    assert "0 of 7 figures have their page" in text_of(listed)


def test_the_same_number_of_something_else_is_marked(as_, card):
    page = figures(as_("anna"), CHEESE)
    assert "perhaps another unit" in text_of(page.get_element_by_id("place-1"))


def test_a_rounded_figure_is_marked(as_, card):
    page = figures(as_("anna"), WASTE)
    assert "rounded in the card" in text_of(page.get_element_by_id("place-1"))


def press(browser, key, number=1, **fields):
    page = figures(browser, key)
    (form,) = page.xpath(f"//li[@id='place-{number}']//form")
    values = {one.get("name"): one.get("value") for one in form.xpath(".//input")}
    return browser.post(form.get("action"), data=values | fields)


def test_a_different_figure_is_offered_as_a_disagreement(as_, card, services):
    browser = as_("anna")
    page = figures(browser, PRICE)
    assert "another figure for the same thing?" in text_of(page.get_element_by_id("place-1"))
    answer = press(browser, PRICE)
    assert answer.url.path.startswith("/drafts/")
    with services.database.session() as session:
        results = open_revision(session, CARD).record["results"]
    assert results[2]["disagreement"] == results[-1]["disagreement"]
    assert results[-1]["indicator"] == "Prezzo del pasto"
    assert results[-1]["value"] == 4.9
    assert results[2]["value"] == 5.1
    assert "4,90 euro" in results[-1]["quote"]
    browser.post(f"{draft_of(answer.url.path)}/delete")


def test_one_click_takes_page_and_words_into_the_draft_alone(as_, card, services):
    browser = as_("anna")
    answer = press(browser, MEALS)
    assert (answer.url.path, answer.url.fragment) == (f"/practices/{CARD}/figures", MEALS)
    assert "1 of 7 figures have their page" in text_of(html.fromstring(answer.text))
    with services.database.session() as session:
        draft = open_revision(session, CARD)
        taken, source = draft.record["results"][0], draft.record["sources"][0]
        published = session.get_one(PracticeRow, CARD).record["results"][0]
    assert (taken["page"], taken["quote"]) == (
        "1", "Nel 2021 la cucina comune ha servito 412.300 pasti agli alunni delle scuole.",
    )  # fmt: skip
    assert (source["document"], source["accessed"]) == (card, "excerpt")
    assert not published["quote"]

    shown = browser.get(f"/review/{draft.id}")
    assert shown.status_code == 200
    assert "412.300 pasti agli alunni" in shown.text

    other = press(browser, MEALS, quote="La costruzione è costata 1,2 milioni di euro", replace="")
    assert other.status_code == 422
    assert "has a quotation already" in other.text
    stale = press(browser, TOWNS, version="0")
    assert stale.status_code == 422
    assert "was changed meanwhile" in stale.text
    nowhere = press(browser, TOWNS, quote="Parole che nessuno ha scritto")
    assert nowhere.status_code == 422
    browser.post(f"/drafts/{draft.id}/delete")


def test_readers_without_the_document_see_nothing_of_it(as_, card):
    assert as_("olga").get(f"/practices/{CARD}/figures").status_code in (403, 404)
    assert as_(None).get("/sources").url.path == "/login"


def test_sources_are_listed_and_nothing_is_fetched_unless_allowed(as_, card):
    browser = as_("anna")
    page = browser.get(f"/practices/{CARD}/sources").text
    assert "uploaded here" in page
    assert "KB_FETCH=true" in page
    answer = browser.post(f"/practices/{CARD}/sources/fetch")
    assert answer.status_code == 422
    assert "KB_FETCH=true" in answer.text
    overview = text_of(html.fromstring(browser.get("/sources").text))
    assert "results have their page" in overview
