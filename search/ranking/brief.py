"""The summary of a card of which only the list of keywords was found: a list says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kb.domain import Kind
from kb.practices import passage_headings
from kb.storage.tables import PassageRow
from kb.vectors.opening import Vector
from search.query import PerArm
from search.ranking.grouping import RankedItem
from search.ranking.scored_passage import ScoredPassage, load_contents

_passage = PassageRow.__table__.c
_PASSAGES = select(
    _passage.id, _passage.item_id, _passage.language, _passage.heading_path
).where(_passage.item_id.in_(bindparam("items", expanding=True)))  # fmt: skip
_SUMMARY = {passage_headings.SUMMARY.heading, passage_headings.SUMMARY.heading_en}


def is_keywords(passage: ScoredPassage) -> bool:
    """Whether a loaded passage is the list of keywords of a card."""
    headings = passage.content.heading_path[-1:] if passage.content else []
    is_practice = passage.item.kind is Kind.PRACTICE
    return is_practice and headings == [passage_headings.KEYWORDS.heading]


def add_summaries(
    session: Session, question: Vector, items: Sequence[RankedItem]
) -> list[RankedItem]:
    """The items, those with nothing but keywords with the summary of the card as well, in each of
    its languages. Their passages must be loaded; ``question`` has shape (dimension,)."""
    bare = {item.id: item for item in items if all(map(is_keywords, item.passages))}
    if not bare:
        return list(items)
    added: dict[str, list[ScoredPassage]] = {id: [] for id in bare}
    for id, item_id, language, headings in session.connection().execute(
        _PASSAGES, {"items": list(bare)}
    ):
        if headings and headings[-1] in _SUMMARY:
            found = PerArm[float | None](None, None, None)
            score, item = bare[item_id].score, bare[item_id].item
            added[item_id].append(ScoredPassage(id, language, score, found, item))
    load_contents(session, question, [one for own in added.values() for one in own])
    return [replace(item, passages=(*item.passages, *added.get(item.id, ()))) for item in items]
