"""From candidates to results: their place compared, their passages and evidence read from SQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import Kind
from kb.places.facts import loaded
from kb.practices.practice import Practice
from kb.storage.tables import PassageRow, PracticeRow
from search.query import Embedded
from search.ranking.answering_sentences import fragments
from search.ranking.grouping import Candidate
from search.ranking.scored_passage import Found, Owner
from search.results import Evidence, Fragment, Result, Similarity, Source
from search.similarity.gower import (
    CardContext,
    Known,
    blended,
    known_of_practice,
    known_of_reader,
    similarity,
    weights_of,
)
from search.similarity.viewpoint import Viewpoint

HEADING_SEPARATOR = " › "


@dataclass(frozen=True)
class Compared:
    """A candidate, and how alike its context is to the reader's, if the reader named one."""

    candidate: Candidate
    similarity: Similarity | None
    score: float
    also_in: tuple[Compared, ...] = ()
    """Results further down that give the same answer, see ``search.ranking.same_answer``."""


def compared(
    session: Session, candidates: Sequence[Candidate], viewpoint: Viewpoint
) -> list[Compared]:
    """In the order to show: by relevance, or by relevance blended with context similarity.

    Raises:
        PermanentError: no municipality, or no activity, has the reader's code.
    """
    mine = known_of_reader(session, viewpoint)
    if mine is None:
        return [Compared(candidate, None, candidate.score) for candidate in candidates]
    weights = weights_of(viewpoint)
    contexts = _contexts(session, candidates)
    found = []
    for candidate in candidates:
        theirs = contexts.get(candidate.id)
        alike = None if theirs is None else similarity(mine, theirs, weights)
        score = blended(candidate.score, alike, viewpoint.influence)
        found.append(Compared(candidate, alike, score))
    return sorted(found, key=lambda one: (-one.score, one.candidate.id))


def _contexts(session: Session, candidates: Sequence[Candidate]) -> dict[str, Known]:
    """What is known of the context of each practice among the candidates."""
    records = _records(session, candidates)
    cards = {id: CardContext.model_validate(record) for id, record in records.items()}
    facts = loaded(session, {card.place.istat_code or "" for card in cards.values()})
    return {
        id: known_of_practice(card, facts.get(card.place.istat_code or ""))
        for id, card in cards.items()
    }


def shown(session: Session, embedded: Embedded, found: Sequence[Compared]) -> list[Result]:
    """Results with everything a page shows of them."""
    practices = _practices(session, [one.candidate for one in found])
    also_in = [other.candidate.passages[0] for one in found for other in one.also_in]
    own = [passage for one in found for passage in one.candidate.passages]
    rows = _rows(session, [*own, *also_in])
    return [
        _result(one, practices.get(one.candidate.id), rows, embedded)
        for one in found
        if any(passage.id in rows for passage in one.candidate.passages)
    ]


def _result(
    one: Compared,
    practice: Practice | None,
    rows: dict[str, PassageRow],
    embedded: Embedded,
) -> Result:
    candidate, item = one.candidate, one.candidate.item
    return Result(
        kind=item.kind,
        id=item.id,
        title=item.title,
        title_language=item.language,
        score=one.score,
        place=practice.place.name if practice else None,
        country=item.country,
        year=item.year,
        themes=item.themes,
        similarity=one.similarity,
        measured_results=_measured(practice),
        passages=tuple(
            _evidence(passage, rows[passage.id], embedded)
            for passage in candidate.passages
            if passage.id in rows
        ),
        also_in=tuple(
            _source(passage.owner, rows[passage.id], embedded)
            for other in one.also_in
            for passage in other.candidate.passages[:1]
            if passage.id in rows
        ),
    )


def _source(item: Owner, row: PassageRow, embedded: Embedded) -> Source:
    return Source(
        kind=item.kind,
        id=item.id,
        title=item.title,
        title_language=item.language,
        passage_id=row.id,
        page=_answer_page(row, fragments(row, embedded)),
    )


def _evidence(found: Found, row: PassageRow, embedded: Embedded) -> Evidence:
    item = found.owner
    pages = [page for page, _, _ in row.spans]
    pieces = fragments(row, embedded)
    return Evidence(
        passage_id=row.id,
        item_id=item.id,
        document_id=item.id if item.kind is Kind.DOCUMENT else None,
        document_title=item.title,
        page_first=pages[0] if pages else None,
        page_last=pages[-1] if pages else None,
        page_answer=_answer_page(row, pieces),
        heading=HEADING_SEPARATOR.join(row.heading_path),
        language=row.language,
        text=row.text,
        fragments=pieces,
        score=found.score,
    )


def _answer_page(row: PassageRow, pieces: Sequence[Fragment]) -> int | None:
    """The page on which the first answer begins; a passage is its spans joined by line ends."""
    before = itertools.takewhile(lambda piece: not piece.answer, pieces)
    offset = sum(len(piece.text) for piece in before)
    at = 0
    for page, start, end in row.spans:
        at += end - start + 1
        if offset < at:
            return page
    return row.spans[0][0] if row.spans else None


def _measured(practice: Practice | None) -> tuple[dict[str, Any], ...]:
    if practice is None:
        return ()
    return tuple(one.model_dump(mode="json", exclude={"quote"}) for one in practice.results)


def _practices(session: Session, candidates: Iterable[Candidate]) -> dict[str, Practice]:
    records = _records(session, candidates)
    return {id: Practice.model_validate(record) for id, record in records.items()}


def _records(session: Session, candidates: Iterable[Candidate]) -> dict[str, dict[str, Any]]:
    """The cards of the practices among the candidates, as they are stored."""
    ids = [one.id for one in candidates if one.item.kind is Kind.PRACTICE]
    rows = session.execute(
        select(PracticeRow.__table__.c.id, PracticeRow.record).where(PracticeRow.id.in_(ids))
    )
    return dict(iter(rows))


def _rows(session: Session, found: Iterable[Found]) -> dict[str, PassageRow]:
    ids = [passage.id for passage in found]
    rows = session.scalars(select(PassageRow).where(PassageRow.id.in_(ids)))
    return {row.id: row for row in rows}
