"""The passages that compete, grouped into practices and documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.storage.tables import Item, ItemTheme
from kb.vectors import Hit

PASSAGES_PER_ITEM = 3
ANSWER_SCORE = 0.355
"""Below this score of the best candidate, nothing answers the question (docs/evaluation.md)."""


@dataclass(frozen=True)
class Candidate:
    """An item with its best hits, best first; those of a practice, whose card says the same in two
    languages, in the question's language before others. Scores like its best passage."""

    id: str
    kind: Kind
    title: str
    language: str
    country: str
    year: int | None
    themes: tuple[str, ...]
    languages: frozenset[str]
    """Of the passages found, which may differ from the item's own."""
    score: float
    hits: tuple[Hit, ...]


def is_answered(candidates: Sequence[Candidate]) -> bool:
    """Whether the best candidate, which comes first, is near enough to be called an answer."""
    return bool(candidates) and candidates[0].score >= ANSWER_SCORE


def group(session: Session, hits: Sequence[Hit], own: str, access: Access) -> list[Candidate]:
    """Items of the hits, which come best first; the items do so too. ``own`` is the language of
    the question.

    The index has applied the filters; here SQL, the truth, has the last word on what is ready
    and may be seen.
    """
    by_item: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_item[hit.item_id].append(hit)
    item = Item.__table__.c  # the class would join the tables of all its kinds
    columns = (item.id, item.kind, item.title, item.language, item.country, item.year)
    rows = session.execute(
        select(*columns).where(
            item.id.in_(by_item),
            item.status == Status.READY,
            item.visibility.in_(access.visibilities),
        )
    ).all()
    themes = _themes(session, by_item)
    found = [
        Candidate(
            *row,
            themes=tuple(themes[row.id]),
            languages=frozenset(hit.language for hit in by_item[row.id]),
            score=by_item[row.id][0].score,
            hits=_to_read(row.kind, by_item[row.id], own),
        )
        for row in rows
    ]
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.id))


def _to_read(kind: Kind, hits: Sequence[Hit], own: str) -> tuple[Hit, ...]:
    if kind is Kind.PRACTICE:
        hits = sorted(hits, key=lambda hit: hit.language != own)
    return tuple(hits[:PASSAGES_PER_ITEM])


def _themes(session: Session, item_ids: Iterable[str]) -> dict[str, list[str]]:
    themes: dict[str, list[str]] = defaultdict(list)
    rows = session.execute(
        select(ItemTheme.item_id, ItemTheme.theme)
        .where(ItemTheme.item_id.in_(item_ids))
        .order_by(ItemTheme.theme)
    )
    for item_id, theme in rows:
        themes[item_id].append(theme)
    return themes
