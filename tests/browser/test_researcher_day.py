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
MOST_PAGES, MOST_FIELDS = 14, 32
"""Most pages opened and fields filled in from the upload to the review."""
COUNT = """(() => {
  if (window.top !== window || !location.protocol.startsWith('http')) return;
  const add = (name) => { sessionStorage[name] = Number(sessionStorage[name] || 0) + 1; };
  add('pages');
  document.addEventListener('change', () => add('typed'), true);
})();"""


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
    page.add_init_script(COUNT)
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
    complete_the_result(page)
    what_is_missing_is_told(page)
    write(page)
    go(page, "Controlla e invia")
    is_fine(page, "check")
    send(page)
    pages, fields = page.evaluate("[sessionStorage.pages, sessionStorage.typed].map(Number)")
    assert pages <= MOST_PAGES
    assert fields <= MOST_FIELDS
    publish(signed_in(Role.CURATOR).page)
    server.wait_for_jobs()
    expect(found_by_search(page)).to_be_visible()
    found_by_search(page).get_by_role("link", name=TITLE, exact=True).click()
    page.locator("#all-results > summary").click()
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
    expect(page).to_have_url(re.compile(r"/drafts/[0-9a-f-]+/results\?at=results-0-entry"))
    expect(page.locator("#results-0-quote")).to_have_value(QUOTE)
    expect(page.locator("#results-0 > summary")).to_be_focused()


def complete_the_result(page):
    """What the sentence says is filled in; the rest is typed, and saved by itself."""
    expect(page.locator("#results-0-value")).to_have_value("4,9")
    expect(page.locator("#results-0-baseline")).to_have_value("6,2")
    expect(page.locator("#results-0-unit")).to_have_value("euro")
    expect(page.locator("#results-0-value-derived")).to_contain_text("controlla")
    page.fill("#results-0-indicator", "Prezzo del pasto scolastico")
    page.select_option("#results-0-evidence", "secondary")
    page.select_option("#results-0-nature", "measured")
    expect(page.locator("#saved")).to_contain_text("Salvato alle")
    settled(page)
    expect(page.locator("#state-results")).to_have_text("Completo")
    is_fine(page, "results")


def what_is_missing_is_told(page):
    go(page, "Controlla e invia")
    page.locator("#problems").get_by_role("link", name="Titolo in inglese").click()
    expect(page.locator("#title_en")).to_be_focused()
    page.fill("#title_en", "Nine villages, one school kitchen")
    page.fill("#summary_en", "Nine villages closed their school kitchens and opened a common one.")
    page.fill("#results-0-indicator_en", "Price of a school meal")
    is_fine(page, "English")


def go(page, step):
    """Press the button of a step, and wait until it is there."""
    page.locator(".card-steps").get_by_role("button", name=step).click()
    expect(page.locator("[aria-current=step]")).to_have_text(step)
    page.wait_for_load_state()


def write(page):
    go(page, "Che cosa e dove")
    page.get_by_role("button", name="Aggiungi un attore").click()
    expect(page.locator("#actors-0")).to_be_visible()
    settled(page)
    find_the_place(page)
    page.fill("#actors-0-name", "Nove comuni")
    page.fill("#actors-0-role", "promotori")
    page.fill("#summary", "parola " * 46)
    expect(page.locator("#summary-limit")).to_have_class(re.compile("over"))
    page.fill("#summary", "Nove paesi hanno chiuso le cucine delle scuole e ne hanno aperta una.")
    page.fill("#start", "2018")
    for name, value in (("status", "running"), ("outcome", "positive"), ("strand", "institutions")):
        page.select_option(f"#{name}", value)
    page.check("#themes-public-administration")
    page.check("#sectors-smart-cities")
    go(page, "Descrizione")
    for name in ("problem", "solution", "resources", "conditions"):
        page.fill(f"#{name}", STORY)
    expect(page.locator("[data-so-far=problem]")).to_have_text("32")
    expect(page.locator("[data-story-words]")).to_have_text("128")
    is_fine(page, "story")
    go(page, "Limiti e adottanti")
    for name in ("limits", "lessons"):
        page.fill(f"#{name}", STORY)
    expect(page.locator("[data-story-words]")).to_have_text("192")


def find_the_place(page):
    page.fill("#find", "monteroni d'a")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("Monteroni d'Arbia")).click()
    expect(page.locator("#place-name")).to_have_value("Monteroni d'Arbia")
    settled(page)
    expect(page.locator("#place-name")).to_be_focused()
    is_fine(page, "what and where")


def send(page):
    page.get_by_role("button", name="Invia in revisione").click()
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


def found_by_search(page):
    page.goto("/search?q=" + QUESTION)
    return page.locator(".hit", has_text=TITLE).first
