"""What a question asks of the item that leads, beside naming it.

«Quanti ricoveri in meno nelle microaree di Trieste?» is as near to the card of Trieste whether the
card has the figure or not. Without the words of its title, the card leads only if it says more of
what is asked than others do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kb.embedding.late import cosines
from kb.vectors.opening import Bm25, Vector
from search.ranking.figures_in_sentences import NO_FIGURE
from search.ranking.scored_passage import ScoredPassage
from search.verdict.background import Background
from search.verdict.question_words import terms_of_text, terms_of_word
from search.wording import normalise_wording

NO_SENTENCE = -3.0
"""The likeness of a sentence that an item does not have."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Subject:
    """What is asked beside the title of the leading item, compared with the items found.

    ``is_part``: the question has words of that title and others. ``leads``: by item, how much
    nearer its best sentence is than those of the other items on average; ``figures``: how near its
    best sentence with a figure of the kind asked for is. Both are in standard deviations of any
    sentence of the base.
    """

    is_part: bool = False
    leads: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)


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


def measure_subject(
    subject: Vector | None,
    question: Vector,
    passages: Sequence[ScoredPassage],
    background: Background,
) -> Subject:
    """Compare the loaded ``passages`` with ``subject``, or with ``question`` where that is None,
    both of shape (dimension,)."""
    asked = question if subject is None else subject
    mean, deviation = background.spread(asked)
    best: dict[str, float] = {}
    figures: dict[str, float] = {}
    for passage in passages:
        if passage.content is None or not passage.content.sentences:
            continue
        compared = cosines([passage.content.sentence_vectors], asked)
        own = compared[: len(passage.content.sentences)]
        id = passage.item.id
        best[id] = max(best.get(id, -1.0), float(own.max()))
        fits = passage.figure_fits
        if fits is not None and (fits > NO_FIGURE).any():
            nearest = (float(own[fits > NO_FIGURE].max()) - mean) / deviation
            figures[id] = max(figures.get(id, NO_SENTENCE), nearest)
    total = sum(best.values())
    leads = {
        id: (own - ((total - own) / (len(best) - 1) if len(best) > 1 else mean)) / deviation
        for id, own in best.items()
    }
    return Subject(subject is not None, leads, figures)
