"""Results of a search for display, with figures and reasons in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from search.results import PlaceAnswer, Result, ResultPassage
from web.presenters.asked_place import say_distance
from web.presenters.similarity import SimilarityView, present_similarity
from web.presenters.story import field_label, section_anchor
from web.presenters.tiles import Figure, figures
from web.rendering.i18n import Locale

MOST_FIGURES = 4
"""Lifted out of one foreign passage."""


@dataclass(frozen=True)
class ShownResult:
    """A result with its figures and its context similarity in words."""

    result: Result
    figures: list[Figure]
    likeness: SimilarityView | None
    reader: Locale
    distance: str = ""
    """From the place that the question names, if that is worth saying."""

    def section(self, passage: ResultPassage) -> str:
        """The anchor of the section of the card's page with the passage's words."""
        return section_anchor(passage.heading)

    def field(self, passage: ResultPassage) -> str:
        """The field of the card that the passage stands in; the headings of a document's text."""
        return passage.heading if passage.document_id else field_label(passage.heading, self.reader)

    def foreign_figures(self, passage: ResultPassage) -> tuple[str, ...]:
        """The quantities in the marked sentences of a text in another language than the page's,
        which can be read without knowing it."""
        if passage.language in (self.reader.code, "und", ""):
            return ()
        marked = (piece.text for piece in passage.fragments if piece.quantity)
        return tuple(dict.fromkeys(marked))[:MOST_FIGURES]


def present_result(result: Result, reader: Locale, place: PlaceAnswer | None = None) -> ShownResult:
    """``place``: what is said of the place that the question names."""
    alike = present_similarity(result.similarity, reader) if result.similarity else None
    distance = say_distance(result.distance_km, place, reader) if place else ""
    return ShownResult(result, figures(result.measured_results, reader), alike, reader, distance)
