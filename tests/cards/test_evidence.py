"""Words taken from a document: verbatim, with their page and source, for those who may see it."""

import re

import pytest
from lxml import html

from ingest.item_commands import delete_item
from tests.cards.forms import complete, draft_of, see, write

PRICE = "The price of a school meal fell from 6.20 euro in 2018 to 4.90 euro in 2020."
CHEESE = "The council met on Thursdays and ate 12 kg of cheese."
HOPE = "By 2030 the villages expect savings of 30 % on energy compared with 2018."


def value(page, field):
    found = html.fromstring(page).get_element_by_id(field)
    return (found.value or "").removeprefix("\n")


def take(browser, report, quote, **fields):
    data = {"quote": quote, "draft": "new", "target": "results", **fields}
    return browser.post(f"/documents/{report}/pages/1/take", data=data)


@pytest.fixture
def draft(as_, report):
    """A new draft that holds the price as a result."""
    answer = take(as_("anna"), report, PRICE, title="Una cucina comune")
    yield answer
    as_("anna").post(f"{draft_of(answer.url.path)}/delete")


def test_words_become_a_result_with_their_page_and_a_source(as_, draft, report):
    assert draft.url.path.endswith("/results")
    assert 'id="results-0" open' in draft.text
    assert value(draft.text, "results-0-quote") == PRICE
    assert value(draft.text, "results-0-page") == "1"
    assert value(draft.text, "results-0-source") == "example-press-2021"
    figures = {
        "value": "4.9", "unit": "euro", "year": "2020", "baseline": "6.2", "baseline_year": "2018",
    }  # fmt: skip
    assert {name: value(draft.text, f"results-0-{name}") for name in figures} == figures
    shown = html.fromstring(draft.text).get_element_by_id("results-0-value-derived")
    assert shown.text_content().strip() == "Read in the quotation: check it."
    sources = see(as_("anna"), draft_of(draft.url.path), "group-sources")
    known = {
        "title": "Kitchens of the Lower Valley", "publisher": "Example Press", "year": "2021",
        "language": "en",
    }  # fmt: skip
    assert {name: value(sources, f"sources-0-{name}") for name in known} == known
    assert "the data of the document" in sources


def test_words_of_the_same_document_share_its_source_and_support_a_section(as_, draft, report):
    key = draft_of(draft.url.path).removeprefix("/drafts/")
    page = take(as_("anna"), report, CHEESE.replace(" ", "\n"), draft=key, target="solution").text
    assert value(page, "quotations-0-section") == "solution"
    assert value(page, "quotations-0-quote") == CHEESE
    assert value(page, "quotations-0-source") == "example-press-2021"
    assert 'id="sources-1"' not in see(as_("anna"), f"/drafts/{key}", "group-sources")


@pytest.mark.parametrize(
    "data",
    [
        {"quote": "Words that nobody wrote.", "title": "Mai"},
        {"quote": "", "title": "Mai"},
        {"quote": PRICE, "title": " "},
        {"quote": PRICE, "title": "Mai", "target": "nothing"},
        {"quote": PRICE, "draft": "no-such-draft"},
    ],
)
def test_what_cannot_be_taken_is_refused_and_begins_no_draft(as_, report, data):
    anna = as_("anna")
    assert take(anna, report, **data).status_code == 422
    assert "Mai</a>" not in anna.get("/drafts").text


def test_only_who_writes_cards_is_offered_to_take_words(as_, report):
    page = as_("anna").get(f"/documents/{report}/pages/1").text
    assert 'id="take"' in page
    assert "Choose" in page
    chosen = as_("anna").get(f"/documents/{report}/pages/1?take=2").text
    assert value(chosen, "quote") == "This is an example report written for tests."
    for reader in (None, "olga"):
        browser = as_(reader)
        assert browser.get(f"/documents/{report}/pages/1").status_code == 404
        assert "no such" not in take(browser, report, PRICE, title="Mai").text
    assert "Mai</a>" not in as_("anna").get("/drafts").text


def test_a_changed_quotation_is_named_at_its_field(as_, draft):
    words = {"results__0__quote": PRICE.replace("4.90", "3.90")}
    answer = write(as_("anna"), draft_of(draft.url.path), **words)
    wrong = html.fromstring(answer.text).get_element_by_id("results-0-quote-error")
    assert "not on page 1" in wrong.text_content()


def test_a_result_never_counts_as_measured_by_saying_nothing(as_, draft):
    figure = {"results__0__value": "4.9", "results__0__evidence": "primary"}
    anna, address = as_("anna"), draft_of(draft.url.path)
    answer = write(anna, address, "submit", **figure)
    assert "Result 1, What kind of number it is" in answer.text
    link = html.fromstring(answer.text).xpath("//a[contains(@href, '#results-0-nature')]/@href")[0]
    wrong = html.fromstring(anna.get(link).text).get_element_by_id("results-0-nature-error")
    assert "measured, estimated, expected or aimed at" in wrong.text_content()


def test_figures_of_the_documents_of_a_card_are_filled_in_with_one_click(as_, report):
    anna = as_("anna")
    new = anna.get("/practices/new", params={"document": report}).text
    assert "Kitchens of the Lower Valley" in new
    begun = anna.post("/practices/new", data={"title": "Dal documento", "document": report})
    address = draft_of(begun.url.path)
    page = see(anna, address, "group-results")
    buttons = html.fromstring(page).xpath("//button[starts-with(@value, 'result:')]")
    labels = [" ".join(one.text_content().split()) for one in buttons]
    assert labels == ["4.9 euro (2020), before: 6.2", "30 %", "12 kg"]
    taken = write(anna, address, buttons[0].get("value")).text
    assert value(taken, "results-0-quote") == PRICE
    assert value(taken, "results-0-page") == "1"
    assert value(taken, "results-0-baseline") == "6.2"
    assert len(html.fromstring(taken).xpath("//button[starts-with(@value, 'result:')]")) == 2
    write(anna, address, "add:costs")
    source = value(taken, "results-0-source")
    cost = {"costs__0__source": source, "costs__0__quote": CHEESE}
    assert value(write(anna, address, **cost).text, "costs-0-page") == "1"
    hidden = as_("olga").get("/practices/new", params={"document": report})
    assert "Kitchens" not in hidden.text
    as_("anna").post(f"{address}/delete")


def published(as_, draft):
    anna, address = as_("anna"), draft_of(draft.url.path)
    write(anna, address, "add:actors")
    figure = {
        "indicator": "Prezzo del pasto", "indicator_en": "Price of a meal", "value": "4.9",
        "unit": "euro", "unit_en": "euro", "evidence": "primary", "nature": "measured",
    }  # fmt: skip
    named = {f"results__0__{name}": text for name, text in figure.items()}
    kept = {"sources__0__title": "Kitchens of the Lower Valley", "results_note": ""}
    sent = complete(anna, address, "submit", **named, **kept)
    bruno = as_("bruno")
    review = bruno.get(sent.url.path).text
    version = html.fromstring(review).xpath("//input[@name='version']/@value")[0]
    done = bruno.post(sent.url.path, data={"version": version, "decision": "approve"})
    return review, done.url.path


class TestCandidates:
    def test_result_like_sentences_come_first_with_their_page(self, as_, report):
        page = html.fromstring(as_("anna").get(f"/documents/{report}/candidates").text)
        sentences = page.xpath("//li[@class='candidate']//blockquote")
        assert [one.text_content() for one in sentences] == [PRICE, HOPE, CHEESE]
        assert [one.text_content() for one in sentences[0].findall("strong")][-1] == "4.90 euro"
        assert "forecast" in sentences[1].getparent().text_content()
        assert "forecast" not in sentences[0].getparent().text_content()

    def test_a_discarded_one_stays_away_until_all_are_asked_for_again(self, as_, report):
        anna = as_("anna")
        address = f"/documents/{report}/candidates"
        key = re.search('name="key" value="([0-9a-f]+)"', anna.get(address).text)[1]
        anna.post(f"{address}/discard", data={"key": key})
        left = as_("bruno").get(address).text
        assert "fell from" not in left
        assert "1 was discarded." in left
        assert "fell from" in as_("anna").post(f"{address}/restore").text

    @pytest.mark.parametrize("reader", [None, "olga"])
    def test_nobody_else_sees_them(self, as_, report, reader):
        browser = as_(reader)
        assert "fell from" not in browser.get(f"/documents/{report}/candidates").text


def test_the_quotation_is_shown_with_its_page_to_those_who_may_see_the_document(
    as_, report, services, work
):
    draft = take(as_("anna"), report, PRICE, title="Con una citazione")
    review, address = published(as_, draft)
    assert "Not all readers of this card may see these documents" in review
    shown = as_("anna").get(address).text
    quote = html.fromstring(shown).xpath("//figure[contains(@class, 'quoted')]")[0]
    assert quote.find("blockquote").text_content() == PRICE
    link = quote.xpath(".//a/@href")[0]
    assert link.startswith(f"/documents/{report}/pages/1?quote=")
    marked = html.fromstring(as_("anna").get(link).text).get_element_by_id("passage")
    assert marked.text_content() == PRICE

    work()
    assert_hidden(as_(None), address, report)
    assert_hidden(as_("olga"), address, report)

    delete_item(services, report)
    kept = as_("anna").get(address).text
    assert "of a document that was removed from the library on" in kept
    assert PRICE in kept
    assert_hidden(as_(None), address, report)
    as_("bruno").post(f"{address}/withdraw", data={"note": "Test."})
    work()


def assert_hidden(browser, address, report):
    """The source is named; no quotation, no page of the document, and no link to it."""
    practice_id = address.removeprefix("/practices/")
    card = browser.get(address).text
    assert "Kitchens of the Lower Valley" in card
    one = browser.get(f"/api/v1/practices/{practice_id}")
    every = browser.get("/api/v1/practices")
    found = browser.get("/api/v1/search", params={"q": "prezzo del pasto cucina comune"})
    assert practice_id in found.text
    for text in (card, one.text, every.text, found.text):
        assert "fell from 6.20" not in text
        assert report not in text
