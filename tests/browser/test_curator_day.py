"""A curator makes a collection: adds from a page and from results, sections, order, publishing."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kb.access import Role

pytestmark = pytest.mark.browser

TITLE = "Mettersi insieme: che cosa resta"
ADDRESS = "/collections/mettersi-insieme-che-cosa-resta"


def names(page):
    return page.locator(".arrange-item .arrange-name a").all_inner_texts()


def expect_order(page, *titles):
    expect(page.locator(".arrange-item .arrange-name a")).to_have_text(list(titles))


def settled(page):
    """Wait until the form that came back is in its place."""
    busy = page.locator(".htmx-request, .htmx-swapping, .htmx-settling")
    expect(busy).to_have_count(0)


def is_fine(page):
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found] == []
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def collection(signed_in):
    """A draft with three items, each added in place."""
    page = signed_in(Role.CURATOR).page
    page.goto("/collections")
    page.get_by_role("link", name="Nuova raccolta").click()
    is_fine(page)
    page.fill("#title", TITLE)
    page.fill("#argument", "**Insieme** si spende *diversamente*.")
    expect(page.locator("[data-words-of=argument]")).to_contain_text("4 parole")
    page.get_by_role("button", name="Anteprima").click()
    expect(page.locator("#preview strong")).to_have_text("Insieme")
    page.get_by_role("button", name="Salva").click()
    expect(page).to_have_url(re.compile(ADDRESS + "/contents$"))

    page.goto("/search?q=unione+di+comuni+risparmio")
    for n in range(3):
        hit = page.locator(".hit").nth(n)
        hit.get_by_role("link", name="Aggiungi a una raccolta").click()
        form = hit.locator(".add-form")
        form.get_by_label("Raccolta").select_option(label=f"{TITLE} (bozza)")
        form.get_by_label("Perché è qui").fill(f"Nota {n}")
        if n == 0:
            is_fine(page)
        form.get_by_role("button", name="Aggiungi").click()
        expect(hit.locator(".added")).to_contain_text("Aggiunto")
    page.goto(ADDRESS + "/contents")
    expect(page.locator(".arrange-item")).to_have_count(3)
    yield page
    page.goto(ADDRESS + "/delete")
    page.get_by_role("button", name="Sì, eliminala").click()
    expect(page).to_have_url(re.compile("/collections$"))


def test_order_by_keyboard_keeps_the_focus_and_is_announced(collection):
    page = collection
    first, second, third = names(page)
    page.fill("#new_section", "Le prove")
    page.get_by_role("button", name="Aggiungi la sezione").click()
    expect(page.locator("#contents-status")).to_contain_text("Le prove")
    expect(page.locator(".arrange-section")).to_have_count(1)
    settled(page)

    down = page.get_by_role("button", name=f"Sposta «{third}» in giù")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#contents-status")).to_contain_text("nella sezione «Le prove»")
    settled(page)
    expect_order(page, first, second, third)
    expect(page.get_by_role("button", name=f"Sposta «{third}» in giù")).to_be_focused()

    page.locator("textarea").first.fill("Nota nuova")
    up = page.get_by_role("button", name=f"Sposta «{second}» in su")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#contents-status")).to_contain_text("riga 1 di 4")
    settled(page)
    expect_order(page, second, first, third)
    assert page.locator(".arrange-item textarea").nth(1).input_value() == "Nota nuova"
    expect(page.get_by_role("button", name=f"Sposta «{second}» in su")).to_be_focused()
    is_fine(page)
    page.reload()
    expect_order(page, second, first, third)


def test_order_by_drag_is_kept(collection):
    page = collection
    first, second, third = names(page)
    page.set_viewport_size({"width": 1280, "height": 1400})
    handle = page.locator("[data-drag]").nth(2).bounding_box()
    target = page.locator(".arrange-item").first.bounding_box()
    page.mouse.move(handle["x"] + 8, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(handle["x"] + 8, target["y"] + 60, steps=8)
    page.mouse.move(handle["x"] + 8, target["y"] + 4, steps=4)
    expect(page.locator(".dragging")).to_have_count(1)
    page.mouse.up()
    expect(page.locator("#contents-status")).to_contain_text("riga 1 di 3")
    settled(page)
    expect_order(page, third, first, second)
    page.reload()
    expect_order(page, third, first, second)


def test_removing_asks_and_publishing_shows_it_to_everybody(collection, context):
    page = collection
    kept = names(page)[1:]
    page.locator(".confirm summary").first.click()
    page.get_by_role("button", name="Sì, rimuovi").first.click()
    expect(page.locator(".arrange-item")).to_have_count(2)
    expect_order(page, *kept)
    stranger = context.new_page()
    assert stranger.goto(ADDRESS).status == 404
    page.get_by_role("link", name="Che cosa dice").click()
    is_fine(page)
    page.check("#state-published")
    page.get_by_role("button", name="Salva").click()
    expect(page.get_by_role("status")).to_contain_text("Salvato")
    stranger.goto(ADDRESS)
    expect(stranger.locator("h1")).to_have_text(TITLE)
    assert stranger.locator(".entries h3").all_inner_texts() == kept
    is_fine(stranger)


def test_without_scripts_every_button_works(signed_in):
    page = signed_in(Role.CURATOR, java_script_enabled=False).page
    page.goto("/collections/new")
    page.fill("#title", "Senza script")
    page.get_by_role("button", name="Salva").click()
    practice = "/practices/unioni-comuni-emilia-romagna"
    for address in (practice, "/practices/danimarca-fusioni-2007"):
        page.goto(address)
        page.get_by_role("link", name="Aggiungi a una raccolta").click()
        page.get_by_label("Raccolta").select_option(label="Senza script (bozza)")
        page.get_by_role("button", name="Aggiungi").click()
        expect(page).to_have_url(re.compile("/collections/senza-script/contents#row-"))
    expect(page.locator(".arrange-item")).to_have_count(2)
    first, second = names(page)
    page.get_by_role("button", name=f"Sposta «{second}» in su").click()
    expect_order(page, second, first)
    page.goto("/collections/senza-script/delete")
    page.get_by_role("button", name="Sì, eliminala").click()
