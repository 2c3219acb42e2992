"""Which sentences of a passage answer the question, and which quantities stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kb.text.quantities import quantities
from search.ranking.scored_passage import PassageText, ScoredPassage
from search.results import Fragment

MOST_SENTENCES = 3
NEAR_BEST = 0.75
"""A sentence answers if its cosine is at least mean + NEAR_BEST (best - mean) of its passage."""


def find_answering_sentences(passage: ScoredPassage) -> list[tuple[int, int]]:
    """Character ranges of the one to three sentences nearest to the question, in text order.

    ``passage`` must be loaded. Sentence vectors are means of token vectors computed over the whole
    passage (Günther et al. 2024, Late Chunking).
    """
    content, cosines = passage.content, passage.sentence_cosines
    if content is None or cosines is None or not cosines.size:
        return []
    best = np.argsort(-cosines, kind="stable")[:MOST_SENTENCES]
    mean = float(cosines.mean())
    enough = mean + NEAR_BEST * (float(cosines[best[0]]) - mean)
    chosen = sorted(int(n) for n in best if cosines[n] >= enough)
    return [(content.sentences[n][0], content.sentences[n][1]) for n in chosen]


def split_fragments(
    content: PassageText, answers: Sequence[tuple[int, int]]
) -> tuple[Fragment, ...]:
    """Cut a passage's text where an answering sentence or a quantity begins or ends."""
    text = content.text
    fragments: list[Fragment] = []
    position = 0
    for start, end in answers:
        if position < start:
            fragments.append(Fragment(text[position:start]))
        fragments.extend(_split_quantities(text[start:end]))
        position = end
    if position < len(text):
        fragments.append(Fragment(text[position:]))
    return tuple(fragments)


def _split_quantities(sentence: str) -> Iterator[Fragment]:
    position = 0
    for quantity in quantities(sentence):
        if position < quantity.start:
            yield Fragment(sentence[position : quantity.start], answer=True)
        yield Fragment(quantity.text, answer=True, quantity=True)
        position = quantity.end
    if position < len(sentence):
        yield Fragment(sentence[position:], answer=True)
