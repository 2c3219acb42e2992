"""What a firm does: the activities of ATECO 2025, found by their words and compared by kinship."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from kb.text.folding import fold_text

EDITION = "2025"
FEWEST_LETTERS = 3
SHORTEST_STEM = 2
NOTES = ("centrale", "inclusione", "inclusione_aggiuntiva")
"""The notes of an activity that say what belongs to it."""
HOW = ((True, True), (True, False), (False, True), (False, False))
"""Where words are looked for, one after the other: in titles or notes, whole or beginnings."""
SECTION_ONLY = 0.5
KINSHIP = (0.0, 0.3, 0.6, 0.8)
"""Likeness of two activities by how many levels they share: none, section, division, group."""


@dataclass(frozen=True)
class Activity:
    code: str
    title: str


def activity(code: str) -> Activity | None:
    node = _nodes().get(code.strip().upper())
    return Activity(node.code, node.title) if node else None


@dataclass(frozen=True)
class Activities:
    """Some of the activities that were found, in the order of the classification, each with how
    many levels it lies below one listed before it; ``total`` counts all that were found."""

    shown: tuple[tuple[Activity, int], ...]
    total: int


def find(words: str, limit: int = 12) -> Activities:
    """Activities with all the words in their titles, or where there is none, in their notes.

    A word stands for its singular and plural («vino»: «vini», not «vincite»), and where that finds
    nothing, for words that begin with it. An activity with the same title as the one it belongs to
    is left out: it is the same activity on a finer level.
    """
    if exact := activity(words):
        return Activities(((exact, 0),), 1)
    wanted = [word for word in fold_text(words).split() if len(word) >= FEWEST_LETTERS]
    if not wanted:
        return Activities((), 0)
    hits = next(filter(None, (_with(wanted, *how) for how in HOW)), [])
    codes = {node.code for node in hits}
    shown = (
        (Activity(node.code, node.title), len(codes.intersection(_lineage(node.code)[:-1])))
        for node in hits[:limit]
    )
    return Activities(tuple(shown), len(hits))


def _with(words: Sequence[str], in_title: bool, whole: bool) -> list[Any]:
    """The nodes with all words, ``whole`` or as beginnings, in their titles or their notes."""
    patterns = [_pattern(word) if whole else re.compile(rf"\b{re.escape(word)}") for word in words]
    found = [
        node
        for node, title, notes in _texts()
        if all(one.search(title if in_title else notes) for one in patterns)
    ]
    titles = {node.code: fold_text(node.title) for node in found}
    once = [node for node in found if titles.get(node.parent) != titles[node.code]]
    return sorted(once, key=_by_code)


def kinship(mine: str, theirs: str) -> float:
    """How near two activities are, 0 to 1; what one of them includes of the other is the same."""
    ours, others = _lineage(mine), _lineage(theirs)
    shared = sum(1 for a, b in zip(ours, others, strict=False) if a == b)
    shorter = min(len(ours), len(others))
    if shared == shorter:
        return SECTION_ONLY if shorter == 1 and len(ours) != len(others) else float(shorter > 0)
    return KINSHIP[min(shared, len(KINSHIP) - 1)]


@cache
def _lineage(code: str) -> tuple[str, ...]:
    """The code and all it belongs to, from the section inwards; empty for an unknown code."""
    nodes = _nodes()
    outwards: list[str] = []
    node = nodes.get(code)
    while node:
        outwards.append(node.code)
        node = nodes.get(node.parent)
    return tuple(reversed(outwards))


def _pattern(word: str) -> re.Pattern[str]:
    """Finds a word of folded text in the singular or plural, as Italian forms them."""
    bare = word.rstrip("aeiou")
    stem = bare.removesuffix("h") if word.endswith(("he", "hi")) else bare
    forms = [re.escape(word)]
    if len(stem) >= SHORTEST_STEM and bare != word:
        forms.append(rf"{re.escape(stem)}h?[aeiou]{{1,2}}")
    return re.compile(rf"\b(?:{'|'.join(forms)})\b")


@cache
def _texts() -> tuple[tuple[Any, str, str], ...]:
    return tuple(
        (
            node,
            fold_text(node.title),
            fold_text(" ".join(node.notes.get(name, "") for name in NOTES)),
        )
        for node in _nodes().values()
    )


@cache
def _nodes() -> dict[str, Any]:
    """Every activity by code: the package lists what has a letter, and all have a vowel."""
    import ateco  # type: ignore[import-untyped]  # it ships no types

    listed = (ateco.search(vowel, edition=EDITION, limit=10_000) for vowel in "aeio")
    return {node.code: node for node in sorted(chain.from_iterable(listed), key=_by_code)}


def _by_code(node: Any) -> str:
    return str(node.code)
