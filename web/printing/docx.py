"""A paper as DOCX: headings, lists and tables of Word, and the language of each text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from web.printing.paper import (
    Block,
    Bullets,
    Citations,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperTable,
    Quote,
    Text,
    replace_unprintable,
    split_links,
)

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph as Lines

INK = "17324D"
BLUE = "0052A3"
MARGIN_CM = 2.0
REGIONS = {"it": "it-IT", "en": "en-GB", "fr": "fr-FR", "de": "de-DE", "es": "es-ES"}


def as_docx(paper: Paper) -> bytes:
    """The paper as a DOCX file, A4, landscape if a table has many columns."""
    import docx

    document = docx.Document()
    _set_up(document, paper)
    document.add_heading(replace_unprintable(paper.title), level=0)
    if paper.subtitle:
        document.add_paragraph(replace_unprintable(paper.subtitle), style="Subtitle")
    for block in paper.blocks:
        _block(document, block)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_up(document: Document, paper: Paper) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Cm, RGBColor

    properties = document.core_properties
    properties.title = replace_unprintable(paper.title)[:255]
    properties.author = paper.author
    properties.language = _region(paper.language)
    properties.comments = ""
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), _region(paper.language))
    for name in ("Title", "Heading 1", "Heading 2", "Heading 3"):
        document.styles[name].font.color.rgb = RGBColor.from_string(INK)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    if paper.wide:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Cm(MARGIN_CM))
    _number_pages(section.footer.paragraphs[0])


def _number_pages(line: Lines) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for before, field in (("", "PAGE"), (" / ", "NUMPAGES")):
        line.add_run(before)
        line._p.append(_element("w:fldSimple", instr=field))


def _block(document: Document, block: Block) -> None:
    match block:
        case PaperHeading():
            line = document.add_heading(level=block.level)
            _words(line, block.text, block.language)
        case PaperParagraph():
            _words(document.add_paragraph(), block.text, block.language)
        case Bullets():
            for item in block.items:
                _words(document.add_paragraph(style="List Bullet"), item, block.language)
        case Quote():
            _words(document.add_paragraph(style="Quote"), block.text, block.language)
            _words(document.add_paragraph(), ("— ", *split_links(block.citation)))
        case Citations():
            for number, entry in enumerate(block.entries, 1):
                _words(document.add_paragraph(), (f"[{number}] ", *split_links(entry)))
        case PaperTable():
            _table(document, block)


def _table(document: Document, table: PaperTable) -> None:
    from docx.shared import Emu

    if table.caption:
        document.add_paragraph(replace_unprintable(table.caption), style="Caption")
    drawn = document.add_table(rows=1, cols=len(table.header), style="Table Grid")
    drawn.rows[0]._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))
    _row(drawn.rows[0].cells, list(table.header), bold=len(table.header))
    for row in table.rows:
        _row(drawn.add_row().cells, table.cells(row), bold=1)
    section = document.sections[0]
    room = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    drawn.autofit = False
    for column, share in zip(drawn.columns, table.shares, strict=True):
        column.width = Emu(int(room * share))
    document.add_paragraph()


def _row(cells: Sequence[_Cell], texts: Sequence[Text], bold: int) -> None:
    """Fill a row; its first ``bold`` cells are headings."""
    for number, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        _words(cell.paragraphs[0], text)
        for run in cell.paragraphs[0].runs:
            run.bold = number < bold


def _words(line: Lines, text: Text, language: str = "") -> None:
    for piece in split_links(text):
        if isinstance(piece, PaperLink):
            _link(line, piece)
        else:
            line.add_run(piece)
    if language:
        for run in line.runs:
            run._r.get_or_add_rPr().append(_element("w:lang", val=_region(language)))


def _link(line: Lines, link: PaperLink) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    run = line.add_run(link.text)
    run.font.color.rgb = RGBColor.from_string(BLUE)
    run.font.underline = True
    hyperlink = _element("w:hyperlink")
    related = line.part.relate_to(link.url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    hyperlink.set(qn("r:id"), related)
    line._p.append(hyperlink)
    hyperlink.append(run._r)


def _region(language: str) -> str:
    """The language tag with country that word processors expect."""
    return REGIONS.get(language, language)


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(name)
    for attribute, value in attributes.items():
        element.set(qn(f"w:{attribute}"), value)
    return element
