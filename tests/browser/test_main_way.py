"""From a document to an answer with its page, as a person goes: upload, progress, search, Back."""

import re

import pytest
from playwright.sync_api import expect

from kb.access import Role

pytestmark = pytest.mark.browser

QUESTION = "Quanto è calato il prezzo del pasto con una cucina scolastica comune?"
ANSWER = "The price of a school meal fell from 6.20 euro to 4.90 euro"


@pytest.fixture
def uploaded(signed_in, report):
    """The report, uploaded through the page (again, when an earlier test did: it is the same)."""
    window = signed_in(Role.RESEARCHER)
    page = window.page
    page.goto("/upload")
    page.set_input_files("#file", report)
    expect(page.locator("[data-chosen] li")).to_have_text(report.name)
    page.fill("#publisher", "Example Press")
    page.check("#theme-public-administration")
    page.get_by_role("button", name="Carica").click()
    job = page.locator(".job")
    expect(job).to_have_class(re.compile("job-ready"), timeout=120_000)
    assert job.get_attribute("hx-trigger") is None
    return window


def test_upload_to_answer_to_page_and_back(uploaded):
    page = uploaded.page
    assert "/upload/progress?id=" in page.url

    page.get_by_role("link", name="Cerca", exact=True).click()
    page.fill("#question", QUESTION)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=Quanto"))
    expect(page).to_have_title(re.compile("^Quanto"))
    hit = page.locator(".hit-document").first
    expect(hit.locator("blockquote").first).to_have_attribute("lang", "en")
    expect(hit.locator("mark", has_text=ANSWER).first).to_be_visible()
    expect(page.locator("#status")).not_to_be_empty()

    hit.get_by_role("link", name="Pagina 2").first.click()
    expect(page).to_have_url(re.compile(r"/documents/[^/]+/pages/2\?passage="))
    expect(page.locator("mark#passage")).to_contain_text(ANSWER)
    assert page.locator("svg rect.highlight").count() >= 1
    assert page.evaluate(
        "fetch(document.querySelector('svg image').href.baseVal).then(r => r.status)"
    ) == 200  # fmt: skip

    page.go_back()
    expect(page.locator(".hit-document mark", has_text=ANSWER).first).to_be_visible()
    expect(page.locator("header.site-header")).to_be_visible()
    assert page.input_value("#question") == QUESTION


def test_filters_change_the_address_and_back_undoes_them(uploaded):
    page = uploaded.page
    page.goto("/search?q=unione+di+comuni+spesa+corrente")
    everything = page.locator(".hit").count()
    page.check("#country-IT")
    expect(page).to_have_url(re.compile("country=IT"))
    expect(page.locator(".filter-chip")).to_contain_text("Italia")
    expect(page.locator(".hit")).not_to_have_count(everything)
    assert page.evaluate("document.activeElement.id") == "country-IT"
    page.go_back()
    expect(page.locator(".filter-chip")).to_have_count(0)
    expect(page.locator(".hit")).to_have_count(everything)
    expect(page.locator("header.site-header")).to_be_visible()


def test_without_javascript(signed_in, report, uploaded):
    page = signed_in(Role.RESEARCHER, java_script_enabled=False).page
    page.goto("/upload")
    page.set_input_files("#file", report)
    page.get_by_role("button", name="Carica").click()
    expect(page.locator(".job-ready")).to_be_visible()
    page.goto("/")
    page.fill("#question", QUESTION)
    page.get_by_role("search").get_by_role("button").click()
    page.get_by_label(re.compile("Documenti")).check()
    page.get_by_role("button", name="Applica i filtri").click()
    expect(page).to_have_url(re.compile("kind=document"))
    page.get_by_role("link", name="Pagina 2").first.click()
    expect(page.locator("mark#passage")).to_contain_text(ANSWER)
    page.get_by_role("link", name="Successiva").click()
    expect(page).to_have_url(re.compile("/pages/3"))


def test_the_original_is_an_attachment(uploaded):
    page = uploaded.page
    page.locator(".job-title a").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Scarica l'originale")).click()
    assert download.value.suggested_filename == "shared-kitchens.pdf"


def test_a_file_that_cannot_be_read_says_why(signed_in, tmp_path):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing of a PDF follows")
    page = signed_in(Role.RESEARCHER).page
    page.goto("/upload")
    page.set_input_files("#file", broken)
    page.get_by_role("button", name="Carica").click()
    expect(page.locator(".job-failed")).to_contain_text("PDF", timeout=60_000)
    assert page.locator(".job-failed").get_attribute("hx-trigger") is None
    assert page.evaluate("document.activeElement.id") == "progress-title"
