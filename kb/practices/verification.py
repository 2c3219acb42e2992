"""How far a card's sources were read, when, and when they must be read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from kb.practices.parts import Source
from kb.practices.terms import SourceAccess

FRESH = timedelta(days=2 * 365)


@dataclass(frozen=True)
class Reading:
    """Numbers of sources by how they were read.

    ``read_on``: newest day on which a source was read whole; ``opened_on``: whole or in part.
    """

    total: int
    read: int
    excerpts: int
    read_on: date | None
    opened_on: date | None

    @property
    def unopened(self) -> int:
        return self.total - self.read - self.excerpts


def count_readings(sources: Iterable[Source]) -> Reading:
    listed = tuple(sources)
    read = [one for one in listed if one.accessed is SourceAccess.READ]
    excerpts = [one for one in listed if one.accessed is SourceAccess.EXCERPT]
    return Reading(
        total=len(listed),
        read=len(read),
        excerpts=len(excerpts),
        read_on=_newest(read),
        opened_on=_newest([*read, *excerpts]),
    )


def _newest(sources: Iterable[Source]) -> date | None:
    return max((one.read_on for one in sources if one.read_on), default=None)


def due_before(today: date | None = None) -> date:
    """Cards whose sources were last opened before this day are due."""
    return (today or date.today()) - FRESH


def is_due(opened_on: date | None, today: date | None = None) -> bool:
    return opened_on is None or opened_on < due_before(today)
