"""A researcher's day: words of a document become a card, which a second person publishes."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kb.access import Role
from tests.browser.conftest import LONG_S

pytestmark = pytest.mark.browser

TITLE = "Nove paesi, una cucina scolastica"
QUOTE = "The price of a school meal fell from 6.20 euro to 4.90 euro within two years."
QUESTION = "Quanto è calato il prezzo del pasto con una cucina scolastica comune?"
STORY = " ".join(
    ["Nove paesi hanno chiuso le cucine delle scuole e ne hanno aperta una sola in comune."] * 2
)
SECTIONS = ("problem", "solution", "resources", "conditions", "limits", "lessons")


def is_fine(page, name):
    """At every width nothing sticks out, and axe has nothing to say."""
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found] == [], name


def settled(page):
    """Wait until the form that came back is in its place."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


@pytest.fixture
def uploaded(signed_in, report, server):
    """The researcher's window on the page of a document that is ready."""
    window = signed_in(Role.RESEARCHER)
    page = window.page
    page.goto("/upload")
    page.set_input_files("#file", report)
    page.fill("#publisher", "Example Press")
    page.get_by_role("button", name="Carica").click()
    expect(page.locator(".job")).to_be_visible()
    server.wait_for_jobs()
    expect(page.locator(".job")).to_have_class(re.compile("job-ready"))
    page.locator(".job-title a").click()
    return window


@pytest.mark.timeout(2 * LONG_S)
def test_from_a_document_to_a_published_card_that_is_found(uploaded, signed_in, server):
    page = uploaded.page
    take_a_candidate(page)
    what_is_missing_is_told(page)
    assert [text for text in uploaded.problems if "status of 422" not in text] == []
    uploaded.problems.clear()
    write(page)
    find_the_place(page)
    send(page)
    publish(signed_in(Role.CURATOR).page)
    server.wait_for_jobs()
    expect(found_by_search(page)).to_be_visible()
    found_by_search(page).get_by_role("link", name=TITLE, exact=True).click()
    page.get_by_text("Che cosa dice la fonte").click()
    page.locator(".quoted").get_by_role("link", name=re.compile("p. 2")).click()
    expect(page.locator("mark#passage")).to_have_text(QUOTE)
    assert page.locator("svg rect.highlight").count() >= 1


def take_a_candidate(page):
    """From the list of candidates to its page, from there into a new draft."""
    page.get_by_role("link", name="Cerca i risultati misurati").click()
    expect(page.locator(".candidate").first.locator("blockquote")).to_have_text(QUOTE)
    is_fine(page, "candidates")
    page.locator(".candidate").first.get_by_role("link", name="Pagina 2").click()
    expect(page.locator("mark#passage")).to_have_text(QUOTE)
    page.wait_for_load_state()  # what listens to selections comes with the page's scripts
    select(page)
    expect(page.locator("#quote")).to_have_value(QUOTE)
    page.select_option("#take-draft", "new")
    page.fill("#take-title", TITLE)
    is_fine(page, "page view")
    page.get_by_role("button", name="Inserisci la citazione", exact=True).click()
    expect(page).to_have_url(re.compile(r"/drafts/[0-9a-f-]+\?at=results-0-entry"))
    expect(page.locator("#results-0-quote")).to_have_value(QUOTE)
    expect(page.locator("#results-0 > summary")).to_be_focused()


def what_is_missing_is_told(page):
    page.get_by_role("button", name="Invia in revisione").first.click()
    expect(page.locator("#problems")).to_be_focused()
    settled(page)
    is_fine(page, "form with errors")
    page.locator("#problems").get_by_role("link", name="Titolo in inglese").click()
    expect(page.locator("#title_en")).to_be_focused()


def write(page):
    page.get_by_role("button", name="Aggiungi un attore").click()
    expect(page.locator("#actors-0")).to_be_visible()
    settled(page)
    fill(page)
    expect(page.locator("[data-so-far=problem]")).to_have_text("32")
    expect(page.locator("[data-story-words]")).to_have_text("192")
    page.fill("#summary", "parola " * 46)
    expect(page.locator("#summary-limit")).to_have_class(re.compile("over"))
    page.fill("#summary", "Nove paesi hanno chiuso le cucine delle scuole e ne hanno aperta una.")


def find_the_place(page):
    page.fill("#find", "monteroni d'a")
    page.get_by_role("button", name="Trova", exact=True).click()
    page.get_by_role("button", name=re.compile("Monteroni d'Arbia")).click()
    expect(page.locator("#place-name")).to_have_value("Monteroni d'Arbia")
    settled(page)
    expect(page.locator("#place-name")).to_be_focused()
    is_fine(page, "form")


def send(page):
    page.get_by_role("button", name="Invia in revisione").first.click()
    expect(page.get_by_text("La scheda aspetta ora una seconda persona")).to_be_visible()


def publish(page):
    """Somebody else reads the card with its quotation and approves it."""
    page.goto("/review")
    is_fine(page, "queue")
    page.get_by_role("link", name=TITLE).click()
    page.get_by_text("Che cosa dice la fonte").click()
    expect(page.get_by_text(QUOTE)).to_be_visible()
    is_fine(page, "review")
    page.get_by_role("button", name="Approva e pubblica").click()
    expect(page.locator("h1")).to_have_text(TITLE)
    is_fine(page, "card")
    page.get_by_role("link", name="Storia di questa scheda").click()
    is_fine(page, "history")


def select(page):
    """Select the marked words in the text of the page."""
    page.evaluate(
        """() => {
            const text = document.querySelector('mark#passage').firstChild;
            document.getSelection().setBaseAndExtent(text, 0, text, text.length);
        }"""
    )
    page.locator("mark#passage").dispatch_event("mouseup")
    expect(page.locator("#take")).to_have_attribute("open", "")


def fill(page):
    page.fill("#title_en", "Nine villages, one school kitchen")
    page.fill("#summary_en", "Nine villages closed their school kitchens and opened a common one.")
    page.fill("#start", "2018")
    for name, value in (("status", "running"), ("outcome", "positive"), ("strand", "institutions")):
        page.select_option(f"#{name}", value)
    page.check("#themes-public-administration")
    page.check("#sectors-smart-cities")
    for name in SECTIONS:
        page.fill(f"#{name}", STORY)
    for name, value in (
        ("indicator", "Prezzo del pasto scolastico"),
        ("indicator_en", "Price of a school meal"),
        ("value", "4,90"),
        ("unit", "euro"),
        ("unit_en", "euro"),
        ("baseline", "6,20"),
    ):
        page.fill(f"#results-0-{name}", value)
    page.select_option("#results-0-evidence", "secondary")
    page.select_option("#results-0-nature", "measured")
    page.fill("#actors-0-name", "Nove comuni")
    page.fill("#actors-0-role", "promotori")


def found_by_search(page):
    page.goto("/search?q=" + QUESTION)
    return page.locator(".hit", has_text=TITLE).first
