"""A paper as PDF with embedded fonts, outline, document language, page numbers and links."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kb.messages import N_, ConfigurationError
from web.assets import VENDOR
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
    plain_text_of,
    replace_unprintable,
    split_links,
)
from web.printing.scripts import scripts_of, texts_in

if TYPE_CHECKING:
    from fpdf import FPDF

FAMILY = "Source Sans 3"
FONTS = {"": "regular.ttf", "I": "italic.ttf", "B": "bold.ttf"}
MARGIN_MM = 18
INDENT_MM = 6
LEADING = 1.35
INK = (23, 50, 77)
TEXT = (25, 30, 36)
QUIET = (91, 101, 112)
BLUE = (0, 82, 163)
RULE = (200, 207, 214)
HEADER_FILL = (238, 242, 246)
HEADING_PT = {1: 14.0, 2: 12.0, 3: 11.0}
BODY_PT = 10.5
TABLE_PT = 9.0
CELL_PADDING_MM = 1.5
COVER_SHAPE = 3
"""Width of a cover divided by its height."""
ROW_SHARE = 0.6
"""Largest height of a table row as a fraction of the page."""
HEADING_CHARACTERS = 160


def as_pdf(paper: Paper) -> bytes:
    """The paper as a PDF file, A4, landscape if a table has many columns.

    Raises:
        ConfigurationError: the fonts are not installed.
    """
    pdf = _opened(paper)
    _title(pdf, paper)
    for block in paper.blocks:
        _block(pdf, block)
    return bytes(pdf.output())


def _opened(paper: Paper) -> FPDF:
    from fpdf import FPDF
    from fpdf.prefs import ViewerPreferences

    _require_fonts()
    scripts = scripts_of(texts_in(paper), VENDOR / "print" / FONTS[""])

    class Pages(FPDF):
        def footer(self) -> None:
            self.set_y(-MARGIN_MM + 4)
            _font(self, "", 8.5, QUIET)
            self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="C")

        def normalize_text(self, text: str) -> str:
            return str(super().normalize_text(scripts.drawable(text)))

    pdf = Pages("landscape" if paper.wide else "portrait", "mm", "A4")
    pdf.set_margins(MARGIN_MM, MARGIN_MM)
    pdf.set_auto_page_break(True, MARGIN_MM)
    for style, name in FONTS.items():
        pdf.add_font(FAMILY, style, VENDOR / "print" / name)
    for path in scripts.fallbacks:
        pdf.add_font(path.stem, "", path)
    pdf.set_fallback_fonts([path.stem for path in scripts.fallbacks], exact_match=False)
    pdf.set_text_shaping(scripts.shaped)
    pdf.set_lang(paper.language)
    pdf.set_title(replace_unprintable(paper.title))
    pdf.set_author(paper.author)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    pdf.add_page()
    return pdf


def _require_fonts() -> None:
    if not all((VENDOR / "print" / name).is_file() for name in FONTS.values()):
        raise ConfigurationError(
            N_("The fonts for printing are missing: run “make install”, then try again.")
        )


def _font(pdf: FPDF, style: str, size_pt: float, colour: tuple[int, int, int] = TEXT) -> None:
    pdf.font_family = ""  # what was written last may have set another font in the page's stream
    pdf.set_font(FAMILY, style, size_pt)
    pdf.set_text_color(*colour)


def _line_mm(pdf: FPDF) -> float:
    return float(pdf.font_size * LEADING)


def _title(pdf: FPDF, paper: Paper) -> None:
    if paper.cover:
        _cover(pdf, paper)
    pdf.start_section(replace_unprintable(paper.title), level=0)
    _font(pdf, "B", 20, INK)
    pdf.multi_cell(0, _line_mm(pdf), replace_unprintable(paper.title), align="L", new_x="LMARGIN")
    if paper.subtitle:
        _font(pdf, "", 11, QUIET)
        pdf.multi_cell(
            0, _line_mm(pdf), replace_unprintable(paper.subtitle), align="L", new_x="LMARGIN"
        )
    pdf.ln(2)
    pdf.set_draw_color(*RULE)
    pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
    pdf.ln(4)


def _cover(pdf: FPDF, paper: Paper) -> None:
    """The image scaled to the text width and clipped to its frame."""
    left, top, width = pdf.l_margin, pdf.get_y(), pdf.epw
    height = width / COVER_SHAPE
    with pdf.rect_clip(left, top, width, height):
        pdf.image(io.BytesIO(paper.cover), left, top, width, height, alt_text=paper.cover_alt)
    pdf.set_xy(left, top + height)
    pdf.ln(6)


def _block(pdf: FPDF, block: Block) -> None:
    match block:
        case PaperHeading():
            _heading(pdf, block)
        case PaperParagraph():
            _words(pdf, block.text)
        case Bullets():
            _list(pdf, [("•", item) for item in block.items])
        case Citations():
            _list(pdf, [(f"[{n}]", entry) for n, entry in enumerate(block.entries, 1)], 9)
        case Quote():
            _quote(pdf, block)
        case PaperTable():
            _table(pdf, block)


def _heading(pdf: FPDF, heading: PaperHeading) -> None:
    _font(pdf, "B", HEADING_PT[heading.level], INK)
    if pdf.will_page_break(4 * _line_mm(pdf)):
        pdf.add_page()
    pdf.ln(3)
    pdf.start_section(replace_unprintable(heading.text), level=heading.level, strict=False)
    pdf.multi_cell(0, _line_mm(pdf), replace_unprintable(heading.text), align="L", new_x="LMARGIN")
    pdf.ln(1)


def _words(pdf: FPDF, text: Text, style: str = "", size_pt: float = BODY_PT) -> None:
    for piece in split_links(text):
        if isinstance(piece, PaperLink):
            _font(pdf, style, size_pt, BLUE)
            pdf.write(_line_mm(pdf), piece.text, piece.url)
        else:
            _font(pdf, style, size_pt)
            pdf.write(_line_mm(pdf), piece)
    pdf.ln(_line_mm(pdf) + 1.5)


def _list(pdf: FPDF, entries: Sequence[tuple[str, Text]], size_pt: float = BODY_PT) -> None:
    left = pdf.l_margin
    _font(pdf, "", size_pt)
    widest = max((pdf.get_string_width(mark) for mark, _ in entries), default=0)
    indent = max(INDENT_MM, widest + 2 * pdf.c_margin)
    for mark, text in entries:
        _font(pdf, "", size_pt)
        if pdf.will_page_break(_line_mm(pdf)):
            pdf.add_page()
        pdf.cell(indent, _line_mm(pdf), mark)
        pdf.set_left_margin(left + indent)
        pdf.set_x(left + indent)
        _words(pdf, text, size_pt=size_pt)
        pdf.set_left_margin(left)
        pdf.set_x(left)


def _quote(pdf: FPDF, quote: Quote) -> None:
    left = pdf.l_margin
    pdf.set_left_margin(left + INDENT_MM)
    pdf.set_x(left + INDENT_MM)
    _words(pdf, quote.text, "I")
    _words(pdf, ("— ", *split_links(quote.citation)), size_pt=9)
    pdf.set_left_margin(left)
    pdf.set_x(left)


def _table(pdf: FPDF, table: PaperTable) -> None:
    from fpdf.fonts import FontFace

    if table.caption:
        _words(pdf, table.caption, "I", 9)
    _font(pdf, "", TABLE_PT)
    shares = table.shares
    widths = [pdf.epw * share for share in shares]
    pdf.set_draw_color(*RULE)
    with pdf.table(
        width=pdf.epw,
        col_widths=shares,
        headings_style=FontFace(emphasis="BOLD", color=INK, fill_color=HEADER_FILL),
        line_height=_line_mm(pdf),
        padding=CELL_PADDING_MM,
        text_align="LEFT",
        v_align="TOP",
        borders_layout="HORIZONTAL_LINES",
    ) as drawn:
        drawn.row([_shorten(replace_unprintable(cell)) for cell in table.header])
        bold = FontFace(emphasis="BOLD", color=INK)
        for row in table.rows:
            cells = table.cells(row)
            for part in _split_row(pdf, [plain_text_of(cell) for cell in cells], widths):
                out = drawn.row()
                for n, (words, cell) in enumerate(zip(part, cells, strict=True)):
                    out.cell(words, style=bold if n == 0 else None, link=_address(cell))
    pdf.ln(4)


def _split_row(pdf: FPDF, cells: Sequence[str], widths: Sequence[float]) -> Iterator[list[str]]:
    """The row, or several rows with a part each if it is higher than a page allows."""
    most = int(pdf.eph * ROW_SHARE / _line_mm(pdf))
    lines = [_wrap(pdf, cell, width) for width, cell in zip(widths, cells, strict=True)]
    longest = max(map(len, lines))
    if longest <= most:
        yield list(cells)
        return
    for start in range(0, longest, most):
        yield ["\n".join(cell[start : start + most]) for cell in lines]


def _wrap(pdf: FPDF, cell: str, width: float) -> list[str]:
    """The lines that a cell wraps to, measured in bold, the widest style."""
    from fpdf.enums import MethodReturnValue

    inside = width - 2 * CELL_PADDING_MM
    _font(pdf, "B", TABLE_PT)
    broken: Any = pdf.multi_cell(
        inside, _line_mm(pdf), cell, align="L", dry_run=True, output=MethodReturnValue.LINES
    )
    _font(pdf, "", TABLE_PT)
    return list(broken)


def _shorten(heading: str) -> str:
    """A column heading cut to ``HEADING_CHARACTERS``: it repeats on every page of its table."""
    return heading if len(heading) <= HEADING_CHARACTERS else heading[:HEADING_CHARACTERS] + "…"


def _address(cell: Text) -> str | None:
    """The address that a cell links to: its first link."""
    return next((piece.url for piece in split_links(cell) if isinstance(piece, PaperLink)), None)
