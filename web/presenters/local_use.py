"""Who takes a practice up here, and what was measured again: better, the same and worse alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.practices import figures
from kb.practices.parts import MeasuredResult
from kb.practices.practice import Practice
from kb.practices.terms import Better
from kb.projects.indicators import find_result
from kb.projects.progress import Compared, compare_changes
from kb.projects.values import newest_value
from kb.storage.projects import Indicator, ProjectRow
from kb.vocabulary.measures import load_measures
from web.presenters import queries
from web.presenters.projects import text_of, write_value
from web.presenters.tiles import ProjectCard, project_card
from web.rendering.i18n import Locale


@dataclass(frozen=True)
class MeasuredAgain:
    """A checked value here beside the card's own. ``comparison`` is None where neither direction is
    better."""

    project_id: str
    place: str
    indicator: str
    language: str
    here: str
    until: str
    there: str
    comparison: Compared | None


@dataclass(frozen=True)
class LocalUse:
    projects: tuple[ProjectCard, ...]
    rows: tuple[MeasuredAgain, ...]

    @property
    def places(self) -> int:
        return len({row.place for row in self.rows})

    @property
    def has_comparisons(self) -> bool:
        return any(row.comparison for row in self.rows)

    def count(self, comparison: str) -> int:
        """How many places have it: of a place with several rows the worst counts, so that the sum
        is that of the places."""
        order = (Compared.WORSE, Compared.SAME, Compared.BETTER)
        worst = [
            min(own, key=order.index)
            for place in {row.place for row in self.rows}
            if (own := [r.comparison for r in self.rows if r.place == place and r.comparison])
        ]
        return sum(one == comparison for one in worst)


def read_local_use(
    session: Session, access: Access, practice: Practice, reader: Locale
) -> LocalUse:
    """The projects on a practice that the reader may see, and their checked values."""
    rows = queries.projects_of_practice(session, access, practice.id)
    return LocalUse(
        tuple(project_card(row, reader) for row in rows),
        tuple(_measured(rows, practice, reader)),
    )


def _measured(
    rows: Sequence[ProjectRow], practice: Practice, reader: Locale
) -> list[MeasuredAgain]:
    found = []
    for row in rows:
        for indicator in row.indicators:
            result = find_result(practice.results, indicator.result_key)
            if indicator.practice_id == practice.id and result is not None:
                found += _compare(row, indicator, result, reader)
    return found


def _compare(
    row: ProjectRow, indicator: Indicator, result: MeasuredResult, reader: Locale
) -> list[MeasuredAgain]:
    newest = newest_value(indicator, checked=True)
    if newest is None or newest.value is None:
        return []
    language = "en" if reader.code == "en" else "it"
    text, spoken = text_of(indicator, reader)
    comparison = None
    if result.value is not None and _is_comparable(indicator, result):
        better = result.better if result.better is not Better.NEUTRAL else Better(indicator.better)
        comparison = compare_changes(
            better=better,
            here=(indicator.baseline, newest.value),
            there=(result.baseline, result.value),
        )
    values = (write_value(indicator, one, reader) for one in (indicator.baseline, newest.value))
    here = " → ".join(filter(None, values))
    written = (figures.baseline_of(result, language), figures.value_of(result, language).text)
    there = " → ".join(filter(None, written))
    place = project_card(row, reader).place
    until = reader.date(newest.period_end)
    return [MeasuredAgain(row.id, place, text, spoken, here, until, there, comparison)]


def _is_comparable(indicator: Indicator, result: MeasuredResult) -> bool:
    """Whether changes can be compared, which have no unit, or values: in the very same unit, and
    not counts, which grow with the place."""
    has_changes = bool(indicator.baseline) and bool(result.baseline)
    measure = load_measures().get(result.measure or "")
    is_count = indicator.aggregable or (measure is not None and measure.aggregable)
    return has_changes or (not is_count and indicator.unit.strip() == result.unit.strip())
