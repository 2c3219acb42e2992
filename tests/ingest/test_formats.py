"""Every format gives its text, its headings and what it says about itself."""

import io
import zipfile
from contextlib import closing

import openpyxl
import pptx
import pytest

from ingest.extract.registry import EXTRACTORS, extract
from ingest.extract.shared.about import title_of_file
from ingest.extract.shared.blocks import HeadingMark, cut_sections
from ingest.extract.sniff import DOCX, sniff
from ingest.extracted_item import Content
from ingest.processes.child_process import ProcessLimits
from ingest.processes.extract_child import ReadRequest, read_in
from ingest.processes.isolation import Child
from kb.domain import PageUnit, Verdict
from kb.messages import PermanentError
from kb.settings import Settings
from tests.kb.growth import assert_linear

SETTINGS = Settings(ocr=False)
PROSE = "Il Comune di Forlì ha ridotto i consumi perché ha cambiato le caldaie."


@pytest.fixture
def read(tmp_path):
    def from_bytes(name, data):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        seen = []
        extracted = extract(path, name, SETTINGS, lambda done, total: seen.append((done, total)))
        assert seen[-1] == (extracted.total_pages, extracted.total_pages)
        return extracted

    return from_bytes


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def saved(document):
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms='
    '"http://purl.org/dc/terms/"><dc:title>Patto per il clima</dc:title>'
    "<dc:creator>Anna Bianchi; marossi</dc:creator><dc:language>it-IT</dc:language>"
    "<dcterms:created>2021-05-04T10:00:00Z</dcterms:created></cp:coreProperties>"
)


def docx(body, styles="", extra=None):
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": f"<w:styles {W}>{styles}</w:styles>",
            "docProps/core.xml": CORE,
            **(extra or {}),
        }
    )


def paragraph(text, style="", more=""):
    properties = f'<w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>' if style or more else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


STYLES = (
    '<w:style w:styleId="Titolo1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Casa"><w:name w:val="Casa"/><w:basedOn w:val="Titolo1"/></w:style>'
    '<w:style w:styleId="Sommario1"><w:name w:val="toc 1"/></w:style>'
)


BULLETS = (
    f'<w:numbering {W}><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0">'
    '<w:numFmt w:val="bullet"/><w:lvlText w:val="-"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
)


def test_docx(read):
    table = "".join(
        f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in (("Anno", "Consumi"), ("2021", "38 MWh"))
    )
    body = (
        paragraph("Premessa ........ 3", "Sommario1")
        + paragraph("Premessa", "Titolo1")
        + paragraph(PROSE)
        + paragraph("Misure", "Casa")
        + paragraph("caldaie", "Elenco", '<w:numPr><w:numId w:val="1"/></w:numPr>')
        + f"<w:tbl>{table}</w:tbl>"
    )
    document = read("piano.docx", docx(body, STYLES, {"word/numbering.xml": BULLETS}))
    assert document.unit == PageUnit.SECTION
    assert [page.text for page in document.pages] == [
        f"Premessa\n\n{PROSE}\n\n",
        "Misure\n\n• caldaie\n\nAnno | Consumi\n2021 | 38 MWh",
    ]
    assert [(h.title, h.level, h.page, h.offset) for h in document.headings] == [
        ("Premessa", 1, 1, 0),
        ("Misure", 1, 2, 0),
    ]
    assert document.title == "Patto per il clima"
    assert document.authors == ("Anna Bianchi",)
    assert (document.language, document.year) == ("it", 2021)


def test_docx_text_boxes_once_and_deleted_text_never(read):
    box = f"<w:txbxContent>{paragraph('nel riquadro')}</w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    body = (
        f"<w:p><w:r><mc:AlternateContent {mc}><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
        "<w:p><w:del><w:r><w:delText>cancellato</w:delText></w:r></w:del>"
        "<w:r><w:t>resta</w:t></w:r></w:p>"
    )
    assert [p.text for p in read("a.docx", docx(body)).pages] == ["nel riquadro\n\nresta"]


def test_docx_of_many_paragraphs_takes_seconds(read):
    body = "<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 60_000
    assert sum(page.text.count("x") for page in read("long.docx", docx(body)).pages) == 60_000


OD = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)


def odt(body, manifest="<manifest/>"):
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content {OD}><office:body><office:text>{body}"
            "</office:text></office:body></office:document-content>",
            "meta.xml": '<m xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Piano del verde'
            "</dc:title><dc:creator>Luca Verdi</dc:creator></m>",
            "META-INF/manifest.xml": manifest,
        }
    )


def test_odt(read):
    body = (
        '<text:h text:outline-level="1">Alberi</text:h>'
        "<text:p>Uno<text:s/>due<text:span> tre</text:span><text:note><text:note-citation>1"
        "</text:note-citation><text:note-body><text:p>in nota</text:p></text:note-body>"
        "</text:note> fine</text:p>"
        "<text:tracked-changes><text:p>cancellato</text:p></text:tracked-changes>"
        "<text:list><text:list-item><text:p>tigli</text:p></text:list-item></text:list>"
        '<text:h text:outline-level="1">Siepi</text:h>'
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
        "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"
    )
    document = read("verde.odt", odt(body))
    assert [page.text for page in document.pages] == [
        "Alberi\n\nUno due tre[1] fine\n\n[1] in nota\n\n• tigli\n\n",
        "Siepi\n\na | b",
    ]
    assert (document.title, document.authors) == ("Piano del verde", ("Luca Verdi",))


def test_odt_with_a_password_is_refused(read):
    with pytest.raises(PermanentError, match="password"):
        read("a.odt", odt("<text:p>x</text:p>", "<m><encryption-data/></m>"))


def test_pptx(read):
    deck = pptx.Presentation()
    for title, text in (("Obiettivi", "Meno consumi"), ("Risultati", PROSE)):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    slide.notes_slide.notes_text_frame.text = "ricordare i costi"
    untitled = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    for text in ("‹#›", "Pausa"):
        untitled.add_textbox(0, 0, 100, 100).text_frame.text = text
    document = read("slides.pptx", saved(deck))
    assert document.unit == PageUnit.SLIDE
    assert [page.text for page in document.pages] == [
        "Obiettivi\n\nMeno consumi",
        f"Risultati\n\n{PROSE}\n\nricordare i costi",
        "Pausa",
    ]
    assert [heading.title for heading in document.headings] == ["Obiettivi", "Risultati", "Pausa"]


def test_xlsx(read):
    book = openpyxl.Workbook()
    book.active.title = "Consumi"
    book.active.append(["Scuola", "kWh", None, "anno"])
    book.active.append(["Pascoli", 12.5, None, 2021])
    book.create_sheet("Vuoto")
    document = read("dati.xlsx", saved(book))
    assert document.unit == PageUnit.SHEET
    assert [(page.label, page.text, page.verdict) for page in document.pages] == [
        ("Consumi", "Consumi\n\nScuola | kWh | anno\nPascoli | 12,5 | 2021", Verdict.TEXT),
        ("Vuoto", "Vuoto", Verdict.EMPTY),
    ]


def epub(chapter="<html><body><h1>Uno</h1><p>testo</p></body></html>", extra=None):
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="OEBPS/a.opf"/></rootfiles></container>',
            "OEBPS/a.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.'
            'org/dc/elements/1.1/"><metadata><dc:title>Le città</dc:title><dc:publisher>Casa'
            '</dc:publisher></metadata><manifest><item id="b" href="due.xhtml"/><item id="a" '
            'href="uno%20.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/>'
            '<itemref idref="zz"/></spine></package>',
            "OEBPS/uno .xhtml": chapter,
            "OEBPS/due.xhtml": "<html><body><p>secondo</p></body></html>",
            **(extra or {}),
        }
    )


def test_epub(read):
    book = read("libro.epub", epub())
    assert book.unit == PageUnit.CHAPTER
    assert [page.text for page in book.pages] == ["Uno\n\ntesto", "secondo"]
    assert (book.title, book.publisher) == ("Le città", "Casa")


def test_epub_with_drm_is_refused_and_with_hidden_fonts_read(read):
    method = '<e><EncryptionMethod Algorithm="{}"/></e>'.format
    fonts = {"META-INF/encryption.xml": method("http://www.idpf.org/2008/embedding")}
    assert read("a.epub", epub(extra=fonts)).total_pages == 2
    with pytest.raises(PermanentError, match="DRM"):
        read("b.epub", epub(extra={"META-INF/encryption.xml": method("urn:aes")}))


PAGE = (
    '<html lang="it"><head><title>Bilancio</title><meta name="author" content="Ada Neri"></head>'
    "<body><nav>Home</nav><main><h1>Bilancio</h1><h2>Entrate</h2><p>Più tasse<br>meno debiti"
    "<h2>Uscite</h2><ul><li>scuole<li></li><li><p>strade</p></ul>"
    "<table><tr><th>anno<th>euro<tr><td>2021<td>12</table><pre>a\n b</pre>"
    "<script>x</script></main><footer>contatti</footer></body></html>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_html_in_any_encoding(read, encoding):
    document = read("pagina.htm", PAGE.encode(encoding))
    assert [page.text for page in document.pages] == [
        "Bilancio\n\nEntrate\n\nPiù tasse\nmeno debiti\n\n",
        "Uscite\n\n• scuole\n• strade\n\nanno | euro\n2021 | 12\n\na\nb",
    ]
    assert (document.title, document.authors, document.language) == (
        "Bilancio",
        ("Ada Neri",),
        "it",
    )


def test_html_that_declares_the_wrong_encoding(read):
    page = read("a.html", '<meta charset="iso-8859-1"><p>Città e mobilità</p>'.encode())
    assert page.pages[0].text == "Città e mobilità"


def test_markdown(read):
    text = (
        "---\ntitle: 'Aprire i dati'\nlang: it\ndate: 2020-03-01\n---\n\n"
        'Intro con **peso** e [link](http://x.it){class="a"}.\nStessa riga.\n\n'
        "## Uno\n\n- a\n- b\n\n| k | v |\n|---|---|\n| 1 | 2 |\n\n## Due\n\nfine\n"
    )
    document = read("a.md", text)
    assert [page.text for page in document.pages] == [
        "Intro con peso e link. Stessa riga.\n\n",
        "Uno\n\n• a\n• b\n\nk | v\n1 | 2\n\n",
        "Due\n\nfine",
    ]
    assert (document.title, document.language, document.year) == ("Aprire i dati", "it", 2020)


def test_rst(read):
    text = (
        "=====\nPiano\n=====\n\nUno\n---\nvedi :ref:`qui <x>` e *bene*\n\n"
        "Due\n---\n\n.. toctree::\n   :hidden:\n\n   altro.rst\n\n.. note::\n\ntesto\n"
    )
    document = read("a.rst", text)
    assert [(h.title, h.level) for h in document.headings] == [("Piano", 1), ("Uno", 2), ("Due", 2)]
    assert [page.text.strip() for page in document.pages] == [
        "Piano\n\nUno\nvedi qui e bene",
        "Due\n\n\n\ntesto",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
def test_text_in_any_encoding(read, encoding):
    document = read("a.txt", (PROSE * 3).encode(encoding))
    assert document.pages[0].text == PROSE * 3
    assert document.laid_out


def test_text_without_headings_is_cut_into_pages_one_can_read(read):
    text = "".join(f"Paragrafo {number}. {PROSE}\n\n" for number in range(2000))
    pages = read("a.txt", text).pages
    assert "".join(page.text for page in pages) == text
    assert max(len(page.text) for page in pages) <= 20_000
    assert all(page.text.startswith("Paragrafo") for page in pages)


def test_csv_keeps_its_lines(read):
    document = read("a.csv", "anno;euro\n2021;12\n")
    assert (document.media_type, document.laid_out) == ("text/csv", False)


def test_the_bytes_decide_and_names_only_between_texts(tmp_path):
    path = tmp_path / "x"
    for data, name, expected in [
        (b"%PDF-1.4 ...", "a.docx", "application/pdf"),
        (b"<html>..", "a", "text/html"),
        (b"<!-- x --><!DOCTYPE html>", "a.txt", "text/html"),
        (b"# t", "a.md", "text/markdown"),
        (b"# t", "a", "text/plain"),
        (docx(""), "a.pdf", DOCX),
        (b"1 0 obj\n<</Type/Catalog>>\nendobj", "a.pdf", "application/pdf"),
        (b"Of %PDF-1.7 files and their words.", "a.txt", "text/plain"),
        (odt(""), "a.zip", "application/vnd.oasis.opendocument.text"),
        (epub(), "a", "application/epub+zip"),
    ]:
        path.write_bytes(data)
        assert sniff(path, name) == expected
        assert expected in EXTRACTORS


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"  \n ", "No text"),
        (b"%PDF-1.7", "damaged"),
        (b"PK\x03\x04 cut", "cut off"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cut off"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (bytes(range(256)) * 20, "kind that is not read"),
        (b"SQLite format 3\0" + b"\0" * 200 + b"table" * 20, "kind that is not read"),
        (b"%!PS-Adobe-3.0", "kind that is not read"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "pointer"),
        (b"../../.git/annex/objects/aa/bb/SHA256E-s1--c.pdf/SHA256E-s1--c.pdf\n", "pointer"),
        (b"[InternetShortcut]\r\nURL=https://x.example/a.pdf\r\n", "only a link"),
        (b'{"url": "https://docs.google.com/open?id=1", "doc_id": "1"}', "only a link"),
        (b"<!DOCTYPE html><title>404</title>", "is a web page"),
        (b'{"error": "not found"}', "is plain text"),
        (b"From: <Saved by Blink>\nSubject: x\nDate: y\nMIME-Version: 1.0\n\nx", "not read"),
        (b"<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'x'>]><b>&a;</b>", "kind that is not"),
        (zipped({"a/b.txt": "x"}), "archive"),
        (zipped({"../b.txt": "x", "[Content_Types].xml": "", "word/document.xml": ""}), "harmful"),
        (zipped({"word/document.xml": b"0" * 10**8, "[Content_Types].xml": ""}), "harmful"),
        (docx("<w:p>"), "damaged inside"),
        (docx(paragraph("")), "No text"),
        (zipped({"xl/workbook.xml": "<x/>", "[Content_Types].xml": ""}), "no visible sheet"),
        (zipped({"xl/workbook.xml": "<x", "[Content_Types].xml": ""}), "damaged inside"),
        (zipped({"xl/workbook.bin": "x", "[Content_Types].xml": ""}), "binary workbook"),
        (zipped({"Index/Document.iwa": "x"}), "Keynote"),
        (zipped({"ppt/a.xml": "<x/>", "[Content_Types].xml": ""}), "not a presentation"),
        (zipped({"mimetype": "application/epub+zip"}), "book is damaged"),
    ],
)
def test_what_cannot_be_read_says_why(read, data, sentence):
    with pytest.raises(PermanentError, match=sentence) as caught:
        read("name.pdf", data)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("058_verbale-2024-01-25.pdf", "058 verbale 2024-01-25"),
        ("IMG_20240125.pdf", ""),
        ("piano_del_verde.docx", "Piano del verde"),
        ("scan0001.pdf", ""),
        ("documento (1).pdf", ""),
    ],
)
def test_titles_of_files_that_give_none(name, title):
    assert title_of_file(name) == title


def test_many_headings_are_read_in_time_that_grows_with_their_number():
    """Each section once looked at every heading: 60,000 took a quarter of an hour."""
    row = "capo\n"

    def cut(text):
        count = len(text) // len(row)
        marks = [HeadingMark(1, "capo", len(row) * n) for n in range(count)]
        pages, headings = cut_sections(text, marks)
        assert (len(pages), len(headings)) == (count - 1, count)

    assert_linear(cut, row, 16_000 * len(row))


def test_a_reader_that_finds_no_end_is_told_apart_from_damage(tmp_path):
    path = tmp_path / "comments.html"
    path.write_bytes(b"<html><body>" + b"<!--" * 500_000)
    settings = Settings(ocr=False, extract_timeout_s=2)
    limits = ProcessLimits(1024, 100, nice=0)
    with (
        closing(Child("ingest.processes.extract_child:read", limits, Content)) as child,
        pytest.raises(PermanentError, match="too intricate"),
    ):
        read_in(child, ReadRequest(path, path.name, "key", settings), lambda progress: None)
