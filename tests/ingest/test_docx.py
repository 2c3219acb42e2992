"""Word documents as their readers see them: numbers of lists, symbols, equations, notes, and
nothing that is hidden, deleted or moved away."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest

from ingest.extract.registry import extract
from kb.settings import Settings
from tests.ingest.office_files import (
    MAIN,
    NAMESPACES,
    PROSE,
    abstract,
    cell,
    docx,
    item,
    levels,
    num,
    paragraph,
    relation,
    run,
    style,
    styled,
    table,
    zipped,
)


@pytest.fixture
def read(tmp_path: Path):
    def from_bytes(data: bytes):
        path = tmp_path / "stored"
        path.write_bytes(data)
        return extract(path, "atto.docx", Settings(ocr=False), lambda done, total: None)

    return from_bytes


@pytest.fixture
def text_of(read):
    return lambda data: "".join(page.text for page in read(data).pages)


ARTICLES = abstract(1, levels(("decimal", "Art. %1"), ("lowerLetter", "%2)"))) + num(1, 1)


@pytest.mark.parametrize(
    ("numbering", "body", "expected"),
    [
        (
            ARTICLES,
            item("Oggetto") + item("uno", 1) + item("due", 1) + item("Fini") + item("tre", 1),
            "Art. 1 Oggetto\na) uno\nb) due\nArt. 2 Fini\na) tre",
        ),
        (
            abstract(1, levels(("decimal", "%1."), ("decimal", "%1.%2"))) + num(1, 1),
            item("A") + item("B", 1) + item("C", 1) + item("D") + item("E", 1),
            "1. A\n1.1 B\n1.2 C\n2. D\n2.1 E",
        ),
        (
            abstract(1, levels(("upperRoman", "%1"), ("decimal", "%1.%2"), more="<w:isLgl/>"))
            + num(1, 1),
            item("A") + item("B", 1),
            "1 A\n1.1 B",
        ),
        (
            abstract(1, levels(("upperRoman", "%1 –"), ("lowerRoman", "(%2)"))) + num(1, 1),
            item("A") * 3 + item("b", 1) + item("c", 1),
            "I – A\nII – A\nIII – A\n(i) b\n(ii) c",
        ),
        (
            abstract(1, levels(("decimal", "%1)"))) + num(1, 1) + num(2, 1),
            item("A") + item("B", num=2) + item("C"),
            "1) A\n2) B\n3) C",
        ),
        (
            abstract(1, levels(("decimal", "%1)")))
            + num(1, 1)
            + num(2, 1, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'),
            item("A") + item("B") + item("C", num=2) + item("D", num=2),
            "1) A\n2) B\n5) C\n6) D",
        ),
        (
            abstract(1, levels(("decimal", "%1)")))
            + num(
                1, 1, f'<w:lvlOverride w:ilvl="0">{levels(("upperLetter", "%1."))}</w:lvlOverride>'
            ),
            item("uno") + item("due"),
            "A. uno\nB. due",
        ),
        (
            abstract(
                1,
                levels(("decimal", "%1."), ("decimal", "%2.")).replace(
                    '<w:lvlText w:val="%2."/>', '<w:lvlRestart w:val="0"/><w:lvlText w:val="%2."/>'
                ),
            )
            + num(1, 1),
            item("A") + item("b", 1) + item("C") + item("d", 1),
            "1. A\n1. b\n2. C\n2. d",
        ),
        (abstract(1, levels(("bullet", ""))) + num(1, 1), item("uno"), "• uno"),
        (abstract(1, levels(("none", ""))) + num(1, 1), item("uno"), "uno"),
        (abstract(1, levels(("decimalZero", "%1"))) + num(1, 1), item("uno"), "01 uno"),
        (ARTICLES, item("", num=1) + paragraph("Finalità"), "Art. 1\n\nFinalità"),
        (ARTICLES, item("uno", num=0), "uno"),
        (ARTICLES, item("uno", num=9), "uno"),
    ],
)
def test_lists_are_numbered_as_word_counts_them(text_of, numbering, body, expected):
    assert text_of(docx(body, numbering=numbering)) == expected


def test_numbers_that_stand_in_styles(read):
    numbered = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    second = '<w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    none = '<w:pPr><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr>'
    styles = (
        style("Titolo1", "heading 1", numbered)
        + style("Titolo2", "heading 2", second, based_on="Titolo1")
        + style("Libero", "Titolo libero", none, based_on="Titolo1")
        + style("Punto", "List Number", '<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>')
        + style("PuntoMio", "Punto mio", based_on="Punto")
    )
    numbering = (
        abstract(1, levels(("decimal", "%1"), ("decimal", "%1.%2")))
        + abstract(2, levels(("lowerLetter", "%1)")))
        + num(1, 1)
        + num(2, 2)
    )
    body = (
        styled("Premessa", "Titolo1")
        + styled("Quadro", "Titolo1")
        + styled("Norme", "Titolo2")
        + styled("Allegati", "Libero")
        + styled("uno", "Punto")
        + styled("due", "PuntoMio")
    )
    document = read(docx(body, styles, numbering))
    assert [(h.level, h.title) for h in document.headings] == [
        (1, "1 Premessa"),
        (1, "2 Quadro"),
        (2, "2.1 Norme"),
        (1, "Allegati"),
    ]
    assert document.pages[-1].text.endswith("Allegati\n\na) uno\nb) due")


def test_a_list_defined_by_a_list_style(text_of):
    numbering = (
        abstract(1, '<w:numStyleLink w:val="Elenco"/>')
        + abstract(2, '<w:styleLink w:val="Elenco"/>' + levels(("decimal", "%1°")))
        + num(1, 1)
        + num(2, 2)
    )
    list_style = style(
        "Elenco",
        "Elenco",
        '<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>',
        kind="numbering",
    )
    assert text_of(docx(item("uno") + item("due"), list_style, numbering)) == "1° uno\n2° due"


PROMPT = run("Fare clic qui", '<w:rStyle w:val="Segnaposto"/>')
RAISED = '<w:vertAlign w:val="superscript"/>'
STYLES = (
    style("Nota", "Nota interna", "<w:rPr><w:vanish/></w:rPr>", kind="character")
    + style("Nascosto", "Nascosto", "<w:rPr><w:vanish/></w:rPr>")
    + style("Segnaposto", "Placeholder Text", kind="character")
    + style("Rimando", "footnote reference", f"<w:rPr>{RAISED}</w:rPr>", kind="character")
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (run("nel 2020") + run("3", RAISED) + run(" del 45%") + run("1", RAISED) + run("2", RAISED),
         "nel 2020[3] del 45%[12]"),
        (run("106 m") + run("3", RAISED) + run(" di acqua"), "106 m³ di acqua"),
        (run("circa 10") + run("6", RAISED) + run(" m") + run("3", RAISED), "circa 10^6 m³"),
        (run("nel 2020") + run("3", '<w:rStyle w:val="Rimando"/>'), "nel 2020[3]"),
        (run("nel 2020") + run("3", '<w:position w:val="6"/><w:sz w:val="14"/>'), "nel 2020[3]"),
        (run("CO") + run("2", '<w:vertAlign w:val="subscript"/>'), "CO2"),
        (run("visibile ") + run("segreto", "<w:vanish/>"), "visibile"),
        (run("visibile ") + run("anche", '<w:vanish w:val="0"/>'), "visibile anche"),
        (run("visibile ") + run("segreto", '<w:rStyle w:val="Nota"/>'), "visibile"),
        (run("a") + f"<w:del>{run('b')}</w:del><w:ins>{run('c')}</w:ins>", "ac"),
        (f"<w:moveFrom>{run('via')}</w:moveFrom><w:moveTo>{run('qui')}</w:moveTo>", "qui"),
        (run("fa ") + '<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>', "fa ≥"),
        (run("\uf0b3 30", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'), "≥ 30"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>' + run(" sì"), "☑ sì"),
        ('<w:r><w:sym w:font="Wingdings 2" w:char="52"/></w:r>' + run(" sì"), "☑ sì"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>' + run(" no"), "☐ no"),
        ("<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val='1'/></w14:checkbox></w:sdtPr>"
         f"<w:sdtContent>{run('☒')}</w:sdtContent></w:sdt>{run(' sì')}", "☒ sì"),
        ("<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
         f"{run('Fare clic qui')}</w:sdtContent></w:sdt>{run('resta')}", "resta"),
        (f"<w:sdt><w:sdtContent>{PROMPT}"
         f"</w:sdtContent></w:sdt>{run('resta')}", "resta"),
        ("<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:default w:val='0'/>"
         "<w:checked/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX "
         "</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>" + run(" sì"), "☒ sì"),
        ("<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:ddList><w:result w:val='1'/>"
         "<w:listEntry w:val='Nord'/><w:listEntry w:val='Sud'/></w:ddList></w:ffData></w:fldChar>"
         "</w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>", "Sud"),
        ("<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>REF x</w:instrText></w:r>"
         f"<w:r><w:fldChar w:fldCharType='separate'/></w:r>{run('capitolo 3')}"
         "<w:r><w:fldChar w:fldCharType='end'/></w:r>" + run(" qui"), "capitolo 3 qui"),
        ("<w:r><w:ruby><w:rt><w:r><w:t>su</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>base</w:t></w:r>"
         "</w:rubyBase></w:ruby></w:r>", "base"),
        (f"<w:hyperlink>{run('il sito')}</w:hyperlink>", "il sito"),
        ("<w:r><w:commentReference w:id='1'/></w:r>" + run("testo"), "testo"),
    ],
)  # fmt: skip
def test_what_is_read_of_a_paragraph(text_of, content, expected):
    assert text_of(docx(paragraph(content), STYLES)) == expected


def test_paragraphs_that_nobody_sees(text_of):
    deleted, moved = "<w:rPr><w:del/></w:rPr>", "<w:rPr><w:moveFrom/></w:rPr>"
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{paragraph('Inserire')}"
    contents = "<w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
    body = (
        styled("nascosto", "Nascosto")
        + paragraph(f"<w:del>{run('tolto')}</w:del>", deleted)
        + paragraph(f"<w:moveFrom>{run('spostato')}</w:moveFrom>", moved)
        + f"{prompt}</w:sdtContent></w:sdt>"
        + f"<w:sdt><w:sdtPr>{contents}</w:sdtPr><w:sdtContent>{paragraph('Sommario')}"
        + "</w:sdtContent></w:sdt>"
        + paragraph("prima parte", deleted)
        + paragraph("e seconda")
    )
    assert text_of(docx(body, STYLES)) == "prima parte e seconda"


def math(content):
    return f"<m:oMath>{content}</m:oMath>"


def mr(text):
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (mr("IRP=0,45×perdite"), "IRP=0,45×perdite"),
        (f"<m:f><m:num>{mr('a+b')}</m:num><m:den>{mr('2')}</m:den></m:f>", "(a+b)/2"),
        (f"<m:sSup><m:e>{mr('x')}</m:e><m:sup>{mr('2')}</m:sup></m:sSup>", "x^2"),
        (f"<m:sSub><m:e>{mr('x')}</m:e><m:sub>{mr('i+1')}</m:sub></m:sSub>", "x_(i+1)"),
        (f"<m:rad><m:radPr><m:degHide m:val='1'/></m:radPr><m:deg/><m:e>{mr('x+1')}</m:e></m:rad>",
         "√(x+1)"),
        (f"<m:rad><m:deg>{mr('3')}</m:deg><m:e>{mr('V')}</m:e></m:rad>", "∛(V)"),
        ("<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr>"
         f"<m:sub>{mr('i=1')}</m:sub><m:sup>{mr('n')}</m:sup><m:e>{mr('c')}</m:e></m:nary>",
         "∑_(i=1)^n c"),
        ("<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr>"
         f"<m:e>{mr('a')}</m:e></m:d>", "[a]"),
        (f"<m:func><m:fName>{mr('log')}</m:fName><m:e>{mr('x')}</m:e></m:func>", "log x"),
        (f"<m:m><m:mr><m:e>{mr('a')}</m:e><m:e>{mr('b')}</m:e></m:mr></m:m>", "[a, b]"),
    ],
)  # fmt: skip
def test_equations_on_one_line(text_of, content, expected):
    assert text_of(docx(paragraph(run("Si ha ") + math(content)))) == f"Si ha {expected}"
    alone = docx(paragraph(f"<m:oMathPara>{math(content)}</m:oMathPara>") + paragraph(PROSE))
    assert text_of(alone).startswith(expected)


def part(root, content):
    return f"<w:{root} {NAMESPACES}>{content}</w:{root}>"


def test_notes_stand_below_their_paragraph_or_at_the_end(text_of):
    def reference(kind, id):
        return f"<w:r><w:{kind}Reference w:id='{id}'/></w:r>"

    notes = "<w:footnote w:type='separator' w:id='0'><w:p/></w:footnote>" + "".join(
        f"<w:footnote w:id='{id}'>{paragraph(text)}</w:footnote>"
        for id, text in (("2", "Fonte: ISTAT."), ("5", "Fonte: ARPA."))
    )
    end = f"<w:endnote w:id='3'>{paragraph('Metodo ARERA.')}</w:endnote>"
    body = (
        paragraph(run("Calano") + reference("footnote", 5) + run(" i costi."))
        + paragraph(run("Crescono i posti.") + reference("endnote", 3))
        + table(cell(paragraph(run("anno") + reference("footnote", 2))) + cell("euro"),
                cell("2020") + cell("12"))
        + paragraph("Fine.")
    )  # fmt: skip
    parts = {"footnotes.xml": part("footnotes", notes), "endnotes.xml": part("endnotes", end)}
    assert text_of(docx(body, parts=parts)) == (
        "Calano[1] i costi.\n\n[1] Fonte: ARPA.\n\nCrescono i posti.[i]\n\n"
        "anno[2] | euro\n2020 | 12\n\n[2] Fonte: ISTAT.\n\nFine.\n\n[i] Metodo ARERA."
    )


def test_heads_and_feet_of_pages_once(text_of):
    def section(header):
        return f"<w:headerReference w:type='default' r:id='{header}'/>"

    page = "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"
    page += f"<w:r><w:fldChar w:fldCharType='separate'/></w:r>{run('7')}"
    page += "<w:r><w:fldChar w:fldCharType='end'/></w:r>"
    parts = {
        "h1.xml": part("hdr", paragraph("Comune di Montalto")),
        "h2.xml": part("hdr", paragraph("Comune di Montalto") + paragraph("Bozza")),
        "h3.xml": part("hdr", paragraph("Solo pagine pari")),
        "f1.xml": part("ftr", paragraph(run("Pagina ") + page)),
    }
    relations = "".join(relation(name[:2], "header", name) for name in parts)
    body = (
        paragraph("uno", f"<w:sectPr>{section('h1')}</w:sectPr>")
        + paragraph("due")
        + f"<w:sectPr>{section('h2')}<w:headerReference w:type='even' r:id='h3'/>"
        + "<w:footerReference w:type='default' r:id='f1'/></w:sectPr>"
    )
    document = docx(body, parts=parts, relations=relations)
    assert text_of(document) == "uno\n\ndue\n\nComune di Montalto\n\nBozza"


def test_tables_keep_their_columns(text_of):
    wide, start, down = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    listed = abstract(1, levels(("bullet", ""))) + num(1, 1)
    rows = (
        cell("Settore") + cell("Voce") + cell("Costo") + cell("Anno"),
        cell("Energia", start) + cell("Caldaie") + cell("12.000") + cell(""),
        cell("", down) + cell(item("uno") + item("due")) + cell("88.000") + cell("2021"),
        cell("Totale", wide) + cell("100.000") + cell(paragraph("a") + paragraph("b|c")),
    )
    assert text_of(docx(table(*rows), numbering=listed)) == (
        "Settore | Voce | Costo | Anno\nEnergia | Caldaie | 12.000 |\n"
        "Energia | • uno • due | 88.000 | 2021\nTotale | | 100.000 | a b¦c"
    )


@pytest.mark.parametrize("mark", ["<w:hidden/>", "<w:del/>"])
def test_rows_that_nobody_sees(text_of, mark):
    rows = [cell("Voce") + cell("Costo"), cell("Caldaie") + cell("9")]
    gone = f"<w:trPr>{mark}</w:trPr>" + cell("Riservato") + cell("7")
    assert text_of(docx(table(*rows, gone))) == "Voce | Costo\nCaldaie | 9"


def test_tables_in_tables(text_of):
    inner = table(cell("Voce") + cell("Costo"), cell("Caldaie") + cell(""))
    filled = paragraph("Energia") + inner
    placed = table(cell(filled) + cell("a lato"))
    assert text_of(docx(placed)) == "Energia\n\nVoce | Costo\nCaldaie |\n\na lato"
    alone = table(cell(inner))
    assert text_of(docx(alone)) == "Voce | Costo\nCaldaie |"
    rows = [cell(f"Scuola {n}") + cell(inner if n == 1 else str(n)) for n in range(4)]
    assert text_of(docx(table(*rows))) == (
        "Scuola 0 | 0\nScuola 1 | Voce ¦ Costo Caldaie ¦\nScuola 2 | 2\nScuola 3 | 3"
    )


def test_boxes_and_what_is_drawn(read):
    box = (
        f"<w:txbxContent>{paragraph('nel riquadro')}{table(cell('a') + cell('b'))}</w:txbxContent>"
    )
    picture = "<w:drawing><wp:inline><a:graphic><pic:pic/></a:graphic></wp:inline></w:drawing>"
    chart = "<w:drawing><wp:inline><c:chart r:id='c1'/></wp:inline></w:drawing>"
    body = (
        paragraph(
            run("testo")
            + f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
            f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        )
        + paragraph(f"<w:r>{picture}</w:r><w:r>{chart}</w:r>")
        + paragraph(f"<w:r>{picture}</w:r>")
    )

    def cache(kind, values, code=""):
        points = "".join(f"<c:pt idx='{n}'><c:v>{v}</c:v></c:pt>" for n, v in enumerate(values))
        return f"<c:{kind}Ref><c:{kind}Cache>{code}{points}</c:{kind}Cache></c:{kind}Ref>"

    words = "<a:p><a:r><a:t>Dopo il pedibus</a:t></a:r></a:p>"
    title = f"<c:title><c:tx><c:rich>{words}</c:rich></c:tx></c:title>"
    percent = "<c:formatCode>0%</c:formatCode>"
    series = (
        f"<c:ser><c:tx>{cache('str', ['2021'])}</c:tx><c:cat>{cache('str', ['A piedi', 'In auto'])}"
        f"</c:cat><c:val>{cache('num', [44, 56.5])}</c:val></c:ser>"
        "<c:ser><c:tx><c:v>Quota</c:v></c:tx>"
        f"<c:val>{cache('num', ['', 0.565], percent)}</c:val></c:ser>"
    )
    parts = {
        "charts/chart1.xml": f"<c:chartSpace {NAMESPACES}><c:chart>{title}<c:plotArea><c:barChart>"
        f"{series}</c:barChart></c:plotArea></c:chart></c:chartSpace>"
    }
    document = read(docx(body, parts=parts, relations=relation("c1", "chart", "charts/chart1.xml")))
    assert "".join(page.text for page in document.pages) == (
        "testo\n\nnel riquadro\n\na | b\n\nDopo il pedibus\n\n"
        "| 2021 | Quota\nA piedi | 44 |\nIn auto | 56,5 | 57%"
    )
    assert [str(note) for note in document.notes] == ["2 pictures without text."]


BOLD = "<w:b/>"


def bold(text, more=""):
    return paragraph(run(text, BOLD + more))


def test_bold_lines_are_headings_where_no_styles_are(read):
    body = (
        paragraph(run("PREMESSA", BOLD) + run(": "))
        + paragraph(PROSE) * 2
        + bold("Art. 1 – Finalità")
        + paragraph(PROSE)
        + bold("Il contributo è di 250 euro per ogni famiglia che ne fa domanda entro giugno.")
        + paragraph(PROSE)
        + paragraph(run("Nota: ", BOLD) + run("solo l’inizio è grassetto"))
        + bold("domanda, bilancio e")
        + paragraph(run("RISULTATI", '<w:b w:val="0"/>'))
        + paragraph(PROSE)
        + bold("Totale: 12.000 euro;")
        + paragraph(PROSE)
        + paragraph(run("Monitoraggio", '<w:sz w:val="32"/>'))
        + paragraph(PROSE) * 2
        + bold("IL SINDACO")
        + bold("Mario Rossi")
    )
    assert [h.title for h in read(docx(body)).headings] == [
        "PREMESSA:",
        "Art. 1 – Finalità",
        "Monitoraggio",
    ]


def test_bold_text_throughout_makes_no_headings(read):
    assert not read(docx((bold("Riga breve") + bold("Altra riga breve")) * 6)).headings


def test_bold_lines_are_text_where_styles_make_headings(read):
    heading = style("Titolo1", "heading 1")
    body = (
        styled("Uno", "Titolo1") + paragraph(PROSE) + bold("In evidenza") + paragraph(PROSE)
    ) * 2
    assert [h.title for h in read(docx(body, heading)).headings] == ["Uno", "Uno"]


@pytest.mark.parametrize(
    "name", ["heading 1", "Titolo 1", "Überschrift 1", "Titre 1", "Título 1", "Nagłówek 1"]
)
def test_headings_by_the_names_of_styles(read, name):
    styles = style("X", name) + style("Y", "Casa", based_on="X")
    body = styled("Uno", "X") + paragraph(PROSE) + styled("Due", "Y") + paragraph(PROSE)
    assert [(h.level, h.title) for h in read(docx(body, styles)).headings] == [
        (1, "Uno"),
        (1, "Due"),
    ]


def test_headings_of_styles_that_the_file_does_not_describe(read):
    body = styled("Uno", "Titolo1") + paragraph(PROSE) + styled("Due", "Heading2") + paragraph("x")
    assert [(h.level, h.title) for h in read(docx(body)).headings] == [(1, "Uno"), (2, "Due")]


def test_strict_files_are_read(text_of):
    data = docx(paragraph(run("nel 2020") + run("3", RAISED)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {n: archive.read(n).decode() for n in archive.namelist()}
    strict = {
        n: content.replace(MAIN, "http://purl.oclc.org/ooxml/wordprocessingml/main")
        for n, content in members.items()
    }
    assert text_of(zipped(strict)) == "nel 2020[3]"


def test_a_file_of_many_paragraphs_is_read_in_seconds(read):
    body = (item("x") + paragraph("y")) * 30_000
    began = time.process_time()
    text = "".join(page.text for page in read(docx(body, numbering=ARTICLES)).pages)
    assert text.count("Art. ") == 30_000
    assert time.process_time() - began < 60
