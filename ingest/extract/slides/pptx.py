"""Presentations (PPTX, slide shows, templates, with macros, strict): a page for each slide with
title, boxes in reading order, and notes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any

from ingest.extract.extracted import Extracted, ExtractRequest
from ingest.extract.ooxml.properties import office_about
from ingest.extract.shared.about import one_line
from ingest.extract.shared.blocks import Block
from ingest.extract.slides.deck import Deck, title_or_first_line
from ingest.extract.slides.package import open_presentation
from ingest.extract.slides.pictures import Pictures
from ingest.extract.slides.shapes import Shapes
from ingest.extract.sniff import PPTX
from kb.messages import N_, Message

_NUMBER_FIELD = re.compile(r"\s*(?:‹.{0,4}›)?\s*")  # PowerPoint's placeholder for the slide number


def extract_pptx(source: ExtractRequest) -> Extracted:
    presentation = open_presentation(source.path)
    slides = list(presentation.slides)
    deck, notes = Deck(), list[Message]()
    size = (presentation.slide_width or 1) * (presentation.slide_height or 1)
    pictures = Pictures(source.settings, size)
    with zipfile.ZipFile(source.path) as archive:
        shapes = Shapes(archive)
        for number, slide in enumerate(slides, 1):
            _add_slide(deck, notes, slide, shapes, pictures)
            source.on_page(number, len(slides))
    return deck.extracted(PPTX, office_about(source.path), notes)


def _add_slide(
    deck: Deck, notes: list[Message], slide: Any, shapes: Shapes, pictures: Pictures
) -> None:
    """Read a slide; of one that is damaged, a note says why it could not be."""
    if slide._element.get("show") in ("0", "false"):
        deck.add_hidden()
        return
    try:
        title, blocks, recognised = _read_slide(slide, shapes, pictures)
    except Exception as error:  # a damaged part may raise anything
        title, blocks, recognised = "", [], False
        notes.append(
            Message(
                N_("Slide {slide}: {reason}"),
                {
                    "slide": len(deck.pages) + 1,
                    "reason": f"{type(error).__name__}: {error}"[:120],
                },
            )
        )
    deck.add(title, blocks, recognised=recognised)


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
    return title_or_first_line(title, blocks), blocks, len(recognised) > seen


def _read_notes(slide: Any) -> Iterator[Block]:
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame):
        yield Block(frame.text)
