"""Pages on narrow screens, for keyboards, in forced colours and on paper."""

import pytest
from playwright.sync_api import expect

from kb.access import Role
from tests.browser.conftest import PHONE, open_context

pytestmark = pytest.mark.browser

ANSWERED = "/search?q=Quanti+comuni+restarono+dopo+la+riforma+delle+fusioni+del+2007%3F"
REFUSED = "/search?q=Chi+ha+vinto+il+campionato+mondiale+di+scacchi+del+1972%3F"
COMPARED = "/compare?id=unioni-comuni-emilia-romagna&id=danimarca-fusioni-2007"
PRACTICE = "/practices/danimarca-fusioni-2007"
PRESS = f"{PRACTICE}/press"
OVERFLOWING = """() => [...document.querySelectorAll('main *, header *')].filter((one) =>
    one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    && !one.closest('.table-scroll, .skip, .visually-hidden, details:not([open])')
  ).map((one) => one.outerHTML.slice(0, 120))"""
SAME_NAMES = """() => {
    const named = new Map();
    for (const one of document.querySelectorAll('main a[href], main button')) {
        if (!one.checkVisibility()) continue;
        const said = one.getAttribute('aria-label') || one.textContent;
        const name = said.trim().replace(/\\s+/g, ' ');
        const form = one.form && !one.getAttribute('href') ? new FormData(one.form) : null;
        const sent = form ? new URLSearchParams(form).toString() + one.form.action : '';
        const leads = one.getAttribute('href') || sent + one.value;
        named.set(name, (named.get(name) || new Set()).add(leads));
    }
    return [...named].filter(([, leads]) => leads.size > 1).map(([name]) => name);
}"""
SMALL = """() => [...document.querySelectorAll('main a, main button, main input, main select')]
  .filter((one) => one.checkVisibility() && !one.closest('p, li, blockquote, dd, td, cite, h3'))
  .filter((one) => one.getBoundingClientRect().height && one.getBoundingClientRect().height < 24)
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", [768, 360])
def test_nothing_sticks_out(signed_in, width):
    page = signed_in(Role.ADMIN, viewport={"width": width, "height": 900}).page
    for address in (
        "/",
        "/admin/accounts",
        "/admin/audit",
        COMPARED,
        PRACTICE,
        PRESS,
        ANSWERED,
        REFUSED,
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert page.evaluate(OVERFLOWING) == [], address


def test_the_menu_of_a_phone_opens_without_scripts_and_leaves_room(chromium, server):
    context = open_context(chromium, server, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto("/practices")
    assert page.locator(".site-header").bounding_box()["height"] < PHONE["height"] / 5
    expect(page.get_by_role("link", name="Raccolte")).to_be_hidden()
    page.get_by_text("Menù").click()
    page.get_by_role("link", name="Raccolte").click()
    expect(page).to_have_url(server.url + "/collections")
    context.close()


@pytest.mark.parametrize("role", Role)
def test_the_header_of_a_phone_is_under_a_fifth_for_every_role(signed_in, role):
    page = signed_in(role, viewport=PHONE).page
    for address in ("/", "/practices"):
        page.goto(address)
        assert page.locator(".site-header").bounding_box()["height"] < PHONE["height"] / 5
    menu = page.locator(".site-menu")
    menu.locator("summary").click()
    assert page.locator(".site-header").bounding_box()["height"] < PHONE["height"] / 5
    expect(menu.get_by_role("link").last).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link").last).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_the_first_result_is_a_few_keys_away(window):
    page = window.page
    page.goto(ANSWERED)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Vai ai risultati")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.hit h3 a')")


@pytest.mark.parametrize("address", [ANSWERED, REFUSED, PRACTICE, "/practices", "/collections"])
def test_what_leads_elsewhere_is_called_otherwise(signed_in, address):
    page = signed_in(Role.CURATOR).page
    page.goto(address)
    assert page.evaluate(SAME_NAMES) == []


def test_targets_are_large_enough(signed_in):
    page = signed_in(Role.OFFICER).page
    for address in (ANSWERED, REFUSED, PRACTICE, COMPARED, "/practices"):
        page.goto(address)
        assert page.evaluate(SMALL) == [], address


def test_the_current_page_is_recognised_in_forced_colours(chromium, server):
    context = open_context(chromium, server, forced_colors="active")
    page = context.new_page()
    page.goto("/practices")
    line = "(one) => getComputedStyle(one).borderBottomColor"
    current = page.locator(".site-nav a[aria-current]:visible")
    other = page.locator(".site-nav a:not([aria-current]):visible").first
    assert current.evaluate(line) != other.evaluate(line)
    ground = page.locator("body").evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert other.evaluate(line) == ground
    context.close()


def test_paper_keeps_marks_and_leaves_out_what_is_pressed(window):
    page = window.page
    for address in (ANSWERED, COMPARED, PRACTICE, "/practices"):
        page.goto(address)
        page.emulate_media(media="print")
        pressed = page.locator("button:visible, input:visible, select:visible, .btn:visible")
        assert [one.evaluate("one => one.outerHTML") for one in pressed.all()] == [], address
        page.emulate_media(media="screen")
    page.goto(ANSWERED)
    page.emulate_media(media="print")
    style = page.locator("mark:visible").first.evaluate(
        "(one) => [getComputedStyle(one).textDecorationLine, "
        "getComputedStyle(one).printColorAdjust]"
    )
    assert style == ["underline", "exact"]
