"""The sentences of a passage nearest to the question, and the quantities in marked sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kb.domain import Kind
from kb.practices.practice import ENGLISH_SUMMARY
from kb.text.folding import fold_text
from kb.text.quantities import quantities
from search.ranking.scored_passage import PassageText, ScoredPassage
from search.results import Fragment

MOST_SENTENCES = 3
MUCH_LONGER = 3
"""Times the length of a title from which a sentence is no part of it, whatever its signs."""
REMEMBERED = 4000
"""Titles with headings whose folded form is kept."""
NEAR_BEST = 0.75
"""A sentence answers if its cosine is at least mean + NEAR_BEST (best - mean) of its passage."""


def find_answering_sentences(passage: ScoredPassage) -> list[tuple[int, int]]:
    """Character ranges of the one to three sentences nearest to the question, in text order; never
    the item's title.

    ``passage`` must be loaded. Sentence vectors are means of token vectors computed over the whole
    passage (Günther et al. 2024, Late Chunking).
    """
    telling, cosines = _telling(passage)
    content = passage.content
    if content is None or not telling:
        return []
    best = np.argsort(-cosines, kind="stable")[:MOST_SENTENCES]
    mean = float(cosines.mean())
    enough = mean + NEAR_BEST * (float(cosines[best[0]]) - mean)
    chosen = sorted(telling[n] for n in best if cosines[n] >= enough)
    return [(content.sentences[n][0], content.sentences[n][1]) for n in chosen]


def _telling(passage: ScoredPassage) -> tuple[list[int], NDArray[np.float32]]:
    """Numbers and cosines of the sentences that are not the title."""
    content, compared = passage.content, passage.sentence_cosines
    if content is None or compared is None:
        return [], np.empty(0, np.float32)
    telling = [n for n in range(compared.size) if not is_title(passage, content, n)]
    return telling, compared[telling]


def is_title(passage: ScoredPassage, content: PassageText, number: int) -> bool:
    """Whether a sentence is, or is a part of, the title or a heading above it; the English part of
    a card opens with the English title."""
    start, end = content.sentences[number]
    if number == 0 and tuple(content.heading_path) == (ENGLISH_SUMMARY,):
        return passage.item.kind is Kind.PRACTICE
    above = (passage.item.title, *content.heading_path)
    if end - start > MUCH_LONGER * max(map(len, above)):
        return False
    words = fold_text(content.text[start:end])
    return bool(words) and f" {words} " in _pad_folded(tuple(above))


@lru_cache(REMEMBERED)
def _pad_folded(texts: tuple[str, ...]) -> str:
    """The folded texts, each between blanks and apart from the next."""
    return "|".join(f" {fold_text(text)} " for text in texts)


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
