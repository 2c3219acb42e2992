"""Rows of tables that a question names by a number: "scuola n. 87" is one of a hundred rows that
are alike to the model."""

from __future__ import annotations

import re

from search.ranking.scored_passage import ScoredPassage

BAR = "|"
NAMED_ROW = 0.1
"""Added to the cosine of a row that the question names: rows of one table differ by less."""
_NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
_WORD = re.compile(r"[^\W\d_]{3,}")


def raise_named_rows(question: str, passage: ScoredPassage) -> None:
    """Raise the cosines of the rows of a loaded passage in which one cell holds a number of the
    question beside a word of it, or is nothing but that number in the first column."""
    numbers = set(_NUMBER.findall(question))
    content, cosines = passage.content, passage.sentence_cosines
    if not numbers or content is None or cosines is None or BAR not in content.text:
        return
    words = _words(question)
    for number, (start, end) in enumerate(content.sentences):
        first, *others = content.text[start:end].split(BAR)
        if others and (
            first.strip() in numbers
            or any(_is_named(cell, numbers, words) for cell in (first, *others))
        ):
            cosines[number] += NAMED_ROW


def _is_named(cell: str, numbers: set[str], words: set[str]) -> bool:
    return not numbers.isdisjoint(_NUMBER.findall(cell)) and not words.isdisjoint(_words(cell))


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
