"""The same answer found twice becomes one result that names both sources.

A result repeats an earlier one if every sentence of it that answers stands, word for word, in
the earlier one's best passage, and the best of them answers there too: a report uploaded again
under another cover, a paragraph taken over from elsewhere. A notice that both only happen to carry,
of funding or of rights, answers in neither. Case, spacing and punctuation between words do not
count. A number that differs in digits, sign, separator or unit keeps two results apart, and so does
a translation.
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
from search.ranking.scored_passage import ScoredPassage

WINDOW = 30
"""Leading results that are compared with each other; who reads on sees every result."""
FEWEST_LETTERS = 50
"""Answers with fewer, blanks included ("See chapter 3.") are alike by chance."""

AS_NEAR = 0.75
"""Share of the cosine in the earlier result that the same sentence must have in the later one: its
vector has seen the passage around it, so that words which stand amid another matter are further
from the question."""

AT_ALL = 0.5
"""Share of the largest cosine of all these sentences below which none is an answer."""

_BETWEEN_WORDS = re.compile(r"[^\w\s%‰€$£°]+(?!\d)|(?<!\d)[^\w\s%‰€$£°+-]+(?=\d)")
"""Punctuation, except what belongs to a number."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Answer:
    """The best passage of a result and the sentences in it that answer, both folded, with the
    cosine of each sentence and the question."""

    kind: Kind
    text: str
    sentences: tuple[str, ...]
    cosines: tuple[float, ...]

    @cached_property
    def passage(self) -> str:
        return _words(self.text)

    @cached_property
    def said(self) -> tuple[str, ...]:
        return tuple(map(_words, self.sentences))

    @cached_property
    def longest_word(self) -> str:
        return max(_WORD.findall(" ".join(self.sentences)), key=len, default="")

    @property
    def best_cosine(self) -> float:
        return max(self.cosines, default=0.0)

    def repeats(self, earlier: _Answer) -> bool:
        """Few passages have the longest word in common, and only those are read word by word."""
        return (
            self.longest_word in earlier.text
            and self.kind == earlier.kind
            and sum(map(len, self.said)) >= FEWEST_LETTERS
            and all(sentence in earlier.passage for sentence in self.said)
            and self._best_answers(earlier)
        )

    def _best_answers(self, earlier: _Answer) -> bool:
        """Whether the best sentence answers in ``earlier`` too, and here as well as there."""
        cosine, best = max(zip(self.cosines, self.said, strict=True))
        there = zip(earlier.said, earlier.cosines, strict=True)
        return any(best in said and cosine >= AS_NEAR * other for said, other in there)


def merge_same_answers(items: Sequence[RankedItem]) -> list[RankedItem]:
    """Drop items whose answering sentences all occur verbatim in an earlier item of the first
    ``WINDOW``, and list them in that one's ``also_in``. Their best passages must be loaded."""
    kept: list[tuple[_Answer | None, list[RankedItem]]] = []
    answers = [_read_answer(item) for item in items[:WINDOW]]
    enough = AT_ALL * max((one.best_cosine for one in answers if one), default=0.0)
    for item, answer in zip(items, answers, strict=False):
        near = answer if answer and answer.best_cosine >= enough else None
        earlier = next(
            (same for first, same in kept if near and first and near.repeats(first)), None
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
    answers = find_answering_sentences(passage)
    sentences = tuple(_folded(text[start:end]) for start, end in answers)
    return _Answer(item.item.kind, _folded(text), sentences, _cosines(passage, answers))


def _cosines(passage: ScoredPassage, answers: Sequence[tuple[int, int]]) -> tuple[float, ...]:
    content, cosines = passage.content, passage.sentence_cosines
    if content is None or cosines is None:
        return ()
    by_span = dict(zip(map(tuple, content.sentences), cosines.tolist(), strict=False))
    return tuple(by_span[span] for span in answers)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return plain.replace("−", "-").replace("–", "-")


def _words(folded: str) -> str:
    """The words and numbers, each with a blank before and after it."""
    plain = (one if one.isalnum() else _BETWEEN_WORDS.sub(" ", one) for one in folded.split())
    return f" {' '.join(' '.join(plain).split())} "
