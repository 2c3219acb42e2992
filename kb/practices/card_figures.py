"""The figures of a card, results and costs, as they are looked for in its sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Status
from kb.practices.quotations import COST, RESULT
from kb.practices.values import read
from kb.storage.tables import PracticeRow
from kb.text.unit_kinds import kind_of_unit
from kb.text.written_numbers import find_numbers, scale_of

LARGEST_ERROR = 0.05
"""Share by which a rounded figure may differ from the one it was rounded from."""


@dataclass(frozen=True)
class CardFigure:
    """A result or cost of a card. ``index``: its place in the list. ``texts``: what it measures, in
    Italian and English. ``numbers``: with the multiplier of the unit applied; none if the value is
    in words."""

    name: str
    index: int
    texts: tuple[str, ...]
    numbers: tuple[Decimal, ...]
    scale: int
    unit_kind: str
    year: int | None
    source: str
    page: str
    quote: str

    @property
    def has_place(self) -> bool:
        """Whether the card has page and quotation of it."""
        return bool(self.page and self.quote)

    @property
    def key(self) -> str:
        return f"{self.name}-{self.index}"

    def is_exactly(self, value: float) -> bool:
        return any(abs(float(number)) == abs(value) for number in self.numbers)

    def is_rounded(self, value: float) -> bool:
        """Whether a number becomes the card's when it is rounded as that is, or the other way
        round."""
        return any(_is_rounded(number, Decimal(repr(value))) for number in self.numbers)


@dataclass(frozen=True)
class PlaceCount:
    """Of ``figures`` in published cards, ``with_page`` have page and quotation."""

    with_page: int
    figures: int


def figures_of(record: Mapping[str, Any]) -> list[CardFigure]:
    """The figures of a card's record, which may be a draft with fields missing."""
    results = _entries(record, RESULT)
    costs = _entries(record, COST)
    return [
        *(_of_result(n, result) for n, result in results),
        *(_of_cost(n, cost) for n, cost in costs),
    ]


def count_places(session: Session, access: Access) -> PlaceCount:
    """The results of published cards that the caller may read, and those with their page."""
    rows = session.scalars(
        select(PracticeRow.record).where(
            PracticeRow.status != Status.DELETED, PracticeRow.visibility.in_(access.visibilities)
        )
    )
    figures = [one for record in rows for one in figures_of(record) if one.name == RESULT]
    return PlaceCount(sum(one.has_place for one in figures), len(figures))


def _entries(record: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return ((n, entry) for n, entry in enumerate(record.get(name) or ()) if entry)


def _of_result(index: int, result: Mapping[str, Any]) -> CardFigure:
    unit = str(result.get("unit") or "")
    scale, rest = scale_of(unit)
    return CardFigure(
        RESULT,
        index,
        _texts(
            f"{result.get('indicator') or ''} {rest}",
            f"{result.get('indicator_en') or ''} {result.get('unit_en') or ''}",
        ),
        _numbers(result.get("value"), str(result.get("value_text") or ""), int(scale)),
        int(scale),
        kind_of_unit(rest),
        _year(result.get("year")),
        str(result.get("source") or ""),
        str(result.get("page") or ""),
        str(result.get("quote") or ""),
    )


def _of_cost(index: int, cost: Mapping[str, Any]) -> CardFigure:
    return CardFigure(
        COST,
        index,
        _texts(str(cost.get("text") or ""), str(cost.get("text_en") or "")),
        _numbers(cost.get("amount"), str(cost.get("amount_text") or ""), 1),
        1,
        "money",
        _year(cost.get("year")),
        str(cost.get("source") or ""),
        str(cost.get("page") or ""),
        str(cost.get("quote") or ""),
    )


def _texts(*texts: str) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if text.strip())


def _numbers(value: object, words: str, scale: int) -> tuple[Decimal, ...]:
    if isinstance(value, int | float):
        return (_decimal(float(value)) * scale,)
    if said := read(words):
        return tuple(_decimal(number) * scale for number in said.numbers)
    found = find_numbers(words)
    return tuple(_decimal(value) * scale for one in found for value in sorted(one.values))


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.15g}")


def _year(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _is_rounded(one: Decimal, other: Decimal) -> bool:
    one, other = abs(one), abs(other)
    if not one or abs(one - other) > one * Decimal(LARGEST_ERROR):
        return False
    step = max(_last_digit(one), _last_digit(other))
    return abs(one - other) <= step / 2


def _last_digit(number: Decimal) -> Decimal:
    """The value of a number's last digit that is not zero, or of its ones."""
    exponent = number.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)
