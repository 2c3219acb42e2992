"""Practices side by side: the same rows for each, with empty cells for missing values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices.practice import Cost, MeasuredResult, Practice, Reusable, Source
from kb.vocabulary.measures import plain_unit
from kb.vocabulary.vocabularies import label
from web.presenters.similarity import SimilarityView
from web.presenters.story import STORY_HEADINGS
from web.presenters.tiles import figure, place_facts, price
from web.presenters.transfer import (
    say_duration,
    say_no_costs,
    say_period,
    say_reading,
    say_status,
)
from web.rendering.i18n import Locale
from web.rendering.markdown import plain_text
from web.rendering.titles import title_of, where


@dataclass(frozen=True)
class ComparisonLine:
    """A statement in a cell. ``language`` is set if it differs from the reader's.

    ``marks`` qualify it (the sources disagree, expected only); ``source`` is the number of its
    source and ``page`` the page there.
    """

    text: str
    language: str = ""
    marks: tuple[str, ...] = ()
    source: int | None = None
    page: str = ""

    def with_source(self, page_word: str) -> str:
        """Statement, marks, source number and page as one string."""
        marks = f" ({'; '.join(self.marks)})" if self.marks else ""
        page = f", {page_word.format(page=self.page)}" if self.page else ""
        source = f" [{self.source}{page}]" if self.source else ""
        return f"{self.text}{marks}{source}"


Cell = tuple[ComparisonLine, ...]
"""The statements of one practice in a row; empty: not reported."""


@dataclass(frozen=True)
class ComparisonRow:
    """``own`` is the value for the reader's municipality, in rows about places."""

    name: str
    cells: tuple[Cell, ...]
    own: Cell = ()
    language: str = ""


@dataclass(frozen=True)
class Column:
    id: str
    title: str
    language: str
    place: str


@dataclass(frozen=True)
class CitedSource:
    """A source and its number in the comparison, from 1."""

    number: int
    source: Source


@dataclass(frozen=True)
class OwnPlace:
    """The reader's municipality: facts by label, and its similarity to each practice's place."""

    name: str
    facts: dict[str, str]
    likeness: tuple[SimilarityView, ...]


@dataclass(frozen=True)
class Comparison:
    columns: tuple[Column, ...]
    rows: tuple[ComparisonRow, ...]
    sources: tuple[CitedSource, ...]
    own: OwnPlace | None


def compare(practices: Sequence[Practice], own: OwnPlace | None, reader: Locale) -> Comparison:
    """Build the rows: place, story, costs, results, evidence and sources."""
    return _Table(tuple(practices), own, reader).comparison()


@dataclass(frozen=True)
class _Table:
    practices: tuple[Practice, ...]
    own: OwnPlace | None
    reader: Locale
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def comparison(self) -> Comparison:
        cited = [
            CitedSource(self._number(practice, source.id), source)
            for practice in self.practices
            for source in practice.sources
        ]
        rows = (*self._place(), *self._story(), *self._results(), *self._provenance())
        return Comparison(tuple(map(self._column, self.practices)), rows, tuple(cited), self.own)

    def _column(self, practice: Practice) -> Column:
        title = title_of(practice, self.reader)
        place = where(practice.place.name, practice.place.country, self.reader)
        return Column(practice.id, title.text, title.language, place)

    def _number(self, practice: Practice, source_id: str) -> int:
        return self._numbers.setdefault((practice.id, source_id), len(self._numbers) + 1)

    def _row(
        self, name: str, said: Callable[[Practice], Iterable[ComparisonLine]]
    ) -> ComparisonRow:
        return ComparisonRow(
            self.reader.gettext(name), tuple(tuple(said(one)) for one in self.practices)
        )

    def _row_if_any(
        self, name: str, said: Callable[[Practice], Iterable[ComparisonLine]]
    ) -> Iterable[ComparisonRow]:
        """The row, unless no practice has anything in it."""
        row = self._row(name, said)
        if any(row.cells):
            yield row

    def _place(self) -> Iterable[ComparisonRow]:
        yield self._row(N_("Place"), lambda one: [ComparisonLine(self._column(one).place)])
        if self.own:
            alike = (((_likeness(one, self.reader)),) for one in self.own.likeness)
            yield ComparisonRow(self.reader.gettext(N_("Likeness of the context")), tuple(alike))
        known = [dict(place_facts(one.place, self.reader)) for one in self.practices]
        own = self.own.facts if self.own else {}
        for name in dict.fromkeys(name for facts in (*known, own) for name in facts):
            cells = tuple(
                (ComparisonLine(facts[name]),) if name in facts else () for facts in known
            )
            yield ComparisonRow(name, cells, (ComparisonLine(own[name]),) if name in own else ())

    def _story(self) -> Iterable[ComparisonRow]:
        yield self._row(N_("Years"), lambda one: [ComparisonLine(say_period(one, self.reader))])
        yield self._row(N_("Status"), lambda one: [ComparisonLine(say_status(one, self.reader))])
        yield self._row(N_("Outcome"), lambda one: [self._term("outcomes", one.outcome)])
        for name, heading in STORY_HEADINGS.items():
            yield self._row(heading, _section(name))
            if name == "resources":
                yield self._row(N_("Costs"), self._costs)
                yield from self._row_if_any(N_("Time to the first result"), self._duration)

    def _term(self, vocabulary: str, value: str) -> ComparisonLine:
        return ComparisonLine(label(vocabulary, value, self.reader.code))

    def _cost(self, practice: Practice, cost: Cost) -> ComparisonLine:
        said = price(cost, self.reader)
        number = self._number(practice, cost.source) if cost.source else None
        marks = (
            (said.kind, label("evidence", cost.evidence, self.reader.code))
            if cost.evidence
            else (said.kind,)
        )
        return ComparisonLine(said.sentence, said.language, marks, number, cost.page)

    def _costs(self, practice: Practice) -> list[ComparisonLine]:
        if not practice.costs:
            return [ComparisonLine(say_no_costs(practice, self.reader))]
        return [self._cost(practice, cost) for cost in practice.costs]

    def _duration(self, practice: Practice) -> list[ComparisonLine]:
        if not (said := say_duration(practice, self.reader)):
            return []
        named = practice.duration_source
        number = self._number(practice, named) if named else None
        return [ComparisonLine(said, source=number)]

    def _results(self) -> Iterable[ComparisonRow]:
        """One row per indicator that at least two practices report, then a row with the others."""
        shared = self._shared_indicators()
        for key in shared:
            first = next(r for one in self.practices for r in one.results if _key(r) == key)
            name = figure(first, self.reader)
            yield ComparisonRow(
                label("measures", first.measure, self.reader.code)
                if first.measure
                else name.indicator,
                tuple(
                    tuple(
                        self._figure(one, r, not first.measure)
                        for r in _achieved(one)
                        if _key(r) == key
                    )
                    for one in self.practices
                ),
                language="" if first.measure else name.indicator_language,
            )
        heading = N_("Other measured results") if shared else N_("Measured results")
        yield self._row(
            heading,
            lambda one: (
                [self._figure(one, r) for r in _achieved(one) if _key(r) not in shared]
                or _paragraph(one.results_note)
            ),
        )
        yield self._row(
            N_("Expected, not achieved"),
            lambda one: [self._figure(one, r) for r in one.results if not r.achieved],
        )

    def _shared_indicators(self) -> list[str]:
        """Keys of the indicators with an achieved figure in at least two practices."""
        by_practice = [{_key(result) for result in _achieved(one)} for one in self.practices]
        every = dict.fromkeys(_key(result) for one in self.practices for result in _achieved(one))
        return [key for key in every if sum(key in keys for keys in by_practice) > 1]

    def _figure(
        self, practice: Practice, result: MeasuredResult, bare: bool = False
    ) -> ComparisonLine:
        say = self.reader.gettext
        written = figure(result, self.reader)
        marks = [
            label("natures", result.nature, self.reader.code),
            label("evidence", result.evidence, self.reader.code),
        ]
        if result.disagreement:
            marks.append(say(N_("sources disagree")))
        return ComparisonLine(
            written.in_words if bare else f"{written.indicator}: {written.in_words}",
            "" if bare else written.indicator_language,
            tuple(marks),
            self._number(practice, result.source),
            result.page,
        )

    def _reusable(self, text: Reusable) -> str:
        kind = label("reuses", text.kind, self.reader.code)
        return " · ".join(filter(None, (f"{kind}: {text.title}", text.licence, text.url)))

    def _provenance(self) -> Iterable[ComparisonRow]:
        yield self._row(
            N_("How the figures are known"),
            lambda one: [
                ComparisonLine(f"{label('evidence', level, self.reader.code)}: {count}")
                for level, count in sorted(one.evidence_levels.items())
            ],
        )
        yield self._row(
            N_("How far the sources were read"),
            lambda one: [ComparisonLine(say_reading(one, self.reader))],
        )
        yield from self._row_if_any(
            N_("Whom to ask"),
            lambda one: [
                ComparisonLine(" · ".join(filter(None, (asked.office, asked.email, asked.url))))
                for asked in one.contact
            ],
        )
        yield from self._row_if_any(
            N_("What can be reused"),
            lambda one: [ComparisonLine(self._reusable(text)) for text in one.reuse],
        )
        yield self._row(
            N_("Adopted by"),
            lambda one: [
                ComparisonLine(
                    f"{adoption.name} ({self.reader.country(adoption.country)})",
                    source=self._number(one, adoption.source),
                )
                for adoption in one.adopted_by
            ],
        )
        yield self._row(
            N_("Sources"),
            lambda one: [
                ComparisonLine(source.publisher, source=self._number(one, source.id))
                for source in one.sources
            ],
        )


def _key(result: MeasuredResult) -> str:
    """Equal in results of the same measure; without one, of the same name and unit."""
    if result.measure:
        return f"{result.measure}|{plain_unit(result.unit)}"
    return f"{result.indicator_en.casefold().strip()}|{result.unit_en.casefold().strip()}"


def _achieved(practice: Practice) -> list[MeasuredResult]:
    return [result for result in practice.results if result.achieved]


def _section(name: str) -> Callable[[Practice], list[ComparisonLine]]:
    return lambda practice: _paragraph(getattr(practice, name))


def _paragraph(markdown: str) -> list[ComparisonLine]:
    text = plain_text(markdown)
    return [ComparisonLine(text, CARD_LANGUAGE)] if text else []


def _likeness(alike: SimilarityView, reader: Locale) -> ComparisonLine:
    say = reader.gettext
    known = say(N_("based on {known} of {all} indicators")).format(known=alike.known, all=alike.of)
    reasons = [
        say(template).format(reasons=", ".join(words))
        for template, words in (
            (N_("similar: {reasons}"), alike.similar),
            (N_("different: {reasons}"), alike.different),
        )
        if words
    ]
    far = [alike.far] if alike.far else []
    return ComparisonLine("; ".join([alike.summary, *reasons]), marks=(known, *far))
