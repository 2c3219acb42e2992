"""The figures of a card with the places that were found for them in its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import NotFound
from kb.practices.card_figures import CardFigure, figures_of
from kb.practices.cited_sources import find_bound_documents
from kb.practices.figure_places import FigurePlace, FoundPlaces, find_places
from kb.practices.parts import Cost, MeasuredResult
from kb.practices.quotations import RESULT
from kb.practices.taking_places import CardText, card_text, quotation_around
from kb.runtime.services import Services
from kb.storage.tables import Document
from web.presenters.tiles import figure as written_figure
from web.presenters.tiles import price
from web.rendering.i18n import Locale


@dataclass(frozen=True)
class ShownPlace:
    """``quote``: what would be taken, in three parts around the number. ``take_as``: whether it is
    the figure's place or another figure for the same thing."""

    place: FigurePlace
    quote: str
    before: str
    number: str
    after: str
    document: Document
    source_title: str
    is_other: bool


@dataclass(frozen=True)
class ShownFigure:
    """A figure of the card as people write it, and its places, best first."""

    figure: CardFigure
    label: str
    value: str
    year: int | None
    places: tuple[ShownPlace, ...]
    others: tuple[ShownPlace, ...]

    @property
    def all_places(self) -> tuple[ShownPlace, ...]:
        return self.places + self.others


@dataclass(frozen=True)
class CardFigures:
    """``documents``: how many of the card's sources are held in the base and were read."""

    title: str
    title_en: str
    text: CardText
    figures: tuple[ShownFigure, ...]
    documents: int

    @property
    def with_page(self) -> int:
        return sum(one.figure.has_place for one in self.figures)

    @property
    def not_found(self) -> list[ShownFigure]:
        """Figures without a page for which no place was found."""
        return [one for one in self.figures if not one.figure.has_place and not one.places]


def read_figures(
    services: Services,
    session: Session,
    access: Access,
    practice_id: str,
    reader: Locale,
    key: str = "",
) -> CardFigures:
    """The figures of a card, all or the one named by ``key``.

    Raises:
        NotFound: there is no such card, or no such figure.
    """
    text = card_text(session, access, practice_id)
    if text is None:
        raise NotFound
    record = text.record
    wanted = [one for one in figures_of(record) if key in ("", one.key)]
    if key and not wanted:
        raise NotFound
    documents = find_bound_documents(session, access, record.get("sources") or ())
    found = find_places(services, session, documents, wanted)
    shown = [
        _show(record, figure, places, documents, reader)
        for figure, places in zip(wanted, found, strict=True)
    ]
    return CardFigures(
        str(record.get("title", "")),
        str(record.get("title_en") or ""),
        text,
        tuple(shown),
        len(documents),
    )


def _show(
    record: Mapping[str, Any],
    figure: CardFigure,
    found: FoundPlaces,
    documents: Mapping[str, Document],
    reader: Locale,
) -> ShownFigure:
    titles = {one.get("id"): str(one.get("title", "")) for one in record.get("sources") or ()}
    label, value = _written(record[figure.name][figure.index], figure, reader)

    def show(place: FigurePlace, *, is_other: bool) -> ShownPlace:
        quote = quotation_around(place.sentence, place.start)
        offset = place.sentence.index(quote)
        start, end = place.start - offset, place.end - offset
        return ShownPlace(
            place,
            quote,
            quote[:start],
            quote[start:end],
            quote[end:],
            documents[place.source_id],
            titles.get(place.source_id, ""),
            is_other,
        )

    return ShownFigure(
        figure,
        label,
        value,
        figure.year,
        tuple(show(one, is_other=False) for one in found.places),
        tuple(show(one, is_other=True) for one in found.others if figure.name == RESULT),
    )


def _written(entry: Mapping[str, Any], figure: CardFigure, reader: Locale) -> tuple[str, str]:
    """What the figure measures, and its value; as typed, if the draft's entry is not complete."""
    try:
        if figure.name == RESULT:
            result = written_figure(MeasuredResult.model_validate(entry), reader)
            return result.indicator, result.value
        cost = price(Cost.model_validate(entry), reader)
    except ValidationError:
        label = str(entry.get("indicator") or entry.get("text") or "")
        value = entry.get("value_text") or entry.get("value") or entry.get("amount") or ""
        return label, str(value)
    return f"{cost.kind}: {cost.text}", cost.amount
