"""A reader turns the pages of a document, finds words in it and enlarges them."""

import re

import pytest
from lxml import html

from kb.access import Role
from tests.pdf_files import write_pdf

PAGES = (
    "The old mill of the village. A cooperative restored the mill. " * 3,
    "Costs: the mill cost 40,000 euro. Elsewhere there is café society.",
    "Nothing about it here, only a windmill in the distance.",
    "",
    "The MILL again.",
)


@pytest.fixture(scope="module")
def documents():
    """Ids of the documents of this module, by name."""
    return {}


@pytest.fixture
def mills(documents, researcher, work):
    """A PDF of five pages for members only, and notes of one section for everybody."""
    if not documents:
        files = (
            ("mills.pdf", write_pdf(PAGES), "members"),
            ("notes.md", b"# Notes\n\nA mill.", "public"),
        )
        for name, content, visibility in files:
            answer = researcher.post(
                "/api/v1/documents", files={"file": (name, content)},
                data={"visibility": visibility},
            )  # fmt: skip
            documents[name] = f"/documents/{answer.json()['id']}"
        work()
    return documents["mills.pdf"]


def text_of(element):
    return " ".join(element.text_content().split())


def test_a_page_is_reached_by_its_number(researcher, mills):
    page = html.fromstring(researcher.get(f"{mills}/pages/2").text)
    [field] = page.xpath("//input[@name='number']")
    assert field.get("value") == "2"
    assert text_of(page.get_element_by_id("page-last")) == "di 5"
    answer = researcher.get(f"{mills}/pages?number=%205&q=mill", follow_redirects=False)
    assert answer.headers["location"] == f"{mills}/pages/5?q=mill"
    for wrong in ("6", "0", "-1", "x", "9" * 90, "²"):
        answer = researcher.get(f"{mills}/pages", params={"number": wrong})
        assert answer.status_code == 422
        assert f"La pagina «{wrong}» non esiste: scrivi un numero da 1 a 5." in answer.text


def test_all_pages_have_thumbnails(researcher, mills, documents):
    page = html.fromstring(researcher.get(f"{mills}/pages").text)
    sources = page.xpath("//ol[contains(@class, 'page-tiles')]//img/@src")
    assert len(sources) == 5
    answer = researcher.get(sources[0])
    assert answer.headers["content-type"] == "image/webp"
    assert len(answer.content) < len(researcher.get(f"{mills}/pages/1/image").content)
    beside = html.fromstring(researcher.get(f"{mills}/pages/5").text)
    near = beside.xpath("//nav[@class='near-pages']//a")
    assert [text_of(one)[-1] for one in near] == ["2", "3", "4", "5"]
    assert near[-1].get("aria-current") == "page"
    notes = documents["notes.md"]
    assert "A mill." in researcher.get(f"{notes}/pages").text
    assert researcher.get(f"{notes}/pages/1/thumbnail").status_code == 404


def test_nothing_is_shown_to_who_may_not_see_it(client, sign_in, mills):
    client.cookies.clear()
    for end in ("", "?q=mill", "/1/thumbnail", "/1?q=mill"):
        assert client.get(f"{mills}/pages{end}").status_code == 404
    assert sign_in(Role.MEMBER).get(f"{mills}/pages?q=mill").status_code == 200


def test_words_are_found_page_by_page_in_their_context(researcher, mills):
    page = html.fromstring(researcher.get(f"{mills}/pages?q=Mill").text)
    [said] = page.xpath("//h2[@role='status']")
    assert text_of(said) == "«Mill»: 8 occorrenze in 3 pagine"
    rows = page.xpath("//ol[contains(@class, 'found-pages')]/li")
    assert [text_of(row.find(".//h3")) for row in rows] == [
        "Pagina 1 6 occorrenze", "Pagina 2", "Pagina 5",
    ]  # fmt: skip
    assert "The old mill of the village." in text_of(rows[0])
    assert "Un’altra in questa pagina" in text_of(rows[0])
    assert rows[1].xpath(".//mark/text()") == ["mill"]
    assert rows[2].xpath(".//a[@class='found-words']/@href") == [
        f"{mills}/pages/5?q=Mill&hit=8#passage"
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("cafe", "«cafe»: un’occorrenza in una pagina"),
        ("euro mill", "Le parole non si trovano mai di seguito"),
        ("ndmil", "Nessuna parola comincia così"),
        ("tractor", "«tractor» non c’è in questo documento"),
        ("...", "«...» non c’è in questo documento"),
        ("<zz>%_", "«<zz>%_» non c’è in questo documento"),
    ],
)
def test_what_is_said_of_other_words(researcher, mills, words, said):
    page = html.fromstring(researcher.get(f"{mills}/pages", params={"q": words}).text)
    assert said in text_of(page)


def test_one_goes_from_occurrence_to_occurrence(researcher, mills):
    page = html.fromstring(researcher.get(f"{mills}/pages/1?q=mill&hit=6").text)
    assert "«mill»: occorrenza 6 di 8" in text_of(page)
    marks = page.xpath("//div[@class='verbatim']//mark")
    assert [mark.text for mark in marks] == ["mill"] * 6
    assert [mark.get("id") for mark in marks] == [None] * 5 + ["passage"]
    assert len(page.xpath("//*[@class='highlight']")) == 6
    links = page.xpath("//div[@class='occurrences']//a/@href")
    assert links[:2] == [
        f"{mills}/pages/1?q=mill&hit=5#passage", f"{mills}/pages/2?q=mill&hit=7#passage",
    ]  # fmt: skip
    turn = page.xpath("//nav[@class='page-turn']//a[@rel='next']/@href")
    assert turn == [f"{mills}/pages/2?q=mill"]
    none = html.fromstring(researcher.get(f"{mills}/pages/3?q=mill").text)
    assert "«mill» non è in questa pagina" in text_of(none)
    links = none.xpath("//div[@class='occurrences']//a/@href")
    assert re.findall(r"hit=(\d)", " ".join(links)) == ["7", "8"]


def test_the_size_is_kept(researcher, mills):
    def sheet(address):
        page = html.fromstring(researcher.get(address).text)
        [figure] = page.xpath("//figure[contains(@class, 'sheet')]")
        return figure.get("class"), page.xpath("//div[@class='sheet-tools']//a/@href")

    assert sheet(f"{mills}/pages/1") == ("sheet zoom-100", ["?zoom=150"])
    assert sheet(f"{mills}/pages/1?zoom=300&q=mill") == ("sheet zoom-300", ["?q=mill&zoom=200"])
    assert sheet(f"{mills}/pages/2") == ("sheet zoom-300", ["?zoom=200"])
    assert sheet(f"{mills}/pages/2?quote=the+mill")[1] == ["?quote=the+mill&zoom=200"]
    for odd in ("7", "0", "101"):
        assert sheet(f"{mills}/pages/2?zoom={odd}")[0] == "sheet zoom-300"
    larger = researcher.get(f"{mills}/pages/2/image?zoom=300")
    assert larger.headers["content-type"] == "image/webp"
    sheet(f"{mills}/pages/1?zoom=100")
