"""Passages that compete for a question: index hits joined with SQL, carrying all their scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.embedding.late import cosines
from kb.storage.tables import Item, ItemTheme, ItemValue, PassageRow
from kb.vectors.opening import Hit, Vector
from search.query import PerArm

REMEMBERED = 10_000
"""Items whose filter values are kept in parsed form."""


class ItemFields(NamedTuple):
    """The item of a passage: what filters count and a result shows."""

    id: str
    kind: Kind
    title: str
    language: str
    country: str
    year: int | None
    themes: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    """Of the filters that have no field here, by name."""
    revision: str = ""
    """Checksum of the content: that of a practice's record."""

    def filter_values(self, name: str) -> tuple[str, ...]:
        """The values of a filter of items, by its name in ``kb.filters``."""
        match name:
            case "kind":
                return (str(self.kind),)
            case "theme":
                return self.themes
            case "country":
                return (self.country,)
            case "year":
                return (str(self.year or ""),)
        return self.values.get(name, ())


class PassageText(NamedTuple):
    """What SQL has of a passage. ``sentences`` are character ranges of ``text``; ``spans`` are
    (page, start, end); ``sentence_vectors`` are int8, shape (sentences, dimension), as bytes, the
    contextual header's last where the passage has one."""

    id: str
    text: str
    heading_path: Sequence[str]
    spans: Sequence[tuple[int, int, int]]
    sentences: Sequence[tuple[int, int]]
    sentence_vectors: bytes

    @property
    def sentence_texts(self) -> list[str]:
        return [self.text[start:end] for start, end in self.sentences]


@dataclass(slots=True)
class ScoredPassage:
    """A passage that competes. ``score`` is updated by the steps of ``search.ranking``.

    ``scores`` has the unweighted score of each arm of the query, None where the arm did not find
    the passage. ``content`` and ``sentence_cosines`` (shape (sentences,), float32) are None until
    ``load_contents`` has read them; ``header_cosine``, of title and headings, is None also where no
    vector of them is stored. ``header_lead`` is what the header alone has added to the score.
    ``figure_fits``, shape (sentences,), says how each sentence fits the figure that the question
    asks for (``search.ranking.figures_in_sentences``), None where it asks for none. ``answers`` are
    the character ranges to mark (``search.ranking.answers``).
    """

    id: str
    language: str
    score: float
    scores: PerArm[float | None]
    item: ItemFields
    content: PassageText | None = None
    sentence_cosines: NDArray[np.float32] | None = None
    header_cosine: float | None = None
    header_lead: float = 0.0
    figure_fits: NDArray[np.int8] | None = None
    answers: Sequence[tuple[int, int]] = ()
    reading: float | None = None
    """The probability that the reranker gives it, where it has read it."""

    @property
    def own_score(self) -> float:
        """The score without what title and headings add to it, which passages of a text share."""
        return self.score - self.header_lead

    @property
    def cosine(self) -> float:
        """Cosine of question and passage, from whichever dense arm found it; -1 if none did."""
        own, other = self.scores.own_language, self.scores.other_languages
        if own is not None:
            return own
        return -1.0 if other is None else other


def sort_best_first(passages: Iterable[ScoredPassage]) -> list[ScoredPassage]:
    """By falling score, equal ones by id."""
    return sorted(sorted(passages, key=_ID), key=_SCORE, reverse=True)


def load_visible_passages(
    session: Session, hits: Sequence[Hit], access: Access
) -> list[ScoredPassage]:
    """Join index hits with SQL and drop passages that are gone, not ready or not visible to
    ``access``. The order of the hits is kept.

    The index has applied the same filters before; SQL is the truth.
    """
    ids = [hit.id for hit in hits]
    connection = session.connection()
    passages = {
        id: (language, item_id)
        for id, language, item_id in connection.execute(_PASSAGES, {"ids": ids}).all()
    }
    items = _load_items(connection, {item_id for _, item_id in passages.values()}, access)
    return [
        ScoredPassage(hit.id, language, hit.score, PerArm._make(hit.scores), items[item_id])
        for hit in hits
        if hit.id in passages
        for language, item_id in [passages[hit.id]]
        if item_id in items
    ]


def _load_items(
    connection: Connection, ids: Iterable[str], access: Access
) -> dict[str, ItemFields]:
    """The items that are ready and visible to ``access``, by id."""
    given = {"ids": list(ids), "visibilities": list(access.visibilities)}
    return {
        fields[0]: ItemFields._make((*fields, _split_themes(themes), _split_values(values), sha256))
        for *fields, themes, values, sha256 in connection.execute(_ITEMS, given).all()
    }


def load_contents(session: Session, question: Vector, passages: Iterable[ScoredPassage]) -> None:
    """Read text and sentences of the passages that have none yet, in one query, and compare each
    sentence and the header with ``question``, shape (dimension,)."""
    missing = {passage.id: passage for passage in passages if passage.content is None}
    if not missing:
        return
    for row in session.connection().execute(_CONTENTS, {"ids": list(missing)}).all():
        content = PassageText._make(row)
        _compare(missing[content.id], content, question)


def _compare(passage: ScoredPassage, content: PassageText, question: Vector) -> None:
    """One vector more than there are sentences is that of the header."""
    compared = cosines([content.sentence_vectors], question)
    count = len(content.sentences)
    passage.content = content
    passage.sentence_cosines = compared[:count]
    passage.header_cosine = float(compared[count]) if compared.size > count else None


def _split_themes(themes: str | None) -> tuple[str, ...]:
    return tuple(sorted(themes.split(","))) if themes else ()


@lru_cache(REMEMBERED)
def _split_values(values: str | None) -> Mapping[str, tuple[str, ...]]:
    """Of lines ``name=value``."""
    by_name: dict[str, tuple[str, ...]] = {}
    for line in (values or "").splitlines():
        name, _, value = line.partition("=")
        by_name[name] = (*by_name.get(name, ()), value)
    return by_name


_ID, _SCORE = attrgetter("id"), attrgetter("score")
_item, _passage = Item.__table__.c, PassageRow.__table__.c  # the classes would join more tables
_themes = (
    select(func.aggregate_strings(ItemTheme.theme, ","))
    .where(ItemTheme.item_id == _item.id)
    .scalar_subquery()
)
_values = (
    select(func.aggregate_strings(ItemValue.name + "=" + ItemValue.value, "\n"))
    .where(ItemValue.item_id == _item.id)
    .scalar_subquery()
)
_PASSAGES = select(_passage.id, _passage.language, _passage.item_id).where(
    _passage.id.in_(bindparam("ids", expanding=True))
)
_ITEMS = select(
    _item.id,
    _item.kind,
    _item.title,
    _item.language,
    _item.country,
    _item.year,
    _themes,
    _values,
    _item.content_sha256,
).where(
    _item.id.in_(bindparam("ids", expanding=True)),
    _item.status == Status.READY,
    _item.visibility.in_(bindparam("visibilities", expanding=True)),
)
_CONTENTS = select(
    _passage.id, _passage.text, _passage.heading_path, _passage.spans,
    _passage.sentences, _passage.sentence_vectors,
).where(_passage.id.in_(bindparam("ids", expanding=True)))  # fmt: skip
