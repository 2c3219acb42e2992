"""The passages that compete, grouped into practices and documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kb.domain import Kind
from search.ranking.scored_passage import Found, Owner

PASSAGES_PER_ITEM = 3
ANSWER_SCORE = 0.355
"""Below this score of the best candidate, nothing answers the question (docs/evaluation.md)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item with its best passages, best first; those of a practice, whose card says the same in
    two languages, in the question's language before others. Scores like its best passage."""

    item: Owner
    languages: frozenset[str]
    """Of the passages found, which may differ from the item's own."""
    score: float
    passages: tuple[Found, ...]

    @property
    def id(self) -> str:
        return self.item.id


def is_answered(candidates: Sequence[Candidate]) -> bool:
    """Whether the best candidate, which comes first, is near enough to be called an answer."""
    return bool(candidates) and candidates[0].score >= ANSWER_SCORE


def group(found: Sequence[Found], own: str) -> list[Candidate]:
    """Items of the passages, which come best first; the items do so too. ``own`` is the language
    of the question."""
    by_item: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_item[one.owner.id].append(one)
    candidates = [
        Candidate(
            passages[0].owner,
            languages=frozenset(one.language for one in passages),
            score=passages[0].score,
            passages=_to_read(passages, own),
        )
        for passages in by_item.values()
    ]
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.id))


def _to_read(found: Sequence[Found], own: str) -> tuple[Found, ...]:
    if found[0].owner.kind is Kind.PRACTICE:
        found = sorted(found, key=lambda one: one.language != own)
    return tuple(found[:PASSAGES_PER_ITEM])
