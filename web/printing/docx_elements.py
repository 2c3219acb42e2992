"""Elements of WordprocessingML that python-docx has no function for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from web.printing.paper import PaperLink

if TYPE_CHECKING:
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph as Lines
    from docx.text.run import Run

INK = "17324D"
BLUE = "0052A3"
RULE = "C8CFD6"
TINT = "EEF2F6"
REGIONS = {"it": "it-IT", "en": "en-GB", "fr": "fr-FR", "de": "de-DE", "es": "es-ES"}


def element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made


def region_of(language: str) -> str:
    """The language tag with country that word processors expect."""
    return REGIONS.get(language, language)


def append_language(run: Run, language: str) -> None:
    run._r.get_or_add_rPr().append(element("w:lang", val=region_of(language)))


def link_words(line: Lines, link: PaperLink) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    run = line.add_run(link.text)
    run.font.color.rgb = RGBColor.from_string(BLUE)
    run.font.underline = True
    hyperlink = element("w:hyperlink")
    related = line.part.relate_to(link.url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    hyperlink.set(qn("r:id"), related)
    line._p.append(hyperlink)
    hyperlink.append(run._r)


def draw_lines(table: Table) -> None:
    """Thin grey lines below the rows, and first row and column declared as headings."""
    from docx.oxml.ns import qn

    properties = table._tbl.tblPr
    borders = element("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(element(f"w:{side}", val="single", sz="4", space="0", color=RULE))
    look = properties.find(qn("w:tblLook"))
    if look is None:
        properties.append(borders)
        return
    look.addprevious(borders)
    look.set(qn("w:firstRow"), "1")
    look.set(qn("w:firstColumn"), "1")


def shade(cell: _Cell) -> None:
    cell._tc.get_or_add_tcPr().append(element("w:shd", val="clear", color="auto", fill=TINT))
