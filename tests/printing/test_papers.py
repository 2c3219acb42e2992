"""Papers opened with programs that are not ours: poppler, pypdf, python-docx, LibreOffice."""

import csv
import io
import shutil
import subprocess

import docx
import pypdf
import pytest

from web.assets import VENDOR, is_built
from web.printing.csv import as_csv
from web.printing.docx import as_docx
from web.printing.paper import (
    Bullets,
    Citations,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperTable,
    Quote,
)
from web.printing.pdf import as_pdf

pytestmark = pytest.mark.skipif(not is_built(), reason="the fonts come with `make install`")
ADDRESS = "https://example.org/rapporto?pagina=12"
LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 12
LONG_CELL = "Una spiegazione che non finisce mai. " * 400


def table(rows=3, columns=3):
    header = ["Voce", *(f"Pratica {n}" for n in range(1, columns))]
    cells = [[f"Riga {n}", *(f"valore {n}.{c}" for c in range(1, columns))] for n in range(rows)]
    return PaperTable(header, cells, missing="non riportato", caption="Confronto")


def paper(*blocks, title="Mense scolastiche: perché così?"):
    return Paper(title, "Siena, 22 novembre 2026", "it", blocks)


WHOLE = paper(
    PaperHeading("Problema"),
    PaperParagraph(("Qualità dell’aria — vedi ", PaperLink("il rapporto", ADDRESS), " [1].")),
    PaperHeading("Risultati", 2),
    Bullets(("−57 % di rifiuti", "città, però, già: Łódź, Αθήνα, Київ")),
    Quote("The price fell.", "Rapporto, p. 12", "en"),
    table(),
    Citations((("Rapporto 2020, p. 12. ", PaperLink(ADDRESS, ADDRESS)),)),
)


def text_of(pdf: bytes) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("poppler's pdftotext is not installed")
    done = subprocess.run(
        ["pdftotext", "-layout", "-enc", "UTF-8", "-", "-"],
        input=pdf, capture_output=True, check=True,
    )  # fmt: skip
    assert not done.stderr
    return done.stdout.decode()


def test_pdf_says_what_the_paper_says():
    text = text_of(as_pdf(WHOLE))
    for words in ("perché così?", "Qualità dell’aria", "Łódź, Αθήνα, Київ", "−57 % di rifiuti",
                  "The price fell.", "valore 2.2", "[1] Rapporto 2020"):  # fmt: skip
        assert words in text


def test_pdf_has_language_title_outline_and_links():
    read = pypdf.PdfReader(io.BytesIO(as_pdf(WHOLE)))
    assert read.metadata.title == WHOLE.title
    assert read.root_object["/Lang"] == "it"
    assert read.root_object["/ViewerPreferences"]["/DisplayDocTitle"]
    titles = [entry.title for entry in flat(read.outline)]
    assert titles == [WHOLE.title, "Problema", "Risultati"]
    annotations = [note.get_object() for page in read.pages for note in page.get("/Annots", ())]
    assert {note["/A"]["/URI"] for note in annotations if "/A" in note} == {ADDRESS}


def flat(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from flat(entry)
        else:
            yield entry


@pytest.mark.parametrize(
    "blocks",
    [
        (table(rows=60, columns=5),),
        (
            PaperTable(
                ["A", "B"], [[LONG_WORD, LONG_CELL], ["breve"], [None, None]], "non riportato"
            ),
        ),
        (PaperTable([LONG_WORD, LONG_CELL, "C"], [["x", "y", "z"]], "—"),),
        (PaperParagraph(LONG_WORD), Bullets([LONG_WORD, LONG_CELL]), PaperHeading(LONG_WORD, 3)),
        (PaperTable(["A"], [], "—"), Bullets([]), Citations([])),
        (PaperParagraph("a\x00b\x1f c\ud7ff \U0001f9d1"),),
    ],
    ids=["sixty rows", "long cells", "long header", "long words", "nothing", "odd characters"],
)
def test_whatever_is_written_stays_on_the_page(blocks):
    long = paper(*blocks)
    read = pypdf.PdfReader(io.BytesIO(as_pdf(long)))
    width, height = read.pages[0].mediabox[2:]
    for page in read.pages:
        page.extract_text(visitor_text=lambda text, _, at, *rest: inside(text, at, width, height))
    assert docx.Document(io.BytesIO(as_docx(long))).core_properties.title == long.title


def inside(text, at, width, height):
    if text.strip():
        assert 0 <= at[4] <= width
        assert 0 <= at[5] <= height


def test_no_row_of_a_long_table_is_lost_and_its_header_is_repeated():
    text = text_of(as_pdf(paper(table(rows=60, columns=5))))
    for n in range(60):
        assert f"valore {n}.4" in text
    pages = text.count("\f")
    assert pages > 1
    assert text.count("Pratica 3") == pages
    assert all(f"{n}/{pages}" in text.replace(" ", "") for n in range(1, pages + 1))


def test_missing_cells_say_so():
    short = PaperTable(["Voce", "Uno", "Due"], [["Costo", None], ["Anno"]], missing="non riportato")
    assert text_of(as_pdf(paper(short))).count("non riportato") == 4
    read = docx.Document(io.BytesIO(as_docx(paper(short))))
    assert [cell.text for cell in read.tables[0].rows[2].cells] == ["Anno", *["non riportato"] * 2]
    assert b"Costo;non riportato;non riportato" in as_csv(short, "it")


def test_docx_has_real_headings_languages_links_and_header_rows():
    read = docx.Document(io.BytesIO(as_docx(WHOLE)))
    styles = [(line.style.name, line.text) for line in read.paragraphs]
    assert ("Title", WHOLE.title) in styles
    assert ("Heading 1", "Problema") in styles
    assert ("Heading 2", "Risultati") in styles
    assert ("List Bullet", "−57 % di rifiuti") in styles
    assert read.core_properties.language == "it-IT"
    body = read.element.xml
    assert 'w:lang w:val="en-GB"' in body
    assert "w:tblHeader" in body
    links = [link for line in read.paragraphs for link in line.hyperlinks]
    assert {link.address for link in links} == {ADDRESS}
    assert read.tables[0].rows[0].cells[1].paragraphs[0].runs[0].bold


def test_libreoffice_opens_the_docx(tmp_path):
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed")
    path = tmp_path / "memo.docx"
    path.write_bytes(as_docx(WHOLE))
    subprocess.run(
        [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", "pdf", "--outdir", tmp_path, path],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    assert "valore 2.2" in text_of((tmp_path / "memo.pdf").read_bytes())


@pytest.mark.parametrize(("language", "delimiter"), [("it", ";"), ("en", ",")])
def test_csv_is_read_back_as_it_was(language, delimiter):
    rows = [["Città", "1,5 km; andata"], ["=SOMMA(A1)", PaperLink("rapporto", ADDRESS)]]
    content = as_csv(PaperTable(["Voce", "a,b"], rows, "—"), language)
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))
    assert read == [
        ["Voce", "a,b"],
        ["Città", "1,5 km; andata"],
        ["'=SOMMA(A1)", f"rapporto <{ADDRESS}>"],
    ]


FALLBACK = VENDOR / "print" / "noto-sans-sc.ttf"
TITLES = "绿色城市案例研究", "تقرير المدن الخضراء", "Прозрачный город", "Πράσινες πόλεις", "🌱 2020"


@pytest.mark.skipif(not FALLBACK.is_file(), reason="the fonts come with `make install`")
def test_titles_in_other_scripts_are_drawn_and_what_no_font_has_is_marked():
    made = as_pdf(
        paper(
            PaperHeading(TITLES[0]),
            PaperTable(["Voce", "Titolo"], [["1", title] for title in TITLES], missing="–"),
            PaperParagraph("ไทย e Łódź"),
            Citations((("绿色城市 (2018). ", PaperLink(ADDRESS, ADDRESS)),)),
            title=" / ".join(TITLES),
        )
    )
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    text = " ".join(page.extract_text() for page in pages)
    assert all(title in text for title in (TITLES[0], *TITLES[2:4]))
    assert text.count(TITLES[0]) == 3
    assert "□□□ e Łódź" in text
    assert f"[1] 绿色城市 (2018). {ADDRESS}" in text
    fonts = {str(font["/BaseFont"]) for page in pages for font in fonts_of(page)}
    assert any("Arabic" in font for font in fonts)
    assert any("Emoji" in font for font in fonts)


def fonts_of(page):
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


def test_a_paper_in_latin_letters_carries_no_other_font():
    pages = pypdf.PdfReader(io.BytesIO(as_pdf(WHOLE))).pages
    fonts = {str(font["/BaseFont"]) for page in pages for font in fonts_of(page)}
    assert all("Source" in font for font in fonts)
