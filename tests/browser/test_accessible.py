"""axe on every kind of page, at two widths; reflow; and the way by keyboard alone."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kb.access import Role
from tests.browser.conftest import COLLECTION, Window, open_context, sign_in

pytestmark = pytest.mark.browser

ADDRESSES = {
    "home": "/",
    "search": "/search?q=unione+di+comuni+risparmio",
    "filtered": "/search?q=unione+di+comuni+risparmio&country=IT&kind=practice",
    "empty search": "/search",
    "too long": "/search?q=" + "x" * 1001,
    "practices": "/practices",
    "projects": "/projects",
    "network": "/network?need=unione+di+comuni",
    "scenarios": "/scenarios?id=unioni-comuni-emilia-romagna",
    "map of practices": "/practices/map",
    "practice": "/practices/unioni-comuni-emilia-romagna",
    "practice in English": "/practices/danimarca-fusioni-2007?text=en",
    "for the media": "/practices/danimarca-fusioni-2007/press",
    "collections": "/collections",
    "magazine": "/magazine",
    "collection": "/collections/unioni-e-fusioni-cosa-dicono-i-numeri",
    "documents": "/documents",
    "sign in": "/login",
    "corpus": "/about/corpus",
    "contribute": "/contribute",
    "report an error": "/contribute/error?page=/practices",
    "propose a practice": "/contribute/practice",
    "about us": "/about",
    "archive": "/archive",
    "training paths": "/paths",
    "calendar": "/calendar",
    "accessibility": "/accessibility",
    "privacy": "/privacy",
    "credits": "/credits",
    "interface": "/api/docs",
    "not found": "/nowhere",
}
SIGNED_IN = {
    "home of a member": (Role.MEMBER, "/"),
    "home of a researcher": (Role.RESEARCHER, "/"),
    "upload": (Role.RESEARCHER, "/upload"),
    "unanswered": (Role.RESEARCHER, "/unanswered"),
    "drafts": (Role.RESEARCHER, "/drafts"),
    "new project": (Role.OFFICER, "/projects/new?practice=unioni-comuni-emilia-romagna"),
    "own profile": (Role.OFFICER, "/network/profile"),
    "question to the unit": (Role.OFFICER, "/network/ask"),
    "own requests": (Role.OFFICER, "/network/requests"),
    "scientific board": (Role.OFFICER, "/direction"),
    "operational unit": (Role.CURATOR, "/desk"),
    "new card": (Role.RESEARCHER, "/practices/new"),
    "cards to check": (Role.RESEARCHER, "/drafts/to-check"),
    "changing a card": (Role.RESEARCHER, "/practices/danimarca-fusioni-2007/edit"),
    "own account": (Role.OFFICER, "/account"),
    "news of the week": (Role.OFFICER, "/news"),
    "choice of a place": (Role.OFFICER, "/places?q=siena"),
    "refused": (Role.OFFICER, "/admin/accounts"),
    "new collection": (Role.CURATOR, "/collections/new"),
    "collection edited": (Role.CURATOR, f"/collections/{COLLECTION}/edit"),
    "collection arranged": (Role.CURATOR, f"/collections/{COLLECTION}/contents"),
    "collection deleted": (Role.CURATOR, f"/collections/{COLLECTION}/delete"),
    "added to a collection": (Role.CURATOR, "/collections/add?item=danimarca-fusioni-2007"),
    "accounts": (Role.ADMIN, "/admin/accounts"),
    "audit": (Role.ADMIN, "/admin/audit"),
    "page about us written": (Role.ADMIN, "/about/who-we-are/edit"),
    "messages of visitors": (Role.RESEARCHER, "/contributions"),
}
"""Pages that want a right, and the role that looks at each."""
WIDTHS = (1280, 360)
NARROWEST = 320
"""Nothing sticks out at this width either: WCAG 1.4.10."""
EXPECTED = re.compile("status of (403|404|413|422)")


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=list(ADDRESSES))
def test_axe_finds_nothing_and_nothing_sticks_out(window, address):
    look_at(window, address)


@pytest.fixture(scope="module")
def window_of(chromium, server) -> Iterator[Callable[[Role], Window]]:
    """The window of a role, which signs in once."""
    windows: dict[Role, Window] = {}

    def find_window(role: Role) -> Window:
        if role not in windows:
            windows[role] = Window(open_context(chromium, server).new_page())
            sign_in(windows[role].page, server, role)
        return windows[role]

    yield find_window
    for window in windows.values():
        window.page.context.close()


@pytest.mark.parametrize(("role", "address"), SIGNED_IN.values(), ids=list(SIGNED_IN))
def test_axe_finds_nothing_for_who_has_signed_in(window_of, role, address):
    window = window_of(role)
    look_at(window, address)
    if role is Role.ADMIN:
        window.page.locator(".own-menu summary").click()
        assert_accessible(window.page)


def look_at(window, address):
    """At every width, nothing sticks out and axe has nothing to say."""
    for width in (NARROWEST, *WIDTHS):
        window.page.set_viewport_size({"width": width, "height": 800})
        window.page.goto(address)
        assert window.page.evaluate("document.documentElement.scrollWidth") <= width
        if width in WIDTHS:
            assert_accessible(window.page)
    window.problems[:] = [text for text in window.problems if not EXPECTED.search(text)]
    assert window.problems == []


def assert_accessible(page):
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found] == []


def test_the_account_menu_by_keyboard(signed_in):
    page = signed_in(Role.ADMIN).page
    page.goto("/practices")
    page.locator(".own-menu summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Il tuo account")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Il tuo account")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Il tuo account")).to_be_hidden()
    expect(page.locator(".own-menu summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Esci").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Accedi")).to_be_visible()


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
