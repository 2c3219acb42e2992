"""What a question asks of the item that leads, beside naming it.

«Quanti ricoveri in meno nelle microaree di Trieste?» is as near to the card of Trieste whether the
card has the figure or not. Without the words of its title, the card leads only if it says more of
what is asked than others do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.embedding.late import cosines
from kb.vectors.opening import Bm25, Vector
from search.ranking.scored_passage import ScoredPassage
from search.verdict.background import Background
from search.verdict.question_words import terms_of_text, terms_of_word
from search.wording import normalise_wording

_WORD = re.compile(r"\w+")


def drop_title(text: str, language: str, passage: ScoredPassage, bm25: Bm25) -> str:
    """The question in ``language`` without the words of the title of the passage's item; empty
    where it has none of them, or nothing else to say."""
    languages = {language, passage.item.language}
    title = frozenset[int]().union(
        *(terms_of_text(bm25, passage.item.title, one) for one in languages)
    )
    words = _WORD.findall(normalise_wording(text))
    rest = [
        word
        for word in words
        if not any(terms_of_word(bm25, word, one) & title for one in languages)
    ]
    says = any(terms_of_word(bm25, word, language) for word in rest)
    return " ".join(rest) if says and len(rest) < len(words) else ""


def measure_leads(
    subject: Vector, passages: Sequence[ScoredPassage], background: Background
) -> dict[str, float]:
    """By item, how much nearer to ``subject``, shape (dimension,), its best sentence is than those
    of the other items on average, in standard deviations of any sentence of the base. ``passages``
    are loaded."""
    mean, deviation = background.spread(subject)
    best: dict[str, float] = {}
    for passage in passages:
        if passage.content is not None and passage.content.sentences:
            compared = cosines([passage.content.sentence_vectors], subject)
            found = float(compared[: len(passage.content.sentences)].max())
            best[passage.item.id] = max(best.get(passage.item.id, found), found)
    total = sum(best.values())
    return {
        id: (own - ((total - own) / (len(best) - 1) if len(best) > 1 else mean)) / deviation
        for id, own in best.items()
    }
