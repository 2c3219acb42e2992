"""Choose what of a page of results is sent to the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import CARD_LANGUAGE, Kind, Visibility
from kb.practices.evidence_rules import likeness
from kb.practices.figures import result_sentence, value_of
from kb.practices.parts import MeasuredResult
from kb.practices.passage_headings import RESULTS
from kb.practices.practice import Practice
from kb.practices.terms import EvidenceLevel
from kb.storage.tables import Item, PassageRow, PracticeRow
from search.results import Result, ResultPage, ResultPassage
from search.summary.numbers import StatedNumber, read_amounts
from search.summary.results import CitedPassage, Side

MOST_PASSAGES = 12
MOST_CHARACTERS = 16_000
"""Of all passages together."""


@dataclass(frozen=True)
class Selection:
    """``sides``: the figures in the passages that contradict each other, or are contested."""

    passages: tuple[CitedPassage, ...]
    sides: tuple[Side, ...]


def select_passages(
    session: Session, page: ResultPage, visibilities: frozenset[Visibility], language: str
) -> Selection:
    """The passages on the page that have one of the visibilities: the best of each result, then the
    second of each, and so on. Figures of the cards among them that contradict each other follow as
    rows of their own, in ``language``."""
    ids = [one.id for one in page.results]
    allowed = set(
        session.scalars(select(Item.id).where(Item.id.in_(ids), Item.visibility.in_(visibilities)))
    )
    results = [one for one in page.results if one.id in allowed]
    chosen = list(_take_turns(results))
    passages = _number(session, chosen)
    sides: list[Side] = []
    practices = {one.id: one for one, _ in chosen if one.kind is Kind.PRACTICE}
    for practice in _read_practices(session, practices.values()):
        rows, found = _list_sides(practice, len(passages), language)
        passages += rows
        sides += found
    return Selection(tuple(passages), tuple(sides))


def _take_turns(results: Sequence[Result]) -> Iterator[tuple[Result, ResultPassage]]:
    turns = zip_longest(*([(one, passage) for passage in one.passages] for one in results))
    left = MOST_CHARACTERS
    for pair in islice(filter(None, chain.from_iterable(turns)), MOST_PASSAGES):
        left -= len(pair[1].text)
        if left < 0:
            return
        yield pair


def _number(session: Session, chosen: Sequence[tuple[Result, ResultPassage]]) -> list[CitedPassage]:
    ids = [passage.passage_id for _, passage in chosen]
    spans = {
        id: tuple((page, start, end) for page, start, end in found)
        for id, found in session.execute(
            select(PassageRow.id, PassageRow.spans).where(PassageRow.id.in_(ids))
        )
    }
    return [
        CitedPassage(
            number,
            result.kind,
            result.id,
            result.title,
            passage.heading,
            passage.language,
            passage.text,
            passage.passage_id,
            spans.get(passage.passage_id, ()),
        )
        for number, (result, passage) in enumerate(chosen, start=1)
    ]


def _read_practices(session: Session, results: Iterable[Result]) -> Iterator[Practice]:
    """The records of the practices with figures that contradict each other or are contested."""
    ids = [
        one.id
        for one in results
        if any(figure.disagreement or _is_contested(figure) for figure in one.measured_results)
    ]
    for row in session.scalars(select(PracticeRow).where(PracticeRow.id.in_(ids))):
        yield Practice.model_validate(row.record)


def _is_contested(figure: MeasuredResult) -> bool:
    return figure.evidence is EvidenceLevel.CONTESTED


def _list_sides(
    practice: Practice, taken: int, language: str
) -> tuple[list[CitedPassage], list[Side]]:
    """Rows and sides of the practice; the rows are numbered after ``taken``."""
    groups, alone = _group_contested(practice.results)
    rows: list[CitedPassage] = []
    sides: list[Side] = []
    for n, figures in enumerate(groups):
        for figure in figures:
            rows.append(_write_row(practice, figure, taken + len(rows) + 1, language))
            own = _own_amounts(figure, figures)
            tellers = _tellers(practice, figure)
            sides.append(Side(f"{practice.id}/{n}", rows[-1].number, own, tellers))
    sides += [
        Side(practice.id, 0, _amounts(one), _tellers(practice, one), is_alone=True) for one in alone
    ]
    return rows, sides


def _group_contested(
    figures: Sequence[MeasuredResult],
) -> tuple[list[list[MeasuredResult]], list[MeasuredResult]]:
    """Figures that contradict each other, and contested ones that no other contradicts."""
    by_key: dict[tuple[str, str, str], list[MeasuredResult]] = {}
    alone: list[MeasuredResult] = []
    for figure in figures:
        if figure.disagreement:
            measure, unit = likeness(figure.model_dump())
            by_key.setdefault((figure.disagreement, measure, unit), []).append(figure)
        elif _is_contested(figure):
            alone.append(figure)
    single = [group[0] for group in by_key.values() if len(group) == 1]
    groups = [group for group in by_key.values() if len(group) > 1]
    return groups, [*alone, *filter(_is_contested, single)]


def _write_row(
    practice: Practice, figure: MeasuredResult, number: int, language: str
) -> CitedPassage:
    written_in = language if language == CARD_LANGUAGE else "en"
    return CitedPassage(
        number,
        Kind.PRACTICE,
        practice.id,
        practice.title if written_in == CARD_LANGUAGE else practice.title_en or practice.title,
        RESULTS.heading,
        written_in,
        f"{result_sentence(figure, written_in)} ({practice.source(figure.source).publisher})",
    )


def _own_amounts(
    figure: MeasuredResult, figures: Sequence[MeasuredResult]
) -> tuple[StatedNumber, ...]:
    """The numbers of its value that no other of the figures has."""
    others = [amount for one in figures if one is not figure for amount in _amounts(one)]
    return tuple(
        amount for amount in _amounts(figure) if not any(amount.fits(other) for other in others)
    )


def _amounts(figure: MeasuredResult) -> tuple[StatedNumber, ...]:
    return tuple(read_amounts(value_of(figure).text, CARD_LANGUAGE))


def _tellers(practice: Practice, figure: MeasuredResult) -> frozenset[str]:
    document = practice.source(figure.source).document
    return frozenset({practice.id, document} if document else {practice.id})
