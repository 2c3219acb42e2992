"""A paper as values: what is written in it, apart from the format it is written to.

``as_pdf``, ``as_docx`` and ``as_csv`` in the modules beside this one do the writing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class PaperLink:
    """Words that lead to an address."""

    text: str
    url: str


Text = str | PaperLink | Sequence[str | PaperLink]
"""Words, some of which may be links."""


@dataclass(frozen=True)
class PaperHeading:
    """``level`` 1 to 3; the title of the paper stands above level 1."""

    text: str
    level: int = 1
    language: str = ""


@dataclass(frozen=True)
class PaperParagraph:
    text: Text
    language: str = ""
    """Of the text, where it is not that of the paper."""


@dataclass(frozen=True)
class Bullets:
    items: Sequence[Text]
    language: str = ""


@dataclass(frozen=True)
class PaperTable:
    """Rows whose first cell is their heading. A missing cell, ``None`` or beyond the end of a
    short row, shows ``missing``."""

    header: Sequence[str]
    rows: Sequence[Sequence[Text | None]]
    missing: str
    caption: str = ""
    widths: Sequence[float] = ()
    """Of the columns, relative to one another; by default that of the row headings is narrower."""

    @property
    def shares(self) -> list[float]:
        """The part of the page that each column takes, together 1."""
        others = len(self.header) - 1
        weights = list(self.widths) or [0.7 if others > 1 else 0.5, *(1.0 for _ in range(others))]
        return [weight / sum(weights) for weight in weights]

    def cells(self, row: Sequence[Text | None]) -> list[Text]:
        """As many cells as the header has."""
        full = [*row, *(None for _ in range(len(self.header) - len(row)))]
        return [self.missing if cell is None else cell for cell in full[: len(self.header)]]


@dataclass(frozen=True)
class Quote:
    """Words of someone else, verbatim, and where they stand."""

    text: str
    citation: Text
    language: str = ""


@dataclass(frozen=True)
class Citations:
    """Numbered sources, from 1, in order; the text refers to them as ``[1]``."""

    entries: Sequence[Text]


Block = PaperHeading | PaperParagraph | Bullets | PaperTable | Quote | Citations


@dataclass(frozen=True)
class Paper:
    """A document to hand on. ``language`` is an ISO 639 code; ``author`` may be empty."""

    title: str
    subtitle: str
    language: str
    blocks: Sequence[Block]
    author: str = "Terre Comuni"
    cover: bytes = b""
    """An image, SVG or WebP, three times as wide as high, above the title of the PDF."""
    cover_alt: str = ""

    @property
    def wide(self) -> bool:
        """Whether a table has more columns than an upright page has room for."""
        return any(isinstance(one, PaperTable) and len(one.header) > 3 for one in self.blocks)


def split_links(text: Text) -> list[str | PaperLink]:
    """The words and links of a text, without the control characters no format can hold."""
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
