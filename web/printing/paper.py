"""A paper as values, independent of the format.

``as_pdf``, ``as_docx`` and ``as_csv`` in the neighbouring modules write it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
WIDE_COLUMNS = 5
"""A table with as many columns and long texts is printed on a landscape page."""
SHORT_TEXT = 90
"""Characters of a cell that takes at most five lines in a column of a portrait page."""
MOST_COLUMNS = 6
"""Of a table on a portrait page."""


@dataclass(frozen=True)
class PaperLink:
    """Words linked to an address."""

    text: str
    url: str


@dataclass(frozen=True)
class Foreign:
    """Words in another language than the text around them, such as the title of a source."""

    text: str
    language: str


Piece = str | PaperLink | Foreign
Text = Piece | Sequence[Piece]
"""Words, some of them links or in another language."""


@dataclass(frozen=True)
class PaperHeading:
    """``level`` 1 to 3, below the paper's title."""

    text: str
    level: int = 1
    language: str = ""


@dataclass(frozen=True)
class PaperParagraph:
    text: Text
    language: str = ""
    """Of the text, if it differs from the paper's."""
    small: bool = False
    """Whether it is a remark, in small letters."""


@dataclass(frozen=True)
class Bullets:
    items: Sequence[Text]
    language: str = ""


@dataclass(frozen=True)
class PaperTable:
    """Rows whose first cell is a heading. A cell that is None or absent shows ``missing``."""

    header: Sequence[Text]
    rows: Sequence[Sequence[Text | None]]
    missing: str
    caption: str = ""
    widths: Sequence[float] = ()
    """Relative column widths; by default the row headings' is smaller."""

    @property
    def shares(self) -> list[float]:
        """Column widths as fractions of the page width; their sum is 1."""
        others = len(self.header) - 1
        weights = list(self.widths) or [0.7 if others > 1 else 0.5, *(1.0 for _ in range(others))]
        return [weight / sum(weights) for weight in weights]

    @property
    def wide(self) -> bool:
        """Whether a portrait page is too narrow for it."""
        if len(self.header) < WIDE_COLUMNS:
            return False
        cells = (cell for row in (self.header, *self.rows) for cell in row if cell is not None)
        longest = max(len(plain_text_of(cell)) for cell in cells)
        return len(self.header) > MOST_COLUMNS or longest > SHORT_TEXT

    def cells(self, row: Sequence[Text | None]) -> list[Text]:
        """The row padded to the length of the header."""
        full = [*row, *(None for _ in range(len(self.header) - len(row)))]
        return [self.missing if cell is None else cell for cell in full[: len(self.header)]]


@dataclass(frozen=True)
class Facts:
    """Names and their values, one per line, such as the head of a memo."""

    rows: Sequence[tuple[str, Text]]


@dataclass(frozen=True)
class Quote:
    """A verbatim quotation and its source."""

    text: str
    citation: Text
    language: str = ""


@dataclass(frozen=True)
class Citations:
    """Numbered sources, from 1; the text refers to them as ``[1]``."""

    entries: Sequence[Text]


@dataclass(frozen=True)
class PaperPicture:
    """An image (SVG, WebP, PNG or JPEG) with the words that stand for it. ``width``: fraction of
    the text width; ``credit``: author and licence, printed below."""

    content: bytes
    alt: str
    credit: str = ""
    width: float = 1.0


@dataclass(frozen=True)
class WebAddress:
    """An address on the site, as words and as a QR code."""

    words: str
    url: str


@dataclass(frozen=True)
class TableOfContents:
    """The headings below, up to ``depth``, with their pages."""

    title: str
    depth: int = 2


Block = (
    PaperHeading
    | PaperParagraph
    | Bullets
    | PaperTable
    | Facts
    | Quote
    | Citations
    | PaperPicture
    | WebAddress
    | TableOfContents
)


@dataclass(frozen=True)
class Paper:
    """A printable document. ``language`` is an ISO 639 code; ``author`` may be empty."""

    title: str
    subtitle: str
    language: str
    blocks: Sequence[Block]
    author: str = "Terre Comuni"
    cover: bytes = b""
    """SVG or WebP image, three times as wide as high, above the title of the PDF."""
    cover_alt: str = ""
    kind: str = ""
    """What it is ("Memo", "Practice sheet"), above the title and at the foot of each page."""
    day: date | None = None
    """When it was made, in the data about the file."""
    columns: int = 1
    """Columns of the PDF below the title; with more than one it has no wide tables."""


def split_links(text: Text) -> list[Piece]:
    """The words and links of a text, without control characters, which no format allows."""
    listed: list[Piece] = [text] if isinstance(text, str | PaperLink | Foreign) else list(text)
    return [_cleaned(one) for one in listed]


def _cleaned(piece: Piece) -> Piece:
    match piece:
        case PaperLink(text, url):
            return PaperLink(replace_unprintable(text), replace_unprintable(url))
        case Foreign(text, language):
            return Foreign(replace_unprintable(text), language)
        case str():
            return replace_unprintable(piece)


def plain_text_of(text: Text) -> str:
    return "".join(one if isinstance(one, str) else one.text for one in split_links(text))


def replace_unprintable(text: str) -> str:
    return _UNPRINTABLE.sub("", text)
