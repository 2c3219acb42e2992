"""A scenario in words: what happened elsewhere to a measure, as rows, ranges and a chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import N_
from kb.places import municipalities
from kb.places.municipalities import Place, find
from kb.practices.practice import Practice
from kb.practices.scenarios import (
    LeftOut,
    LocalResult,
    Scenario,
    ScenarioRow,
    ValueRange,
    build_scenario,
    is_change,
    two_figures,
)
from kb.projects.local_results import list_local_results
from kb.storage.worksheets import Worksheet
from kb.vocabulary.measures import Measure, load_measures
from kb.vocabulary.vocabularies import label
from web.presenters import queries
from web.presenters.tiles import figure
from web.presenters.worksheets import compare_municipality, compare_place
from web.rendering.i18n import Locale
from web.rendering.titles import title_of, where

REASONS: Mapping[LeftOut, str] = {
    LeftOut.NO_NUMBER: N_("not one number"),
    LeftOut.NO_BASELINE: N_("no value from before"),
    LeftOut.FROM_ZERO: N_("began from zero: a ratio says nothing"),
    LeftOut.FROM_FEW: N_("began from fewer than ten: a ratio says nothing"),
    LeftOut.OTHER_UNIT: N_("another unit"),
}
CHECKED_HERE = N_("measured here and checked")
NO_FORECAST = N_(
    "This is no forecast: it is what happened elsewhere. Who did not succeed is seldom written "
    "about, what is counted differs from place to place, and your place is another one."
)
WIDTH = 600
"""Of the chart, in its own units; ``LEFT`` and ``RIGHT`` are its margins, ``STEP`` the height of a
row."""
LEFT, RIGHT, STEP = 20, 20, 26


@dataclass(frozen=True)
class ScenarioLine:
    """A row of the table. ``change`` and ``applied`` are empty where none can be told; ``why`` then
    says the reason."""

    title: str
    language: str
    url: str
    place: str
    value: str
    baseline: str
    years: str
    evidence: str
    likeness: str
    change: str
    applied: str
    why: str


@dataclass(frozen=True)
class ChartMark:
    """A row in the chart: ``x`` is its change, ``y`` the middle of the row."""

    number: int
    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """Changes as marks on an axis from ``low`` to ``high``; ``zero`` is where nothing changed."""

    marks: tuple[ChartMark, ...]
    zero: float
    low: str
    high: str
    height: float


@dataclass(frozen=True)
class ScenarioView:
    """``summary`` is empty where there are too few results for a range."""

    measure: str
    label: str
    unit: str
    own: str
    lines: tuple[ScenarioLine, ...]
    summary: tuple[str, ...]
    no_forecast: str
    chart: Chart | None


@dataclass(frozen=True)
class ComparedResults:
    """What a value of one's own is compared with: practices, and what projects here measured."""

    practices: Sequence[Practice]
    local: Sequence[LocalResult] = ()


def list_measures(results: ComparedResults, reader: Locale) -> list[tuple[str, str, int]]:
    """Measures that achieved results have: slug, label, number of practices and projects; by
    label."""
    counted = Counter(
        measure
        for one in results.practices
        for measure in {row.measure for row in one.results if row.measure and row.achieved}
    )
    counted.update(
        slug for slug, _ in {(one.result.measure or "", one.id) for one in results.local}
    )
    named = [(slug, label("measures", slug, reader.code), n) for slug, n in counted.items()]
    return sorted(named, key=lambda row: row[1].casefold())


def present_scenario(  # what is compared, and for whom
    session: Session,
    results: ComparedResults,
    measure: Measure,
    own: float | None,
    place: Place | None,
    reader: Locale,
) -> ScenarioView:
    scenario = build_scenario(measure, own, results.practices, results.local)
    lines = tuple(_line(session, row, scenario, place, reader) for row in scenario.rows)
    unit = _unit(measure, reader)
    return ScenarioView(
        measure=measure.slug,
        label=label("measures", measure.slug, reader.code),
        unit=unit,
        own="" if own is None else f"{reader.number(own)} {unit}".strip(),
        lines=lines,
        summary=tuple(_summarise(scenario, unit, reader)),
        no_forecast=reader.gettext(NO_FORECAST),
        chart=_draw(scenario, scenario.changes, reader) if scenario.changes else None,
    )


def present_kept(
    session: Session, access: Access, worksheet: Worksheet, reader: Locale
) -> list[ScenarioView]:
    """The comparisons noted in a worksheet, with what the base says now."""
    if not worksheet.scenarios:
        return []
    results = ComparedResults(
        queries.read_all_practices(session, access), list_local_results(session, access)
    )
    place, measures = find(worksheet.municipality), load_measures()
    return [
        present_scenario(
            session,
            results,
            measures[kept["measure"]],
            float(kept["value"]),
            place,
            reader,
        )
        for kept in worksheet.scenarios
        if kept["measure"] in measures
    ]


def _line(
    session: Session, row: ScenarioRow, scenario: Scenario, place: Place | None, reader: Locale
) -> ScenarioLine:
    told, origin = figure(row.result, reader), _origin(session, row, place, reader)
    years = "–".join(str(y) for y in (row.result.baseline_year, row.result.year) if y)
    unit = _unit(scenario.measure, reader)
    return ScenarioLine(
        title=origin.title,
        language=origin.language,
        url=origin.url,
        place=origin.place,
        value=told.value,
        baseline=told.baseline,
        years=years,
        evidence=origin.evidence,
        likeness=origin.likeness,
        change="" if row.change is None else _say_change(row.change, scenario, reader),
        applied="" if row.applied is None else f"{_number(row.applied, reader)} {unit}".strip(),
        why=reader.gettext(REASONS[row.left_out]) if row.left_out else "",
    )


@dataclass(frozen=True)
class _Origin:
    """Where a row comes from, in words."""

    title: str
    language: str
    url: str
    place: str
    evidence: str
    likeness: str


def _origin(session: Session, row: ScenarioRow, place: Place | None, reader: Locale) -> _Origin:
    one = row.origin
    if isinstance(one, LocalResult):
        town = municipalities.named(one.municipality)
        alike = compare_municipality(session, one.municipality, place, reader) if place else None
        return _Origin(
            title=one.title,
            language=one.language,
            url=f"/projects/{one.id}",
            place=where(town.name, "IT", reader),
            evidence=reader.gettext(CHECKED_HERE),
            likeness=alike.summary if alike else "",
        )
    title = title_of(one, reader)
    return _Origin(
        title=title.text,
        language=title.language,
        url=f"/practices/{one.id}",
        place=where(one.place.name, one.place.country, reader),
        evidence=_evidence(row.result.evidence, reader),
        likeness=compare_place(session, one, place, reader).summary if place else "",
    )


def _unit(measure: Measure, reader: Locale) -> str:
    """The unit of one's own value; none where results are told as changes in per cent."""
    if is_change(measure):
        return ""
    return measure.unit.get(reader.code) or measure.unit["en"]


def _summarise(scenario: Scenario, unit: str, reader: Locale) -> list[str]:
    say, found = reader.gettext, []
    if scenario.changes:
        low, high = (_say_change(one, scenario, reader) for one in _ends(scenario.changes))
        template = (
            N_(
                "In {n} practices and projects with a value before and after, it changed by {low} "
                "to {high}."
            )
            if any(isinstance(row.origin, LocalResult) for row in scenario.rows)
            else N_(
                "In {n} practices with a value before and after, it changed by {low} to {high}."
            )
        )
        found.append(say(template).format(n=scenario.practices, low=low, high=high))
        found.append(_count_evidence(scenario, reader))
    if scenario.changes and scenario.years:
        first, last = (reader.number(one) for one in _ends(scenario.years))
        found.append(say(N_("It took {first} to {last} years.")).format(first=first, last=last))
    if scenario.applied and scenario.own is not None:
        low, high = (_number(one, reader) for one in _ends(scenario.applied))
        mine = f"{reader.number(scenario.own)} {unit}".strip()
        template = N_("Applied to your {own}: between {low} and {high}.")
        found.append(say(template).format(own=mine, low=low, high=high))
    if scenario.levels:
        low, high = (_number(one, reader) for one in _ends(scenario.levels))
        template = N_("The values themselves lie between {low} and {high} {unit}.")
        found.append(say(template).format(low=low, high=high, unit=unit))
    return found


def _count_evidence(scenario: Scenario, reader: Locale) -> str:
    """How many of the results of the range are of which reliability."""
    counted = Counter(
        CHECKED_HERE if isinstance(row.origin, LocalResult) else row.result.evidence
        for row in scenario.rows
        if row.change is not None
    )
    told = (
        f"{reader.gettext(CHECKED_HERE) if kind == CHECKED_HERE else _evidence(kind, reader)}: {n}"
        for kind, n in counted.most_common()
    )
    return reader.gettext(N_("Reliability of these results: {told}.")).format(told=", ".join(told))


def _evidence(level: str, reader: Locale) -> str:
    return label("evidence", level, reader.code)


def _ends(told: ValueRange) -> tuple[float, float]:
    return told.lowest, told.highest


def _number(value: float, reader: Locale) -> str:
    return reader.number(two_figures(value))


def _say_change(change: float, scenario: Scenario, reader: Locale) -> str:
    """The change with its sign: «−18 %», or «+28 punti» for a share."""
    amount = two_figures(change if scenario.in_points else change * 100)
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    written = f"{sign}{reader.number(abs(amount))}"
    if scenario.in_points:
        return reader.gettext(N_("{n} points")).format(n=written)
    return f"{written} %" if reader.code == "it" else f"{written}%"


def _draw(scenario: Scenario, changes: ValueRange, reader: Locale) -> Chart:
    rows = [row for row in scenario.rows if row.change is not None]
    values = [row.change or 0.0 for row in rows]
    low, high = min([*values, 0.0]), max([*values, 0.0])
    scale = (WIDTH - LEFT - RIGHT) / ((high - low) or 1.0)
    marks = tuple(
        ChartMark(number, round(LEFT + (value - low) * scale, 1), number * STEP - STEP / 2)
        for number, value in enumerate(values, 1)
    )
    return Chart(
        marks,
        round(LEFT - low * scale, 1),
        _say_change(changes.lowest, scenario, reader),
        _say_change(changes.highest, scenario, reader),
        len(rows) * STEP + 30,
    )
