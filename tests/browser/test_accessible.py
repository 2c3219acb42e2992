"""axe on every kind of page, at two widths; reflow; and the way by keyboard alone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ADDRESSES = {
    "home": "/",
    "search": "/search?q=unione+di+comuni+risparmio",
    "filtered": "/search?q=unione+di+comuni+risparmio&country=IT&kind=practice",
    "empty search": "/search",
    "too long": "/search?q=" + "x" * 1001,
    "practices": "/practices",
    "practice": "/practices/unioni-comuni-emilia-romagna",
    "practice in English": "/practices/danimarca-fusioni-2007?text=en",
    "collections": "/collections",
    "collection": "/collections/unioni-e-fusioni-cosa-dicono-i-numeri",
    "documents": "/documents",
    "upload": "/upload",
    "unanswered": "/unanswered",
    "accessibility": "/accessibility",
    "privacy": "/privacy",
    "credits": "/credits",
    "interface": "/api/docs",
    "not found": "/nowhere",
}
WIDTHS = (1280, 360, 320)
EXPECTED = re.compile("status of (404|413)")


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=list(ADDRESSES))
def test_axe_finds_nothing_and_nothing_sticks_out(context, address):
    page = context.new_page()
    problems = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found] == []
    assert [text for text in problems if not EXPECTED.search(text)] == []


def test_first_tab_skips_to_the_content(window):
    page = window.page
    page.goto("/practices")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Vai al contenuto")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_question_by_keyboard_alone(window):
    page = window.page
    page.goto("/search")
    page.focus("#question")
    page.keyboard.type("unione di comuni risparmio")
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.more-passages summary')"):
            break
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('details').open")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_language_switch_keeps_the_question(window):
    page = window.page
    page.goto("/search?q=unione+di+comuni&country=IT")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.input_value("#question") == "unione di comuni"
    expect(page.locator(".filter-chip")).to_contain_text("Italy")
    page.goto("/practices")
    expect(page.locator("h1")).to_have_text("Practices")
    assert page.locator('.card-item [lang="it"]').count() == 0
