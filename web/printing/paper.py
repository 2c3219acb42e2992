"""A paper as values, independent of the format.

``as_pdf``, ``as_docx`` and ``as_csv`` in the neighbouring modules write it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class PaperLink:
    """Words linked to an address."""

    text: str
    url: str


Text = str | PaperLink | Sequence[str | PaperLink]
"""Words, some of them links."""


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


@dataclass(frozen=True)
class Bullets:
    items: Sequence[Text]
    language: str = ""


@dataclass(frozen=True)
class PaperTable:
    """Rows whose first cell is a heading. A cell that is None or absent shows ``missing``."""

    header: Sequence[str]
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

    def cells(self, row: Sequence[Text | None]) -> list[Text]:
        """The row padded to the length of the header."""
        full = [*row, *(None for _ in range(len(self.header) - len(row)))]
        return [self.missing if cell is None else cell for cell in full[: len(self.header)]]


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


Block = PaperHeading | PaperParagraph | Bullets | PaperTable | Quote | Citations


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

    @property
    def wide(self) -> bool:
        """Whether a table has too many columns for a portrait page."""
        return any(isinstance(one, PaperTable) and len(one.header) > 3 for one in self.blocks)


def split_links(text: Text) -> list[str | PaperLink]:
    """The words and links of a text, without control characters, which no format allows."""
    listed = [text] if isinstance(text, str | PaperLink) else list(text)
    return [
        PaperLink(replace_unprintable(one.text), one.url)
        if isinstance(one, PaperLink)
        else replace_unprintable(one)
        for one in listed
    ]


def plain_text_of(text: Text) -> str:
    return "".join(one.text if isinstance(one, PaperLink) else one for one in split_links(text))


def replace_unprintable(text: str) -> str:
    return _UNPRINTABLE.sub("", text)
