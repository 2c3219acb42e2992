"""An officer's day: a question, places like mine, side by side, a worksheet, a memo to hand on."""

import io
import re
import shutil
import subprocess

import docx
import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kb.access import Role
from tests.browser.conftest import open_context

pytestmark = pytest.mark.browser

QUESTION = "Conviene unire i comuni piccoli per spendere meno?"
NOTE = "L’unione dell’Amiata c’è già: 8 comuni."
WIDTHS = (1280, 360, 320)


def is_fine(page):
    """axe finds nothing, and nothing sticks out at any width."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found] == []
    page.set_viewport_size({"width": 1280, "height": 900})


def choose_place_by_keyboard(page, typed):
    """Types the beginning of a name and takes the first suggestion, with Tab and Enter."""
    page.focus("#own-place")
    page.keyboard.type(typed)
    choice = page.locator("#place-options .choice")
    expect(choice).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(choice).to_be_focused()
    page.keyboard.press("Enter")


def downloaded(page, name):
    with page.expect_download() as download:
        page.get_by_role("link", name=name, exact=True).click()
    return download.value.path().read_bytes()


def text_of(pdf):
    if not shutil.which("pdftotext"):
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    done = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def test_from_a_question_to_a_memo_for_the_council(signed_in):
    page = signed_in(Role.OFFICER).page
    page.goto("/search")
    page.fill("#question", QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    look_from_the_own_place(page)
    put_side_by_side(page)
    fill_in_a_worksheet(page)
    page.get_by_role("link", name="Le mie schede di trasferimento").first.click()
    expect(page.locator(".worksheets")).to_contain_text("Castel del Piano")
    is_fine(page)


def look_from_the_own_place(page):
    """Results say why; the lens and the influence of likeness change the address."""
    page.locator(".viewpoint summary").click()
    choose_place_by_keyboard(page, "castel del p")
    expect(page.locator(".viewpoint summary")).to_contain_text("Castel del Piano")
    assert page.input_value("#question") == QUESTION
    similarity = page.locator(".hit-practice .similarity").first
    expect(similarity).to_contain_text(re.compile(r"(simile|diverso): "))
    expect(similarity).to_contain_text(re.compile(r"in base a \d+ dati su 11"))
    similarity.locator("summary").click()
    expect(similarity.get_by_role("columnheader", name="Confronto")).to_be_visible()

    page.locator(".viewpoint summary").click()
    page.select_option("#lens", "demographic")
    expect(page).to_have_url(re.compile("lens=demographic"))
    page.focus("#influence")
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile(r"influence=1(\D|$)"))
    expect(page.locator(".hit").first).to_be_visible()


def put_side_by_side(page):
    """Two practices and the own municipality, taken along as Word and PDF."""
    page.locator(".hit-practice").get_by_label(re.compile("^Confronta")).first.check()
    expect(page.locator("#tray")).to_contain_text("1 pratica scelta")
    page.goto("/compare/chosen")
    expect(page.locator("h1")).to_have_text("Fianco a fianco")
    page.select_option("#another", index=0)
    page.get_by_role("button", name="Aggiungi", exact=True).click()
    headings = page.locator(".compare-table thead th")
    expect(headings).to_have_count(3)
    page.get_by_role("link", name="Aggiungi Castel del Piano come colonna").click()
    expect(headings).to_have_count(4)
    expect(page.locator(".compare-table tbody")).to_contain_text("non riportato")
    is_fine(page)
    titles = page.locator(".compare-table thead th > a:first-child").all_inner_texts()
    memo = docx.Document(io.BytesIO(downloaded(page, "Word (DOCX)")))
    heads = [[cell.text for cell in table.rows[0].cells] for table in memo.tables]
    assert titles in [head[1:] for head in heads], "the municipality has a table of its own"
    printed = text_of(downloaded(page, "PDF"))
    assert "[1]" in printed
    assert "https://" in printed


def fill_in_a_worksheet(page):
    """From the practice to its worksheet, one condition answered, printed with the note."""
    page.locator(".compare-table thead a").first.click()
    page.get_by_role("link", name=re.compile("Compila una scheda")).click()
    page.get_by_role("button", name="Comincia per Castel del Piano").click()
    first = page.locator(".condition").first
    first.get_by_label("presente").check()
    first.get_by_role("textbox").fill(NOTE)
    page.get_by_role("button", name="Salva").click()
    expect(page.get_by_role("status").first).to_contain_text("Salvato")
    expect(page.locator("#worksheet-counts")).to_contain_text("presente: 1")
    is_fine(page)
    assert NOTE in text_of(downloaded(page, "PDF")).replace("\n", " ")


@pytest.mark.parametrize("address", ["/places?q=siena", "/activities?q=software", "/compare"])
def test_the_pages_of_the_way_are_accessible(window, address):
    window.page.goto(address)
    is_fine(window.page)


def test_the_way_without_script(chromium, server):
    """The same choices, sent as forms."""
    context = open_context(chromium, server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/search?q=unione+di+comuni+risparmio")
    page.locator(".viewpoint summary").click()
    page.fill("#own-place", "siena")
    page.locator("#own-place + button").click()
    page.get_by_role("button", name=re.compile("^Siena")).click()
    expect(page).to_have_url(re.compile(r"/search\?q=unione"))
    expect(page.locator(".viewpoint summary")).to_contain_text("Siena")
    page.locator(".viewpoint summary").click()
    page.select_option("#lens", "economic")
    page.get_by_role("button", name="Confronta", exact=True).first.click()
    expect(page).to_have_url(re.compile("lens=economic"))
    context.close()
