"""What a firm does: the activities of ATECO 2025, found by their words and compared by kinship."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from kb.folding import folded

EDITION = "2025"
FEWEST_LETTERS = 3
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


def find(words: str, limit: int = 12) -> list[Activity]:
    """Activities whose title, or else whose notes, have all the words; broad ones first.

    Only the beginning of a word counts, so that singular and plural are the same.
    """
    if exact := activity(words):
        return [exact]
    wanted = [_stem(word) for word in folded(words).split() if len(word) >= FEWEST_LETTERS]
    if not wanted:
        return []
    ranked = []
    for node, title, notes in _texts():
        in_title = all(f" {word}" in title for word in wanted)
        if in_title or all(f" {word}" in notes for word in wanted):
            ranked.append((not in_title, len(node.code), node.code, node.title))
    ranked.sort()
    return [Activity(code, title) for _, _, code, title in ranked[:limit]]


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


def _stem(word: str) -> str:
    return word[:-1] if len(word) > FEWEST_LETTERS else word


@cache
def _texts() -> tuple[tuple[Any, str, str], ...]:
    return tuple(
        (node, f" {folded(node.title)}", f" {folded(node.notes.get('centrale', ''))}")
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
