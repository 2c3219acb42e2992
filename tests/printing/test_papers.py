"""Papers opened with programs that are not ours: pdfium, pypdf, python-docx, LibreOffice."""

import csv
import io
import shutil
import subprocess
from datetime import date

import docx
import pypdf
import pypdfium2
import pytest

from kb.messages import PermanentError
from tests.printing.tagged import all_tags, refuse_untagged, text_of
from web.assets import is_built
from web.printing.csv import as_csv
from web.printing.docx import as_docx
from web.printing.paper import (
    Bullets,
    Citations,
    Facts,
    Foreign,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperPicture,
    PaperTable,
    Quote,
    TableOfContents,
    WebAddress,
)
from web.printing.pdf import FONTS, as_pdf

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
    assert titles == ["Problema", "Risultati"]
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
    made = as_pdf(long)
    refuse_untagged(made)
    with pypdfium2.PdfDocument(made) as read:
        for page in read:
            stay_inside(page)
    assert docx.Document(io.BytesIO(as_docx(long))).core_properties.title == long.title


def stay_inside(page):
    """Every letter stands within the page, a centimetre from its sides."""
    width, height = page.get_size()
    text = page.get_textpage()
    for at in range(0, text.count_chars(), 7):
        left, bottom, right, top = text.get_charbox(at)
        assert right == left or (28 < left < right < width - 28 and 28 < bottom < top < height)


def test_no_row_of_a_long_table_is_lost_and_its_header_is_repeated():
    text = text_of(as_pdf(paper(table(rows=60, columns=5))))
    for n in range(60):
        assert f"valore {n}.4" in text
    pages = text.split("\f")
    assert len(pages) > 1
    assert all(f"{n}/{len(pages)}" in one.replace(" ", "") for n, one in enumerate(pages, 1))
    assert sum("Pratica 3" in one for one in pages) == sum("valore" in one for one in pages)


def test_a_table_turns_its_page_only_where_its_texts_need_it():
    def is_turned(longest, columns):
        made = as_pdf(paper(PaperTable(["Voce"] * columns, [["1", "x" * longest]], missing="–")))
        pages = pypdf.PdfReader(io.BytesIO(made)).pages
        return any(page.mediabox.width > page.mediabox.height for page in pages)

    assert not is_turned(30, columns=5)
    assert is_turned(200, columns=5)
    assert not is_turned(200, columns=4)
    assert is_turned(1, columns=7)


def test_a_title_at_the_head_of_a_column_keeps_its_language():
    titles = PaperTable(["Voce", Foreign("School meals", "en")], [["Costo", "1"]], missing="–")
    english = [tag for tag in all_tags(as_pdf(paper(titles))) if tag.language == "en"]
    assert [tag.words for tag in english] == ["School meals"]
    assert as_csv(titles, "it").decode("utf-8-sig").startswith("Voce;School meals")


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


TITLES = (
    "绿色城市案例研究",
    "تقرير المدن الخضراء",
    "Прозрачный город",
    "Πράσινες πόλεις",
    "🌱 2020",
    "ערים ירוקות",
    "हरित शहर",
    "ไทยแลนด์",
    "녹색도시",
)


NEWEST = FONTS / "noto-sans-kr.ttf"


@pytest.mark.skipif(not NEWEST.is_file(), reason="the fonts come with `make install`")
def test_titles_in_other_scripts_are_drawn_and_what_no_font_has_is_marked():
    made = as_pdf(
        paper(
            PaperHeading(TITLES[0]),
            PaperTable(["Voce", "Titolo"], [["1", title] for title in TITLES], missing="–"),
            PaperParagraph("ᚠᚢᚦ e Łódź"),
            Citations((("绿色城市 (2018). ", PaperLink(ADDRESS, ADDRESS)),)),
            title=" / ".join(TITLES),
        )
    )
    refuse_untagged(made)
    text = text_of(made)
    assert all(title in text for title in (TITLES[0], *TITLES[2:5], TITLES[-1]))
    assert text.count(TITLES[0]) == 4
    assert "□□□ e Łódź" in text
    assert f"[1] 绿色城市 (2018). {ADDRESS}" in text
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    fonts = " ".join(str(font["/BaseFont"]) for page in pages for font in fonts_of(page))
    for script in ("Arabic", "Emoji", "Hebrew", "Devanagari", "Thai", "KR", "SC"):
        assert script in fonts


def fonts_of(page):
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


def test_a_paper_in_latin_letters_carries_no_other_font():
    pages = pypdf.PdfReader(io.BytesIO(as_pdf(WHOLE))).pages
    fonts = {str(font["/BaseFont"]) for page in pages for font in fonts_of(page)}
    assert all("Source" in font for font in fonts)


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="3">'
    b'<rect width="9" height="3"/></svg>'
)
RICH = Paper(
    "Mense senza rifiuti",
    "Mouans-Sartoux, 2012–2024",
    "it",
    (
        TableOfContents("Indice"),
        Facts([("Oggetto", "Mense"), ("Ufficio", "Istruzione")]),
        PaperHeading("Che cosa", 3),
        PaperParagraph(("Dal rapporto ", Foreign("The school meals report", "en"), ".")),
        PaperPicture(SVG, "La mensa vista dal cortile", "Foto: Comune, CC BY 4.0", 0.4),
        PaperHeading("", 1),
        PaperHeading("Quanto", 2),
        table(),
        PaperTable([f"C{n}" for n in range(7)], [["1"]], missing="–"),
        WebAddress("Sul sito:", ADDRESS),
    ),
    kind="Scheda della pratica",
    day=date(2026, 11, 29),
    cover=SVG,
    cover_alt="Un disegno",
)


def test_tags_say_headings_tables_languages_and_what_pictures_show():
    made = as_pdf(RICH)
    refuse_untagged(made)
    tags = all_tags(made)
    assert [(tag.kind, tag.words) for tag in tags if tag.kind in {"H1", "H2"}] == [
        ("H1", "Indice"), ("H2", "Che cosa"), ("H2", "Quanto"),
    ]  # fmt: skip
    shown = [tag.alt for tag in tags if tag.kind == "Figure"]
    assert shown == ["Un disegno", "La mensa vista dal cortile", f"QR: {ADDRESS}"]
    headings = [(tag.words, tag.scope) for tag in tags if tag.kind == "TH"]
    assert headings[:2] == [("Oggetto", "Row"), ("Ufficio", "Row")]
    assert ("Pratica 1", "Column") in headings
    assert ("Riga 2", "Row") in headings
    order = [tag.text for tag in tags if tag.text]
    assert order.index("Scheda della pratica") < order.index(RICH.title) < order.index("Istruzione")
    assert "1 / 3" not in " ".join(order), "numbers of pages are artifacts"
    assert "1 / 3" in text_of(made)
    assert b"(en)" in b"".join(page.get_contents().get_data() for page in pages_of(made))


def pages_of(made):
    return pypdf.PdfReader(io.BytesIO(made)).pages


def test_the_file_says_who_made_it_and_when_and_is_the_same_each_time():
    made = as_pdf(RICH)
    assert made == as_pdf(RICH)
    told = pypdf.PdfReader(io.BytesIO(made)).metadata
    assert (told.author, told.keywords) == ("Terre Comuni", "Scheda della pratica")
    assert told.creation_date.date() == date(2026, 11, 29)
    sizes = [page.mediabox.width > page.mediabox.height for page in pages_of(made)]
    assert sizes == [False, True, False], "a table of seven columns lies across its page"


ODD = (
    "#panic() #let x = 1 $x^2$ @ref *bold* _it_ `raw` \\ \\u{41} <label> \"q\" 's' /*c*/ = h",
    '```typ #include "/etc/passwd"``` [c] {c} ~ -- ... // - + https://x.it/#a',
    "a\x00b\x07\ud800\udfff\ufffe\U000fffff\ue000c",
    "\u202eevil\u202c \u2066x\u2069 שלום עולם العربية \u200d",
    "👨\u200d👩\u200d👧 👍🏽 ☕️ 🇮🇹 क्षत्रिय हिन्दी",
    "e\u0301 ש\u0301 漢\u0301 ᚠ ﷽ Z\u0338\u0322\u031b\u0354a\u0334",
    "x" * 900,
    "a\u2028b\u2029c\u3000d\u2003e\n\nf",
    " ",
    "\u0301abc",
)


def test_texts_are_set_as_they_stand_and_never_run_as_markup():
    blocks = [
        block
        for odd in ODD
        for block in (
            PaperHeading(odd, 3, "xx"),
            PaperParagraph((odd, PaperLink(odd, f"https://x.it/{odd}"), Foreign(odd, "en")), "ar"),
            Bullets([odd]),
            PaperTable([odd] * 5, [[odd, None], [None]], "–", caption=odd),
            Facts([(odd, odd)]),
            Quote(odd, odd, "zz"),
            Citations([odd]),
            TableOfContents(odd),
        )
    ]
    made = as_pdf(Paper(ODD[0], ODD[1], "it", blocks, kind=ODD[4], cover=SVG, cover_alt=ODD[0]))
    refuse_untagged(made)
    text = " ".join(text_of(made).split())
    assert pypdf.PdfReader(io.BytesIO(made)).metadata.title == ODD[0]
    for odd in ODD[:2]:
        assert text.count(odd) >= 3
    assert "root:" not in text
    assert "\u202e" not in text


def test_a_drawing_that_nobody_can_read_fails_with_a_sentence():
    with pytest.raises(PermanentError, match="could not be made"):
        as_pdf(paper(PaperPicture(b"<svg", "Niente")))
    assert as_pdf(WHOLE), "the next paper is made"
