"""A member's day: collections, a question within one, its dossier to print, its feed."""

import io
import re
import shutil
import subprocess

import pytest
from lxml import etree
from playwright.sync_api import expect
from pypdf import PdfReader

from kb.access import Role
from tests.browser.conftest import COLLECTION
from tests.browser.walk import Walk

pytestmark = pytest.mark.browser

MOST_PAGES = 2
"""From the first screen to the dossier; questions within a collection load no page."""
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def members_only(signed_in):
    """The curator keeps the collection for members, and opens it to everybody again."""
    page = signed_in(Role.CURATOR).page

    def keep_for(visibility):
        page.goto(f"/collections/{COLLECTION}/edit")
        page.check(f"#visibility-{visibility}")
        page.get_by_role("button", name="Salva").click()
        expect(page.get_by_role("status")).to_contain_text("Salvato")

    keep_for("members")
    yield
    keep_for("public")


def test_from_a_collection_to_its_dossier_and_its_feed(members_only, signed_in, context):
    stranger = context.new_page()
    assert stranger.goto(f"/collections/{COLLECTION}").status == 404

    page = signed_in(Role.MEMBER).page
    walk = Walk(page)
    menu = page.get_by_role("navigation", name="Principale")
    walk.click(menu.get_by_role("link", name="Raccolte"))
    card = page.locator(".card-collection").first
    expect(card).to_contain_text("Solo i soci")
    walk.click(card.get_by_role("link"))
    expect(page.locator("h1")).to_contain_text("Unioni e fusioni")

    page.fill("#within-question", "Quanti comuni restarono dopo la riforma delle fusioni del 2007?")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=Quanti"))
    hits = page.locator("#within .hit")
    expect(page.locator("#within .hit mark").first).to_be_visible()
    assert hits.count() <= page.locator(".entries > li").count()

    with page.expect_download() as download:
        walk.click(page.get_by_role("link", name=re.compile("Dossier da stampare")))
    assert walk.pages <= MOST_PAGES
    content = download.value.path().read_bytes()
    text = printed(content)
    for entry in page.locator(".entries h3").all_inner_texts():
        assert entry in text
    assert "Risultati misurati" in text
    assert "Fonti" in text

    feed = page.get_by_role("link", name=re.compile("feed Atom")).get_attribute("href")
    assert page.request.get(feed).status == 404, "a session's cookie opens no feed"
    everything = page.request.get("/feed.atom")
    entries = etree.fromstring(everything.body()).findall(ATOM + "entry")
    assert entries
    assert COLLECTION not in everything.text()
    links = [entry.find(ATOM + "link").get("href") for entry in entries]
    assert page.goto(links[0]).status == 200


def printed(content):
    """The text of the dossier, as programs read it that did not write it."""
    with PdfReader(io.BytesIO(content)) as reader:
        assert reader.metadata.title.startswith("Unioni e fusioni")
        pages = [page.extract_text() for page in reader.pages]
    if shutil.which("pdftotext"):
        done = subprocess.run(
            ["pdftotext", "-", "-"], input=content, capture_output=True, check=True
        )
        pages = [done.stdout.decode()]
    return " ".join(" ".join(pages).split())
