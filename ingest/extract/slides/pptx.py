"""Presentations (PPTX, slide shows, templates, with macros, strict): a page for each slide with
title, boxes in reading order, and notes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.extract.extracted import Extracted, ExtractRequest, RawHeading, RawPage, storable
from ingest.extract.ooxml.properties import office_about
from ingest.extract.shared.about import one_line, sensible_title
from ingest.extract.shared.blocks import Block, join_blocks
from ingest.extract.shared.verdict import judge
from ingest.extract.slides.package import open_presentation
from ingest.extract.slides.pictures import Pictures, unread_slides
from ingest.extract.slides.shapes import Shapes
from ingest.extract.sniff import PPTX
from kb.domain import PageUnit, Verdict
from kb.messages import N_, Message

LONGEST_TITLE = 100
"""Characters of a first line that serves as title."""
_NUMBER_FIELD = re.compile(r"\s*(?:‹.{0,4}›)?\s*")  # PowerPoint's placeholder for the slide number


@dataclass
class _Deck:
    """Results gathered slide by slide."""

    pages: list[RawPage] = field(default_factory=list)
    headings: list[RawHeading] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    hidden: int = 0


def extract_pptx(source: ExtractRequest) -> Extracted:
    presentation = open_presentation(source.path)
    slides = list(presentation.slides)
    deck = _Deck()
    size = (presentation.slide_width or 1) * (presentation.slide_height or 1)
    pictures = Pictures(source.settings, size)
    with zipfile.ZipFile(source.path) as archive:
        shapes = Shapes(archive)
        for number, slide in enumerate(slides, 1):
            _add_slide(deck, number, slide, shapes, pictures)
            source.on_page(number, len(slides))
    about = office_about(source.path)
    first = deck.headings[0].title if deck.headings else ""
    return Extracted(
        media_type=PPTX,
        unit=PageUnit.SLIDE,
        pages=tuple(deck.pages),
        headings=tuple(deck.headings),
        title=about.title or sensible_title(first),
        authors=about.authors,
        language=about.language,
        year=about.year,
        statements=about.statements,
        notes=(*deck.notes, *unread_slides(deck.pages, deck.hidden)),
    )


def _add_slide(deck: _Deck, number: int, slide: Any, shapes: Shapes, pictures: Pictures) -> None:
    """Read a slide. A hidden slide becomes a page without text, so that the numbers of the others
    stay."""
    if slide._element.get("show") in ("0", "false"):
        deck.hidden += 1
        deck.pages.append(RawPage(number, "", Verdict.EMPTY))
        return
    try:
        title, blocks, recognised = _read_slide(slide, shapes, pictures)
    except Exception as error:  # a damaged part may raise anything
        title, blocks, recognised = "", [], False
        deck.notes.append(
            Message(
                N_("Slide {slide}: {reason}"),
                {"slide": number, "reason": f"{type(error).__name__}: {error}"[:120]},
            )
        )
    text, _, tables = join_blocks(blocks)
    text = storable(text)
    verdict = judge(text)
    if recognised and verdict is Verdict.TEXT:
        verdict = Verdict.OCR
    deck.pages.append(RawPage(number, text, verdict, tables=tuple(tables)))
    if title:
        deck.headings.append(RawHeading(1, title, number, 0))


def _read_slide(slide: Any, shapes: Shapes, pictures: Pictures) -> tuple[str, list[Block], bool]:
    """The title, or the first line if there is none; the blocks, title first; whether most of the
    text was recognised on pictures."""
    title_shape = slide.shapes.title
    title = one_line(title_shape.text_frame.text.replace("\x0b", " ")) if title_shape else ""
    body = list(shapes.blocks(slide, title_shape))
    blocks = [block for block in (Block(title), *body) if not _NUMBER_FIELD.fullmatch(block.text)]
    seen = sum(len(block.text) for block in blocks)
    recognised = pictures.read(shapes.pictures(slide)) if seen < pictures.ENOUGH_TEXT else ""
    if recognised:
        blocks.append(Block(recognised))
    blocks += _read_notes(slide)
    first = blocks[0].text.partition("\n")[0] if blocks else ""
    return title or (first if len(first) <= LONGEST_TITLE else ""), blocks, len(recognised) > seen


def _read_notes(slide: Any) -> Iterator[Block]:
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame):
        yield Block(frame.text)
