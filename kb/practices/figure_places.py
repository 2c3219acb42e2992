"""Find the places of a card's figures in the documents that hold its sources.

Each sentence is judged by its numbers, their unit, the years and names in it, and its likeness to
the indicator (cosine of the stored sentence vectors). Nothing is taken over: places are offered to
a person.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import CARD_LANGUAGE
from kb.embedding.late import cosines
from kb.practices.card_figures import CardFigure
from kb.practices.quotations import verbatim
from kb.runtime.services import Services
from kb.storage.tables import Document, PageRow, PassageRow
from kb.text.folding import fold_text
from kb.text.unit_kinds import kind_at
from kb.text.written_numbers import WrittenNumber, find_numbers

MOST_PLACES = 5
"""Places offered for a figure."""
MOST_OTHERS = 3
"""Different figures offered for an indicator."""
LEAST_LIKE, LEAST_LIKE_OTHER = 0.32, 0.6
"""Likeness of a sentence, words in common included, below which the same number counts something
else, and below which a different number does, unless it has half of the indicator's words."""
LIKENESS_WEIGHT = 2.0
EXACT, ROUNDED = 1.0, 0.6
"""Score of a number that is the card's, or that becomes it when rounded as the card's is."""
SAME_UNIT, OTHER_UNIT = 0.3, -0.5
YEAR_IN_SENTENCE, YEAR_NEAR, YEAR_BESIDE = 0.25, 0.1, 0.15
"""For the year of the figure in the sentence, in the passage, and directly after the number."""
BESIDE = 20
"""Characters within which a year after a number belongs to it."""
WORD_IN_COMMON = 0.15
"""For each word or name of the indicator, up to three."""
OWN_SOURCE = 0.2
LANGUAGES = (CARD_LANGUAGE, "en")
"""Of the texts of a figure, in order."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
MOST_LINES = 20
"""Lines of a sentence over a page end that are looked for."""
SHORTEST_WORD = 4
STEM = 6
"""Characters by which words are compared, because their endings differ."""


class Agreement(StrEnum):
    EXACT = "exact"
    ROUNDED = "rounded"
    DIFFERENT = "different"


@dataclass(frozen=True)
class FigurePlace:
    """A sentence, on one page of a document, with a number in it: ``sentence[start:end]``.

    ``other_unit``: the number there measures something else than the card's. ``value``: what the
    number is, if it can only be one. ``likeness``: cosine with the indicator, and a bonus for words
    in common.
    """

    source_id: str
    document_id: str
    page: int
    sentence: str
    start: int
    end: int
    agreement: Agreement
    other_unit: bool
    value: float | None
    is_percent: bool
    score: float
    likeness: float


@dataclass(frozen=True)
class FoundPlaces:
    """For one figure: where it stands, best first, and different figures for the same thing."""

    places: tuple[FigurePlace, ...]
    others: tuple[FigurePlace, ...]


@dataclass(frozen=True)
class _Sentence:
    source_id: str
    document_id: str
    page: int
    text: str
    folded: str
    around: str
    """The passage around it."""
    numbers: tuple[WrittenNumber, ...]
    vector: bytes


def find_places(
    services: Services,
    session: Session,
    documents: Mapping[str, Document],
    figures: Sequence[CardFigure],
) -> list[FoundPlaces]:
    """The places of each figure. ``documents``: by id of the source that they hold."""
    if not documents:
        return [FoundPlaces((), ()) for _ in figures]
    dimension = services.embedder.dimension
    sentences = list(_read_sentences(session, documents, dimension))
    if not sentences:
        return [FoundPlaces((), ()) for _ in figures]
    vectors = [one.vector for one in sentences]
    return [_rank(figure, sentences, _likeness(services, figure, vectors)) for figure in figures]


def _read_sentences(
    session: Session, documents: Mapping[str, Document], dimension: int
) -> Iterator[_Sentence]:
    """The sentences with numbers, each once, with the page on which they stand word for word."""
    for source_id, document in documents.items():
        seen: set[str] = set()
        pages = {
            row.number: row.text
            for row in session.scalars(select(PageRow).where(PageRow.document_id == document.id))
        }
        passages = select(PassageRow).where(PassageRow.item_id == document.id)
        for passage in session.scalars(passages.order_by(PassageRow.ordinal)):
            around = f"{' '.join(passage.heading_path)} {passage.text}"
            for n, (start, end) in enumerate(passage.sentences):
                vector = passage.sentence_vectors[n * dimension : (n + 1) * dimension]
                if len(vector) < dimension:
                    continue
                for page, text in _on_pages(passage.text[start:end], passage, pages):
                    numbers = tuple(find_numbers(text))
                    if not numbers or text in seen:
                        continue
                    seen.add(text)
                    folded = f" {fold_text(text)} "
                    yield _Sentence(
                        source_id, document.id, page, text, folded, around, numbers, vector
                    )


def _on_pages(
    text: str, passage: PassageRow, pages: Mapping[int, str]
) -> Iterator[tuple[int, str]]:
    """The page on which a sentence stands; of one that runs over a page end, the beginning on the
    first page and the end on the next, as far as whole lines go."""
    numbers = list(dict.fromkeys(page for page, _, _ in passage.spans))
    for number in numbers:
        if verbatim(pages.get(number, ""), text):
            yield number, text
            return
    lines = text.split("\n")[:MOST_LINES]
    for place, number in enumerate(numbers):
        cuts = range(len(lines) - 1, 0, -1) if place == 0 else range(1, len(lines))
        parts = ("\n".join(lines[:cut] if place == 0 else lines[cut:]) for cut in cuts)
        page = pages.get(number, "")
        if part := next((part for part in parts if verbatim(page, part)), ""):
            yield number, part


def _likeness(
    services: Services, figure: CardFigure, vectors: Sequence[bytes]
) -> NDArray[np.float32]:
    """The likeness of each sentence to the indicator, in the language in which it is greater."""
    compared = [
        cosines(vectors, services.preparation.query(services.embedder.embed_query(text), language))
        for text, language in zip(figure.texts, LANGUAGES, strict=False)
    ]
    if not compared:
        return np.zeros(len(vectors), np.float32)
    return np.asarray(np.max(np.stack(compared), axis=0), np.float32)


def _rank(
    figure: CardFigure, sentences: Sequence[_Sentence], likeness: NDArray[np.float32]
) -> FoundPlaces:
    places: list[FigurePlace] = []
    others: list[FigurePlace] = []
    words = _words_of(figure)
    for sentence, like in zip(sentences, likeness, strict=True):
        best = max(
            (_judge(figure, sentence, number, float(like), words) for number in sentence.numbers),
            key=lambda place: place.score,
        )
        if best.agreement is not Agreement.DIFFERENT:
            if best.likeness >= LEAST_LIKE:
                places.append(best)
        elif _is_other_figure(figure, sentence, best):
            others.append(best)
    rarity = 1 / (1 + math.log(max(1, len(places))))
    places = [replace(one, score=one.score + rarity) for one in places]
    return FoundPlaces(
        tuple(sorted(places, key=_best_first)[:MOST_PLACES]),
        tuple(sorted(others, key=_best_first)[:MOST_OTHERS]),
    )


def _best_first(place: FigurePlace) -> tuple[float, int]:
    return -place.score, place.page


def _judge(
    figure: CardFigure, sentence: _Sentence, number: WrittenNumber, like: float, words: set[str]
) -> FigurePlace:
    kind = "percent" if number.is_percent else kind_at(sentence.text, number.start, number.end)
    known = bool(kind and figure.unit_kind)
    other_unit = known and kind != figure.unit_kind
    if figure.unit_kind == "percent" and not kind:
        other_unit = True
    agreement = _agreement(figure, number)
    score = {Agreement.EXACT: EXACT, Agreement.ROUNDED: ROUNDED}.get(agreement, 0.0)
    score += LIKENESS_WEIGHT * like
    score += OTHER_UNIT if other_unit else SAME_UNIT if known else 0.0
    score += _year_score(figure, sentence, number)
    common = WORD_IN_COMMON * min(3, sum(f" {word}" in sentence.folded for word in words))
    score += common
    score += OWN_SOURCE if sentence.source_id == figure.source else 0.0
    return FigurePlace(
        sentence.source_id,
        sentence.document_id,
        sentence.page,
        sentence.text,
        number.start,
        number.end,
        agreement,
        other_unit,
        next(iter(number.values)) if len(number.values) == 1 else None,
        number.is_percent,
        score,
        like + common,
    )


def _agreement(figure: CardFigure, number: WrittenNumber) -> Agreement:
    if any(figure.is_exactly(value) for value in number.values):
        return Agreement.EXACT
    if any(figure.is_rounded(value) for value in number.values):
        return Agreement.ROUNDED
    return Agreement.DIFFERENT


def _year_score(figure: CardFigure, sentence: _Sentence, number: WrittenNumber) -> float:
    if figure.year is None:
        return 0.0
    year = str(figure.year)
    if year in sentence.text:
        after = sentence.text[number.end : number.end + BESIDE + len(year)]
        return YEAR_IN_SENTENCE + (YEAR_BESIDE if year in after else 0.0)
    return YEAR_NEAR if str(figure.year) in sentence.around else 0.0


def _is_other_figure(figure: CardFigure, sentence: _Sentence, place: FigurePlace) -> bool:
    """Whether a number may be another figure for the same thing: a like sentence, the same known
    unit, no year but the card's, and no year itself."""
    if place.other_unit or not figure.unit_kind:
        return False
    if place.likeness < LEAST_LIKE_OTHER and not _has_half_of_words(figure, sentence):
        return False
    if not place.is_percent and not kind_at(place.sentence, place.start, place.end):
        return False
    years = {int(year) for year in _YEAR.findall(sentence.text)}
    return figure.year is None or not years or figure.year in years


def _has_half_of_words(figure: CardFigure, sentence: _Sentence) -> bool:
    for text in figure.texts:
        words = _beginnings(text)
        if words and 2 * sum(f" {word}" in sentence.folded for word in words) >= len(words):
            return True
    return False


def _words_of(figure: CardFigure) -> set[str]:
    """The beginnings of the words of an indicator, in both languages."""
    return _beginnings(" ".join(figure.texts))


def _beginnings(text: str) -> set[str]:
    words = fold_text(text).split()
    return {word[:STEM] for word in words if len(word) >= SHORTEST_WORD and not word.isdigit()}
