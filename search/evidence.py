"""Which sentences of a passage answer, and which measured quantities stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from kb.storage.tables import PassageRow
from search.query import Embedded
from search.results import Fragment

MOST_SENTENCES = 3
NEAR_BEST = 0.75
"""A sentence also answers if it is this far up from the passage's mean likeness to its best."""

_NUMBER = r"\d+(?:[.,' \u00a0\u202f]\d{3})*(?:[.,]\d+)?"
_UNIT = (
    r"%|‰|per ?cent(?:o)?|Prozent|pour cent|por ciento|°C|"
    r"(?:[kMGT]W(?:h|p)?|[kM]?Wh?|[kMG]?J|kg|t|g|mg|µg|km²?|m²|m³|m3|m2|ha|l|hl|dB|CO2)"
    r"(?:/(?:\w|²|³)+)*\b|"
    r"(?:mil(?:ioni|iardi)|million[si]?|billion|Millionen|Milliarden|millones)\b(?: (?:di|de) )?"
    r"(?: ?(?:€|euro?s?|EUR))?|"
    r"€|£|\$|eur[oi]?s?\b|EUR\b|DKK\b|"
    r"(?:abitanti|residenti|utenti|famiglie|imprese|addetti|occupati|posti|anni|mesi|giorni|ore|"
    r"tonnellate|ettari|comuni|inhabitants|residents|households|firms|jobs|years|months|tonnes|"
    r"tons|hectares|municipalities|Einwohner|Haushalte|Unternehmen|Jahre|Tonnen|habitants|"
    r"ménages|entreprises|emplois|ans|tonnes|habitantes|hogares|empresas|empleos|años|toneladas)\b"
)
_QUANTITY = re.compile(
    rf"(?:[€£$]\s?{_NUMBER}(?:\s?(?:million|billion|m|bn)\b)?|[+−–-]?{_NUMBER}\s?(?:{_UNIT}))"
)


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
    vectors = np.frombuffer(row.sentence_vectors, np.int8).reshape(len(row.sentences), -1)
    likeness = vectors.astype(np.float32) @ embedded.sentence_query / 127
    best = np.argsort(-likeness, kind="stable")[:MOST_SENTENCES]
    mean = float(likeness.mean())
    enough = mean + NEAR_BEST * (float(likeness[best[0]]) - mean)
    chosen = sorted(int(n) for n in best if likeness[n] >= enough)
    return [(row.sentences[n][0], row.sentences[n][1]) for n in chosen]


def _quantities(sentence: str) -> Iterator[Fragment]:
    position = 0
    for found in _QUANTITY.finditer(sentence):
        if position < found.start():
            yield Fragment(sentence[position : found.start()], answer=True)
        yield Fragment(found.group(), answer=True, quantity=True)
        position = found.end()
    if position < len(sentence):
        yield Fragment(sentence[position:], answer=True)
