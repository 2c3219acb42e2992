"""Which passages may stand first: very short ones and templates with blanks to fill in may not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from search.ranking.scored_passage import ScoredPassage, sort_best_first

FEWEST_WORDS = 8
"""A passage with fewer is a heading, a caption or a remnant of a page."""
TEMPLATE_PENALTY = 0.15
"""Taken off the score of a template: about what parts the first from the tenth result."""
REMEMBERED = 4000
"""Texts that were looked at, whose findings are kept."""
STEP = 1e-4
"""By how much a passage that may not stand first scores less than the first that may."""

_WORD = re.compile(r"\w+")
_PLACEHOLDER = re.compile(
    r"\bx{3,}\b|\bxyz\b|lorem ipsum|_{3,}|\.{6,}|…{3,}|"
    r"[\[<(]\s*(?:inserire|indicare|nome|data|insert|enter|your|name|date|insertar|nombre|fecha|"
    r"insérer|indiquer|nom|einfügen|einsetzen)\b[^\])>]{0,60}[\])>]|"
    r"\b(?:da compilare|to be completed|por completar|à compléter|bitte ausfüllen)\b",
    re.IGNORECASE,
)
"""What stands in a form or a template in the place of words."""


def place_unfit_passages(passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Lower the scores of loaded passages that may not stand first below the best that may.

    The passages come and are returned best first. Where none may, nothing is changed.
    """
    first = next((one for one in passages if one.content and _may_lead(one.content.text)), None)
    if first is None:
        return list(passages)
    for passage in passages:
        if passage.content is None or _may_lead(passage.content.text):
            continue
        if _is_template(passage.content.text):
            passage.score -= TEMPLATE_PENALTY
        passage.score = min(passage.score, first.score - STEP)
    return sort_best_first(passages)


@lru_cache(REMEMBERED)
def _may_lead(text: str) -> bool:
    return len(_WORD.findall(text)) >= FEWEST_WORDS and not _is_template(text)


def _is_template(text: str) -> bool:
    return _PLACEHOLDER.search(text) is not None
