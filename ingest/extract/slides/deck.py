"""The slides of a presentation, read one by one: a page for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ingest.extract.extracted import Extracted, RawHeading, RawPage
from ingest.extract.ooxml.properties import OfficeAbout
from ingest.extract.shared.about import sensible_title
from ingest.extract.shared.blocks import Block, join_blocks
from ingest.extract.shared.verdict import judge
from ingest.extract.slides.pictures import unread_slides
from kb.domain import PageUnit, Verdict
from kb.messages import Message
from kb.text.storable import storable

LONGEST_TITLE = 100
"""Characters of a first line that serves as title."""


@dataclass
class Deck:
    """Pages and titles in order; ``hidden`` counts the slides that are not shown."""

    pages: list[RawPage] = field(default_factory=list)
    headings: list[RawHeading] = field(default_factory=list)
    hidden: int = 0

    def add_hidden(self) -> None:
        """Add a page without text, so that the numbers of the others stay."""
        self.hidden += 1
        self.pages.append(RawPage(len(self.pages) + 1, "", Verdict.EMPTY))

    def add(self, title: str, blocks: Iterable[Block], *, recognised: bool) -> None:
        """``recognised``: most of the text was read from pictures."""
        number = len(self.pages) + 1
        text, _, tables = join_blocks(blocks)
        text = storable(text)
        verdict = judge(text)
        if recognised and verdict is Verdict.TEXT:
            verdict = Verdict.OCR
        self.pages.append(RawPage(number, text, verdict, tables=tuple(tables)))
        if title:
            self.headings.append(RawHeading(1, title, number, 0))

    def extracted(
        self, media_type: str, about: OfficeAbout, notes: Sequence[Message] = ()
    ) -> Extracted:
        """The presentation, by the title of its first slide if the file has none of its own."""
        first = self.headings[0].title if self.headings else ""
        return Extracted(
            media_type=media_type,
            unit=PageUnit.SLIDE,
            pages=tuple(self.pages),
            headings=tuple(self.headings),
            title=about.title or sensible_title(first),
            authors=about.authors,
            language=about.language,
            year=about.year,
            statements=about.statements,
            notes=(*notes, *unread_slides(self.pages, self.hidden)),
        )


def title_or_first_line(title: str, blocks: Sequence[Block]) -> str:
    """The title, or the first line if it is short; else nothing."""
    first = blocks[0].text.partition("\n")[0] if blocks else ""
    return title or (first if len(first) <= LONGEST_TITLE else "")
