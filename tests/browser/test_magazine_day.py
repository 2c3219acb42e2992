"""An issue composed, approved by a second person, published, read, and got by mail until left."""

import contextlib
import os
import re
import shutil
import subprocess
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kb.access import Role
from tests.browser.conftest import LONG_S, open_context, serve_for_all_roles
from tests.kb_command import KB, ROOT

pytestmark = pytest.mark.browser

CARD = "besancon-compostaggio-diffuso"
PUBLIC = "http://localhost"


@pytest.fixture(scope="module")
def server(tmp_path_factory, sink):
    """The program with one card and a mail server, on a base of its own."""
    folder = tmp_path_factory.mktemp("magazine")
    mail = {"KB_SMTP_URL": sink.url, "KB_PUBLIC_URL": PUBLIC}
    environment = {**os.environ, **mail, "KB_DATA_DIR": str(folder / "data")}
    (folder / "corpus" / "practices").mkdir(parents=True)
    shutil.copy(ROOT / "corpus" / "practices" / f"{CARD}.md", folder / "corpus" / "practices")
    load = [*KB, "corpus", "load", str(folder / "corpus")]
    subprocess.run(load, env=environment, check=True, cwd=ROOT)
    with serve_for_all_roles(folder, environment) as running:
        running.wait_for_jobs()
        yield running


def is_fine(page):
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found] == []
    page.set_viewport_size({"width": 1280, "height": 900})


def await_mail(sink, count):
    """The mail that arrived as number ``count``, from 1."""
    return sink.wait_for(lambda mail: sink.received.index(mail) == count - 1, LONG_S)


def link_in(mail, word):
    text = mail.get_body(("plain",)).get_content()
    return re.search(rf"{PUBLIC}(/magazine/{word}/[\w-]+)", text)[1]


def _take_by_drag_and_by_key(curator):
    """Take news by dragging them into the issue, remove them again, and take them by key."""
    curator.locator("[data-take]").first.drag_to(curator.locator("#title"))
    expect(curator.locator(".arrange-item")).to_have_count(1)
    curator.locator(".arrange-item summary").click()
    curator.get_by_role("button", name="Sì, rimuovi").click()
    expect(curator.locator(".arrange-item")).to_have_count(0)
    curator.get_by_role("button", name=re.compile("^Prendi")).first.focus()
    curator.keyboard.press("Enter")


def test_an_issue_from_the_first_line_to_the_last_mail(signed_in, server, sink, chromium):
    curator = signed_in(Role.CURATOR).page
    curator.goto("/magazine")
    curator.get_by_role("button", name="Nuovo numero").click()
    curator.fill("#title", "Che cosa resta")
    _take_by_drag_and_by_key(curator)
    expect(curator.locator(".arrange-item")).to_have_count(1)
    curator.fill("#new_note", "Una nota di chi scrive.")
    curator.get_by_role("button", name="Aggiungi la nota").click()
    curator.get_by_role("button", name="Sposta «Nota» in su").click()
    is_fine(curator)
    curator.fill("#editorial", "Perché **adesso**.")
    curator.get_by_role("button", name="Chiedi l’approvazione").click()
    expect(curator.get_by_text("Hai lavorato a questo numero")).to_be_visible()

    second = signed_in(Role.RESEARCHER, java_script_enabled=False).page
    second.goto("/magazine/1/preview")
    second.get_by_role("button", name="Approva questo numero").click()
    expect(second.get_by_text("Approvato da")).to_be_visible()

    curator.goto("/magazine/1/preview")
    is_fine(curator)
    curator.get_by_role("button", name=re.compile("^Pubblica")).click()
    expect(curator).to_have_url(server.url + "/magazine/1")
    is_fine(curator)

    with contextlib.closing(open_context(chromium, server)) as opened:
        reader = opened.new_page()
        reader.goto("/magazine")
        reader.get_by_role("link", name="Che cosa resta").click()
        expect(reader.locator("h1")).to_have_text("Che cosa resta")
        reader.get_by_role("link", name="Ricevi la rivista per e-mail").click()
        is_fine(reader)
        reader.fill("#address", "anna@example.org")
        reader.check("#consent")
        reader.get_by_role("button", name="Inviami il link").click()
        expect(reader.get_by_text("Guarda nella tua casella")).to_be_visible()
        reader.goto(link_in(await_mail(sink, 1), "confirm"))
        reader.get_by_role("button", name="Sì, inviameli").click()
        expect(reader.get_by_text("Confermato")).to_be_visible()

        curator.reload()
        curator.get_by_text("Invia a 1 indirizzo").click()
        curator.get_by_role("button", name="Sì, invia").click()
        issue = await_mail(sink, 2)
        assert "Perché adesso." in issue.get_body(("plain",)).get_content()
        leave = link_in(issue, "leave")
        reader.goto(leave)  # as a scanner would
        is_fine(reader)
        request = urllib.request.Request(
            server.url + leave, data=b"List-Unsubscribe=One-Click", method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        reader.goto(leave)
        expect(reader.get_by_text("il tuo indirizzo è cancellato")).to_be_visible()
