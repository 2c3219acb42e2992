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

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import Kind
from kb.storage.tables import PassageRow
from search.evidence import answering
from search.query import Embedded
from search.show import Compared

WINDOW = 30
"""Leading results that are compared with each other; who reads on sees every result."""
FEWEST_LETTERS = 50
"""Answers with fewer, blanks included ("See chapter 3.") are alike by chance."""

_BETWEEN_WORDS = re.compile(r"[^\w\s%‰€$£°]+(?!\d)|(?<!\d)[^\w\s%‰€$£°+-]+(?=\d)")
"""Punctuation, except what belongs to a number."""


@dataclass(frozen=True)
class _Answer:
    """The best passage of a result and the words of the sentences in it that answer."""

    kind: Kind
    text: str
    sentences: tuple[str, ...]

    @cached_property
    def passage(self) -> str:
        return _words(self.text)

    def repeats(self, earlier: _Answer) -> bool:
        """Few passages have the longest word in common, and only those are read word by word."""
        return (
            self.kind == earlier.kind
            and sum(map(len, self.sentences)) >= FEWEST_LETTERS
            and all(
                max(sentence.split(), key=len, default="") in earlier.text
                and sentence in earlier.passage
                for sentence in self.sentences
            )
        )


def collapsed(session: Session, embedded: Embedded, found: Sequence[Compared]) -> list[Compared]:
    """The results without those that repeat an earlier one, which are noted there."""
    leading = found[:WINDOW]
    answers = _answers(session, embedded, leading)
    kept: list[tuple[_Answer | None, list[Compared]]] = []
    for one in leading:
        answer = answers.get(one.candidate.passages[0].id)
        earlier = next(
            (group for first, group in kept if answer and first and answer.repeats(first)), None
        )
        if earlier is None:
            kept.append((answer, [one]))
        else:
            earlier.append(one)
    first = [replace(one, again=tuple(again)) for _, (one, *again) in kept]
    return [*first, *found[WINDOW:]]


def _answers(session: Session, embedded: Embedded, found: Sequence[Compared]) -> dict[str, _Answer]:
    """By passage id."""
    kinds = {one.candidate.passages[0].id: one.candidate.item.kind for one in found}
    rows = session.scalars(select(PassageRow).where(PassageRow.id.in_(kinds)))
    return {
        row.id: _Answer(
            kinds[row.id],
            _folded(row.text),
            tuple(_words(_folded(row.text[start:end])) for start, end in answering(row, embedded)),
        )
        for row in rows
    }


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return plain.replace("−", "-").replace("–", "-")


def _words(folded: str) -> str:
    """The words and numbers, each with a blank before and after it."""
    return f" {' '.join(_BETWEEN_WORDS.sub(' ', folded).split())} "
