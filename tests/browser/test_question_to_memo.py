"""An officer's way from a question to a memo: three practices chosen in the results, compared."""

import io
import re

import docx
import pytest
from playwright.sync_api import expect

from kb.access import Role
from tests.browser.conftest import PHONE, open_context
from tests.browser.walk import Walk

pytestmark = pytest.mark.browser

QUESTION = "unione di comuni risparmio"
MOST_PAGES, MOST_INPUTS = 3, 7
"""The first screen, results, comparison; question, Enter, three boxes, compare, download."""


def test_three_practices_are_chosen_in_the_results_and_compared(signed_in):
    page = signed_in(Role.OFFICER).page
    walk = Walk(page)
    page.goto("/")
    walk.type(page.locator("#question"), QUESTION)
    walk.press("Enter")
    boxes = page.locator(".choose input[type=checkbox]")
    for number in range(3):
        walk.click(boxes.nth(number))
        expect(page.locator("#tray [data-chosen]")).to_have_count(number + 1)
    walk.click(page.get_by_role("link", name="Confronta le scelte"))
    expect(page.locator(".compare-table thead th")).to_have_count(4)
    with page.expect_download() as download:
        walk.click(page.get_by_role("link", name="Word (DOCX)", exact=True))
    memo = docx.Document(io.BytesIO(download.value.path().read_bytes()))
    assert 4 in [len(table.rows[0].cells) for table in memo.tables]
    assert walk.pages <= MOST_PAGES
    assert walk.inputs <= MOST_INPUTS


def test_the_tray_stays_while_one_searches_on_and_gives_up_what_is_taken_out(window):
    page = window.page
    page.goto(f"/search?q={QUESTION}")
    first = page.locator(".choose input[type=checkbox]").first
    first.check()
    tray = page.locator("#tray")
    expect(tray).to_contain_text("1 pratica scelta: scegline un’altra")
    expect(page.locator("#status")).to_contain_text("1 pratica scelta")
    page.fill("#question", "fusioni di comuni in Danimarca")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("Danimarca"))
    expect(tray).to_contain_text("1 pratica scelta")
    tray.get_by_role("button", name=re.compile("^Rimuovi: ")).click()
    expect(tray).to_be_hidden()
    expect(page.locator(".choose input:checked")).to_have_count(0)


def test_keys_help_and_can_be_switched_off(window):
    page = window.page
    page.goto(f"/search?q={QUESTION}")
    focused = "document.activeElement.closest('.hit h3') && document.activeElement.textContent"
    page.keyboard.press("j")
    first = page.evaluate(focused)
    assert first
    page.keyboard.press("j")
    assert page.evaluate(focused) not in (None, first)
    page.keyboard.press("k")
    assert page.evaluate(focused) == first
    page.keyboard.press("c")
    expect(page.locator("#tray [data-chosen]")).to_have_count(1)
    page.keyboard.press("/")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("/jk")
    assert page.input_value("#question") == "/jk"
    page.get_by_text("Tasti rapidi").click()
    page.get_by_label("Usa questi tasti").uncheck()
    page.get_by_text("Tasti rapidi").focus()
    page.keyboard.press("/")
    expect(page.locator("#question")).not_to_be_focused()


def test_three_are_compared_without_scripts_and_filters_come_after_results(chromium, server):
    context = open_context(chromium, server, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/search?q={QUESTION}&kind=practice")
    top = page.locator(".hit").first.bounding_box()["y"]
    assert page.locator("#filters-fold").bounding_box()["y"] > top
    expect(
        page.get_by_role("link", name=re.compile(r"Filtra i risultati \(1 attivo\)"))
    ).to_be_visible()
    for number in range(3):
        page.locator(".choose input[type=checkbox]").nth(number).check()
    page.get_by_role("button", name="Confronta quelle spuntate").click()
    assert page.url.count("id=") == 3
    context.close()
