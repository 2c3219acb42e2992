"""Which sentences of a passage answer, and which measured quantities stand in them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kb.embedding.late import cosines
from kb.storage.tables import PassageRow
from kb.text.quantities import quantities
from search.query import Embedded
from search.results import Fragment

MOST_SENTENCES = 3
NEAR_BEST = 0.75
"""A sentence also answers if it is this far up from the passage's mean likeness to its best."""


def fragments(row: PassageRow, embedded: Embedded) -> tuple[Fragment, ...]:
    """The text of the passage, cut where an answering sentence or a quantity begins or ends."""
    answers = answering(row, embedded)
    cut: list[Fragment] = []
    position = 0
    for start, end in answers:
        if position < start:
            cut.append(Fragment(row.text[position:start]))
        cut.extend(_quantities(row.text[start:end]))
        position = end
    if position < len(row.text):
        cut.append(Fragment(row.text[position:]))
    return tuple(cut)


def answering(row: PassageRow, embedded: Embedded) -> list[tuple[int, int]]:
    """Character ranges of the one to three sentences most like the question, in text order.

    Sentences are compared by the mean of their token vectors, each of which has seen the whole
    passage (Günther et al. 2024, Late Chunking).
    """
    if not row.sentences:
        return []
    likeness = cosines([row.sentence_vectors], embedded.dense)
    best = np.argsort(-likeness, kind="stable")[:MOST_SENTENCES]
    mean = float(likeness.mean())
    enough = mean + NEAR_BEST * (float(likeness[best[0]]) - mean)
    chosen = sorted(int(n) for n in best if likeness[n] >= enough)
    return [(row.sentences[n][0], row.sentences[n][1]) for n in chosen]


def _quantities(sentence: str) -> Iterator[Fragment]:
    position = 0
    for found in quantities(sentence):
        if position < found.start:
            yield Fragment(sentence[position : found.start], answer=True)
        yield Fragment(found.text, answer=True, quantity=True)
        position = found.end
    if position < len(sentence):
        yield Fragment(sentence[position:], answer=True)
