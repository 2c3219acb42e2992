"""A paper as DOCX: headings, lists and tables of Word, and the language of each text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from web.printing.docx_elements import (
    INK,
    append_language,
    draw_lines,
    element,
    link_words,
    region_of,
    shade,
)
from web.printing.paper import (
    Block,
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
    Text,
    WebAddress,
    replace_unprintable,
    split_links,
)

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph as Lines

MARGIN_CM = 2.0
A4_CM = (21.0, 29.7)
BODY_PT = 10.5
SMALL_PT = 9
FACTS_SHARES = (0.25, 0.75)


def as_docx(paper: Paper) -> bytes:
    """The paper as a DOCX file, A4; tables with many columns stand on landscape pages."""
    import docx

    document = docx.Document()
    _set_up(document, paper)
    if paper.kind:
        _words(document.add_paragraph(), paper.kind)
    document.add_heading(replace_unprintable(paper.title), level=0)
    if paper.subtitle:
        document.add_paragraph(replace_unprintable(paper.subtitle), style="Subtitle")
    for number, block in enumerate(paper.blocks):
        if isinstance(block, PaperTable) and block.wide:
            _turn_page(document, landscape=True)
            _table(document, block)
            if number + 1 < len(paper.blocks):
                _turn_page(document, landscape=False)
        else:
            _block(document, block, paper)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_up(document: Document, paper: Paper) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    properties = document.core_properties
    properties.title = replace_unprintable(paper.title)[:255]
    properties.subject = replace_unprintable(paper.kind)[:255]
    properties.author = paper.author
    properties.language = region_of(paper.language)
    properties.comments = ""
    if paper.day:
        properties.created = properties.modified = datetime.combine(paper.day, datetime.min.time())
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), region_of(paper.language))
    for name in ("Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "Caption"):
        document.styles[name].font.color.rgb = RGBColor.from_string(INK)
    document.styles["Normal"].font.size = Pt(BODY_PT)
    _set_size(document.sections[0], landscape=False)
    _number_pages(document.sections[0].footer.paragraphs[0])


def _set_size(section: Section, *, landscape: bool) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    width, height = reversed(A4_CM) if landscape else A4_CM
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(width), Cm(height)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Cm(MARGIN_CM))


def _turn_page(document: Document, *, landscape: bool) -> None:
    from docx.enum.section import WD_SECTION

    _set_size(document.add_section(WD_SECTION.NEW_PAGE), landscape=landscape)


def _number_pages(line: Lines) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for before, field in (("", "PAGE"), (" / ", "NUMPAGES")):
        line.add_run(before)
        line._p.append(element("w:fldSimple", instr=field))


def _block(document: Document, block: Block, paper: Paper) -> None:
    match block:
        case PaperHeading():
            line = document.add_heading(level=block.level)
            _words(line, block.text, block.language)
        case PaperParagraph():
            line = document.add_paragraph()
            _words(line, block.text, block.language)
            if block.small:
                _set_small(line)
        case Bullets():
            for item in block.items:
                _words(document.add_paragraph(style="List Bullet"), item, block.language)
        case Quote():
            _words(document.add_paragraph(style="Quote"), block.text, block.language)
            _words(document.add_paragraph(), ("— ", *split_links(block.citation)))
        case Citations():
            for number, entry in enumerate(block.entries, 1):
                _words(document.add_paragraph(), (f"[{number}] ", *split_links(entry)))
        case _:
            _figure(document, block, paper)


def _figure(
    document: Document,
    block: PaperTable | Facts | PaperPicture | WebAddress | TableOfContents,
    paper: Paper,
) -> None:
    match block:
        case PaperTable():
            _table(document, block)
        case Facts():
            _facts(document, block)
        case PaperPicture():
            _picture(document, block)
        case WebAddress():
            _words(document.add_paragraph(), (f"{block.words} ", PaperLink(block.url, block.url)))
        case TableOfContents():
            _contents(document, block, paper)


def _contents(document: Document, contents: TableOfContents, paper: Paper) -> None:
    document.add_heading(contents.title, level=1)
    for block in paper.blocks:
        if isinstance(block, PaperHeading) and block.level <= contents.depth:
            _words(document.add_paragraph(style="List Bullet"), block.text, block.language)


def _picture(document: Document, picture: PaperPicture) -> None:
    """The image as PNG, with its alternative text; drawings (SVG) are left out, Word has none."""
    from docx.oxml.ns import qn
    from docx.shared import Emu
    from PIL import Image, UnidentifiedImageError

    image = io.BytesIO()
    try:
        Image.open(io.BytesIO(picture.content)).convert("RGB").save(image, "PNG")
    except UnidentifiedImageError:
        return
    image.seek(0)
    document.add_picture(image, width=Emu(int(_room(document) * picture.width)))
    for shown in document.paragraphs[-1]._p.iter(qn("wp:docPr")):
        shown.set("descr", replace_unprintable(picture.alt))
    if picture.credit:
        document.add_paragraph(replace_unprintable(picture.credit), style="Caption")


def _facts(document: Document, facts: Facts) -> None:
    if not facts.rows:
        return
    drawn = document.add_table(rows=0, cols=2)
    for name, value in facts.rows:
        _row(drawn.add_row().cells, [name, value], bold=1)
    _finish(document, drawn, FACTS_SHARES)


def _table(document: Document, table: PaperTable) -> None:
    if table.caption:
        caption = document.add_paragraph(replace_unprintable(table.caption), style="Caption")
        caption.paragraph_format.keep_with_next = True
    drawn = document.add_table(rows=1, cols=len(table.header))
    drawn.rows[0]._tr.get_or_add_trPr().append(element("w:tblHeader", val="true"))
    _row(drawn.rows[0].cells, list(table.header), bold=len(table.header))
    for cell in drawn.rows[0].cells:
        shade(cell)
    for row in table.rows:
        _row(drawn.add_row().cells, table.cells(row), bold=1)
    _finish(document, drawn, table.shares)
    for row in drawn.rows:
        for cell in row.cells:
            _set_small(cell.paragraphs[0])


def _finish(document: Document, drawn: Table, shares: Sequence[float]) -> None:
    """Thin grey lines between rows, column widths, rows that stay together on a page."""
    from docx.shared import Emu

    draw_lines(drawn)
    drawn.autofit = False
    room = _room(document)
    for column, share in zip(drawn.columns, shares, strict=True):
        column.width = Emu(int(room * share))
    document.add_paragraph()


def _room(document: Document) -> int:
    section = document.sections[-1]
    margins = (section.left_margin or 0) + (section.right_margin or 0)
    return (section.page_width or 0) - margins


def _set_small(line: Lines) -> None:
    from docx.shared import Pt

    line.paragraph_format.space_after = Pt(2)
    for run in line.runs:
        run.font.size = Pt(SMALL_PT)


def _row(cells: Sequence[_Cell], texts: Sequence[Text], bold: int) -> None:
    """Fill a row; its first ``bold`` cells are headings."""
    for number, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        _words(cell.paragraphs[0], text)
        for run in cell.paragraphs[0].runs:
            run.bold = number < bold


def _words(line: Lines, text: Text, language: str = "") -> None:
    for piece in split_links(text):
        if isinstance(piece, PaperLink):
            link_words(line, piece)
        elif isinstance(piece, Foreign):
            append_language(line.add_run(piece.text), piece.language)
        else:
            line.add_run(piece)
    if language:
        for run in line.runs:
            append_language(run, language)
