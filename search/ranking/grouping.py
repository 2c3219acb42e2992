"""Ranked passages grouped into practices and documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kb.domain import Kind
from search.ranking.scored_passage import ItemFields, ScoredPassage
from search.similarity.gower import Similarity

PASSAGES_PER_ITEM = 3
"""Passages of an item that a page shows."""
CANDIDATES_PER_ITEM = 8
"""Passages of an item that those to show are chosen from."""


@dataclass(frozen=True, slots=True)
class RankedItem:
    """An item with its best passages, best first, and the score of the best one. Of a practice,
    whose card is indexed in two languages, passages in the question's language come first.

    ``relevance`` is the probability that it answers (``search.verdict``); ``similarity`` compares
    the item's context with the reader's, if the reader named one; ``also_in`` are items further
    down with the same answer (``search.ranking.same_answer``).
    """

    item: ItemFields
    languages: frozenset[str]
    """Of the passages found, which may differ from the item's own."""
    score: float
    passages: tuple[ScoredPassage, ...]
    relevance: float = 0.0
    similarity: Similarity | None = None
    also_in: tuple[RankedItem, ...] = ()
    distance_km: float | None = None
    """From the place that the question names (``search.asked_place``)."""
    order: tuple[float, ...] = ()
    """Comes before the score when items are sorted."""

    @property
    def id(self) -> str:
        return self.item.id


def group_by_item(passages: Sequence[ScoredPassage], question_language: str) -> list[RankedItem]:
    """Group passages, which come best first, by item; the items come best first too."""
    by_item: dict[str, list[ScoredPassage]] = defaultdict(list)
    for passage in passages:
        by_item[passage.item.id].append(passage)
    items = [
        RankedItem(
            own[0].item,
            languages=frozenset(passage.language for passage in own),
            score=own[0].score,
            passages=_select_passages(own, question_language),
        )
        for own in by_item.values()
    ]
    return sort_items(items)


def sort_items(items: Sequence[RankedItem]) -> list[RankedItem]:
    """By ``order``, then by falling score, equal ones by id."""
    return sorted(items, key=lambda item: (item.order, -item.score, item.id))


def _select_passages(
    passages: Sequence[ScoredPassage], question_language: str
) -> tuple[ScoredPassage, ...]:
    """Those that answer best by what they say themselves: the title is no answer."""
    passages = sorted(passages, key=lambda passage: -passage.own_score)
    if passages[0].item.kind is Kind.PRACTICE:
        passages = sorted(passages, key=lambda passage: passage.language != question_language)
    return tuple(passages[:CANDIDATES_PER_ITEM])
