"""Presentations: a page for each slide, its title first, its notes last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.extract.about import one_line, sensible_title
from ingest.extract.extracted import Extracted, RawHeading, RawPage, Source, storable
from ingest.extract.office import office_about
from ingest.extract.sniff import PPTX
from ingest.extract.verdict import judge
from kb.domain import PageUnit
from kb.messages import N_, Message, PermanentError

MAX_GROUP_DEPTH = 20
LONGEST_TITLE = 100
_NUMBER_FIELD = re.compile(r"\s*(?:‹.{0,4}›)?\s*")  # what PowerPoint puts for a slide's number


def extract_pptx(source: Source) -> Extracted:
    from pptx import Presentation

    try:
        deck = Presentation(str(source.path))
        slides = list(deck.slides)
    except Exception as error:  # python-pptx raises whatever a damaged part led to
        raise PermanentError(
            N_("The presentation is damaged: open it, save it again and upload that.")
        ) from error
    notes: list[Message] = []
    pages, headings = [], []
    for number, slide in enumerate(slides, 1):
        try:
            title, text = _slide(slide)
        except Exception as error:
            title, text = "", ""
            notes.append(
                Message(
                    N_("Slide {slide}: {reason}"),
                    {"slide": number, "reason": f"{type(error).__name__}: {error}"[:120]},
                )
            )
        pages.append(RawPage(number, text, judge(text)))
        if title:
            headings.append(RawHeading(1, title, number, 0))
        source.on_page(number, len(slides))
    about = office_about(source.path)
    return Extracted(
        media_type=PPTX,
        unit=PageUnit.SLIDE,
        pages=tuple(pages),
        headings=tuple(headings),
        title=about.title or sensible_title(headings[0].title if headings else ""),
        authors=about.authors,
        language=about.language,
        year=about.year,
        statements=about.statements,
        notes=tuple(notes),
    )


def _slide(slide: Any) -> tuple[str, str]:
    """Title and text; the text begins with the title, which is the first line if no other."""
    title_shape = slide.shapes.title
    title = one_line(title_shape.text_frame.text.replace("\x0b", " ")) if title_shape else ""
    parts = [title]
    for shape in _leaves(slide.shapes, MAX_GROUP_DEPTH):
        if title_shape is None or shape.shape_id != title_shape.shape_id:
            parts += _texts(shape)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame):
        parts.append(frame.text)
    text = "\n\n".join(part for part in parts if not _NUMBER_FIELD.fullmatch(part))
    first = text.partition("\n")[0]
    return title or (first if len(first) <= LONGEST_TITLE else ""), storable(text)


def _leaves(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    """All shapes that are no groups, as they are read: from top to bottom, left to right."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if hasattr(shape, "shapes"):
            if depth:
                yield from _leaves(shape.shapes, depth - 1)
        else:
            yield shape


def _texts(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        yield "\n".join(
            line for p in shape.text_frame.paragraphs if (line := _line(p.text)).strip()
        )
    elif getattr(shape, "has_table", False):
        yield "\n".join(
            " | ".join(one_line(cell.text) for cell in row.cells if cell.text.strip())
            for row in shape.table.rows
        )


def _line(text: str) -> str:
    return text.replace("\x0b", "\n")
