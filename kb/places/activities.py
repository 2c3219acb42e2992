"""Economic activities (ATECO 2025): search by words, and similarity of two activities."""

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
"""Shorter words of a search are ignored."""
SHORTEST_STEM = 2
"""Letters of a stem from which other endings are searched."""
NOTES = ("centrale", "inclusione", "inclusione_aggiuntiva")
"""Notes of an activity that describe what it includes."""
HOW = ((True, True), (True, False), (False, True), (False, False))
"""Search stages as (in titles, whole words): tried in order until one finds something."""
SECTION_ONLY = 0.5
"""Similarity of a section with an activity inside it, which is broader than any other
containment."""
KINSHIP = (0.0, 0.3, 0.6, 0.8)
"""Similarity of two activities by number of shared levels: none, section, division, group."""


@dataclass(frozen=True)
class Activity:
    code: str
    title: str


def activity(code: str) -> Activity | None:
    node = _nodes().get(code.strip().upper())
    return Activity(node.code, node.title) if node else None


@dataclass(frozen=True)
class Activities:
    """Activities found, in the order of the classification, each with its depth below the listed
    activity that contains it. ``total``: number of all activities found."""

    shown: tuple[tuple[Activity, int], ...]
    total: int


def find(words: str, limit: int = 12) -> Activities:
    """Activities with all words in their titles or, if there are none, in their notes.

    A word matches its singular and plural («vino»: «vini», not «vincite») or, if that finds
    nothing, words that begin with it. An activity with the same title as its parent is left out.
    """
    if exact := activity(words):
        return Activities(((exact, 0),), 1)
    wanted = [word for word in fold_text(words).split() if len(word) >= FEWEST_LETTERS]
    if not wanted:
        return Activities((), 0)
    hits = next(filter(None, (_find_nodes(wanted, *how) for how in HOW)), [])
    codes = {node.code for node in hits}
    shown = (
        (Activity(node.code, node.title), len(codes.intersection(_lineage(node.code)[:-1])))
        for node in hits[:limit]
    )
    return Activities(tuple(shown), len(hits))


def _find_nodes(words: Sequence[str], in_title: bool, whole: bool) -> list[Any]:
    """The nodes that have all words, ``whole`` or as prefixes, in their titles or notes."""
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
    """Similarity of two activities from 0 to 1; 1 if one contains the other."""
    ours, others = _lineage(mine), _lineage(theirs)
    shared = sum(1 for a, b in zip(ours, others, strict=False) if a == b)
    shorter = min(len(ours), len(others))
    if shared == shorter:
        return SECTION_ONLY if shorter == 1 and len(ours) != len(others) else float(shorter > 0)
    return KINSHIP[min(shared, len(KINSHIP) - 1)]


@cache
def _lineage(code: str) -> tuple[str, ...]:
    """The codes from the section down to this code; empty for an unknown code."""
    nodes = _nodes()
    outwards: list[str] = []
    node = nodes.get(code)
    while node:
        outwards.append(node.code)
        node = nodes.get(node.parent)
    return tuple(reversed(outwards))


def _pattern(word: str) -> re.Pattern[str]:
    """Matches a word of folded text in Italian singular or plural."""
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
    """Every activity by code. The package only has a search by substring, so the titles are
    searched for the vowels a, e, i and o, one of which every title contains."""
    import ateco  # type: ignore[import-untyped]  # it ships no types

    listed = (ateco.search(vowel, edition=EDITION, limit=10_000) for vowel in "aeio")
    return {node.code: node for node in sorted(chain.from_iterable(listed), key=_by_code)}


def _by_code(node: Any) -> str:
    return str(node.code)
