"""The same answer found twice becomes one result that names both sources.

A result repeats an earlier one if every sentence of it that answers stands, word for word, in
the earlier one's best passage: a report uploaded again under another cover, a paragraph taken over
from elsewhere. Case, spacing and punctuation between words do not count. A number that differs in
digits, sign, separator or unit keeps two results apart, and so does a translation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from kb.domain import Kind
from search.ranking.answering_sentences import find_answering_sentences
from search.ranking.grouping import RankedItem

WINDOW = 30
"""Leading results that are compared with each other; who reads on sees every result."""
FEWEST_LETTERS = 50
"""Answers with fewer, blanks included ("See chapter 3.") are alike by chance."""

_BETWEEN_WORDS = re.compile(r"[^\w\s%‰€$£°]+(?!\d)|(?<!\d)[^\w\s%‰€$£°+-]+(?=\d)")
"""Punctuation, except what belongs to a number."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Answer:
    """The best passage of a result and the sentences in it that answer, both folded."""

    kind: Kind
    text: str
    sentences: tuple[str, ...]

    @cached_property
    def passage(self) -> str:
        return _words(self.text)

    @cached_property
    def said(self) -> tuple[str, ...]:
        return tuple(map(_words, self.sentences))

    @cached_property
    def longest_word(self) -> str:
        return max(_WORD.findall(" ".join(self.sentences)), key=len, default="")

    def repeats(self, earlier: _Answer) -> bool:
        """Few passages have the longest word in common, and only those are read word by word."""
        return (
            self.longest_word in earlier.text
            and self.kind == earlier.kind
            and sum(map(len, self.said)) >= FEWEST_LETTERS
            and all(sentence in earlier.passage for sentence in self.said)
        )


def merge_same_answers(items: Sequence[RankedItem]) -> list[RankedItem]:
    """Drop items whose answering sentences all occur verbatim in an earlier item of the first
    ``WINDOW``, and list them in that one's ``also_in``. Their best passages must be loaded."""
    kept: list[tuple[_Answer | None, list[RankedItem]]] = []
    for item in items[:WINDOW]:
        answer = _read_answer(item)
        earlier = next(
            (same for first, same in kept if answer and first and answer.repeats(first)), None
        )
        if earlier is None:
            kept.append((answer, [item]))
        else:
            earlier.append(item)
    merged = [replace(item, also_in=tuple(same)) for _, (item, *same) in kept]
    return [*merged, *items[WINDOW:]]


def _read_answer(item: RankedItem) -> _Answer | None:
    passage = item.passages[0]
    if passage.content is None:
        return None
    text = passage.content.text
    sentences = (text[start:end] for start, end in find_answering_sentences(passage))
    return _Answer(item.item.kind, _folded(text), tuple(map(_folded, sentences)))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return plain.replace("−", "-").replace("–", "-")


def _words(folded: str) -> str:
    """The words and numbers, each with a blank before and after it."""
    plain = (one if one.isalnum() else _BETWEEN_WORDS.sub(" ", one) for one in folded.split())
    return f" {' '.join(' '.join(plain).split())} "
