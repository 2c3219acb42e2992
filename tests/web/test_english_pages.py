"""Pages in English name things in English, wherever the data has English words for them."""

import html
import io
import re
from urllib.parse import urlsplit

import pytest
from pypdf import PdfReader

from kb.access import Role
from kb.corpus.card_files import load_corpus
from kb.corpus.loading import CORPUS
from tests.web.conftest import CARDS, COLLECTIONS

ENGLISH = {"Accept-Language": "en"}
READERS = (None, Role.MEMBER, Role.OFFICER, Role.RESEARCHER, Role.CURATOR, Role.ADMIN)
FIRST, SECOND = "contarina-tariffa-puntuale", "danimarca-fusioni-2007"
SINALUNGA = "052033"
ASKED = "mergers of municipalities in Denmark"
SEEDS = (
    "/", "/practices", "/documents", "/collections", "/about/corpus", "/credits", "/contribute",
    f"/search?q={ASKED}", f"/search?q={ASKED}&place={SINALUNGA}", "/search?q=xyzzy+quux",
    f"/practices/{FIRST}", f"/compare?id={FIRST}&id={SECOND}&place={SINALUNGA}",
    f"/collections/{{collection}}?q={ASKED}", f"/places?back=/practices/{FIRST}",
    f"/worksheets/new?practice={FIRST}", "/worksheets", "/questions", "/drafts",
    "/drafts/to-check", "/review", f"/practices/{FIRST}/edit", f"/practices/{FIRST}/history",
    f"/collections/add?item={FIRST}", "/collections/{collection}/edit",
    "/collections/{collection}/contents", "/collections/{collection}/delete", "/admin/accounts",
    "/admin/audit", "/unanswered", "/work", "/account",
)  # fmt: skip
NOT_FOLLOWED = re.compile(r"/static/|/api/|references\.|\.pdf|\.docx|\.csv|/original|/image|/cover")
UNQUOTED = re.compile(
    r"<(script|style|blockquote|textarea)\b.*?</\1>|<[^>]*\bhreflang=[^>]*>", re.DOTALL
)


@pytest.fixture(scope="module")
def corpus():
    return load_corpus(CORPUS)


@pytest.fixture(scope="module")
def italian(corpus):
    """Titles that have an English form, in Italian."""
    rows = [one for one in corpus.practices if one.id in CARDS]
    rows += [one for one in corpus.collections if one.id in COLLECTIONS]
    return {one.title for one in rows if one.title_en and one.title_en != one.title}


def words_of(page):
    """The text of a page as read, without what it quotes or lets one type."""
    text = UNQUOTED.sub(" ", page)
    labels = " ".join(re.findall(r'(?:aria-label|alt|title)="([^"]*)"', text))
    return " ".join(html.unescape(f"{re.sub('<[^>]+>', '', text)} {labels}").split())


def kind_of(url):
    """The address without what names one thing: pages of a kind are read once."""
    parts = urlsplit(url)
    path = re.sub(
        r"/(?:[0-9a-f]{8}-[0-9a-f-]{27}|[a-z0-9]+(?:-[a-z0-9]+)+)(?=/|$)", "/*", parts.path
    )
    return path, tuple(sorted(re.findall(r"(\w+)=", parts.query)))


@pytest.mark.parametrize("role", READERS)
def test_english_pages_show_english_titles(role, searcher, searcher_as, corpus, italian):
    if role:
        searcher_as(role)
    collection = COLLECTIONS[1]
    if role in (Role.OFFICER, Role.RESEARCHER):
        searcher.post("/worksheets", data={"practice": FIRST, "place": SINALUNGA})
    if role is Role.RESEARCHER:
        searcher.post(f"/practices/{FIRST}/edit")
    queue = [seed.format(collection=collection) for seed in SEEDS]
    seen, found = set(), {}
    while queue:
        url = queue.pop(0)
        if kind_of(url) in seen or NOT_FOLLOWED.search(url):
            continue
        seen.add(kind_of(url))
        answer = searcher.get(url, headers=ENGLISH)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        text = words_of(answer.text)
        if titles := sorted(title for title in italian if title in text):
            found[url] = titles
        links = re.findall(r'<a[^>]+href="(/[^"#]*)', answer.text)
        queue += [html.unescape(link) for link in links if "text=it" not in link]
    assert len(seen) > 20
    assert found == {}


def test_feeds_and_references_have_english_titles(searcher, corpus, italian):
    collection = COLLECTIONS[1]
    for url in (
        "/feed.atom", f"/collections/{collection}/feed.atom",
        f"/practices/{FIRST}/references.bib", f"/collections/{collection}/references.csv",
        f"/search/references.ris?q={ASKED}", f"/compare.csv?id={FIRST}&id={SECOND}",
    ):  # fmt: skip
        text = html.unescape(searcher.get(url, headers=ENGLISH).text)
        assert [title for title in italian if title in text] == [], url


def test_papers_have_english_titles(searcher, corpus, italian):
    collection = COLLECTIONS[1]
    for url in (f"/collections/{collection}/dossier.pdf", f"/compare.pdf?id={FIRST}&id={SECOND}"):
        pages = PdfReader(io.BytesIO(searcher.get(url, headers=ENGLISH).content)).pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        assert [title for title in italian if title in text] == [], url


def test_a_place_that_is_a_country_has_its_english_name(searcher):
    for url in (f"/practices/{SECOND}", f"/search?q={ASKED}", f"/compare?id={SECOND}"):
        text = words_of(searcher.get(url, headers=ENGLISH).text)
        assert "Denmark" in text
        assert "Danimarca, Denmark" not in text


def test_italian_pages_keep_italian_titles(searcher, corpus):
    text = words_of(searcher.get(f"/practices/{SECOND}").text)
    assert next(one.title for one in corpus.practices if one.id == SECOND) in text
