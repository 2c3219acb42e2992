"""Sort key and id of a list's items in its order, of those that have the words looked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from kb.domain import CARD_LANGUAGE
from kb.places import municipalities
from kb.places.distance import distance_km
from kb.places.municipalities import Place
from kb.practices.field_texts import country_name
from kb.storage.tables import Document, Item, PracticeRow
from kb.text.folding import fold_text
from web.presenters.queries.list_query import ListQuery, PracticeListQuery
from web.presenters.queries.page_words import find_holders

Key = tuple[Any, ...]
Keyed = tuple[Key, str]
"""Sort key and id."""


def order_practices(
    session: Session, matching: Select[Item], wanted: PracticeListQuery, language: str
) -> list[Keyed]:
    """``language``: that of the titles by which they are sorted."""
    found = matching.subquery()
    record, place = PracticeRow.record, PracticeRow.record["place"]
    rows = session.execute(
        select(
            PracticeRow.id,
            PracticeRow.created_at,
            *(
                record[name].as_string().label(name)
                for name in ("title", "title_en", "summary", "summary_en")
            ),
            record["keywords"].label("keywords"),
            record["start"].as_integer().label("start"),
            place["name"].as_string().label("place"),
            place["region"].as_string().label("region"),
            place["country"].as_string().label("country"),
            place["istat_code"].as_string().label("istat_code"),
            place["latitude"].as_float().label("latitude"),
            place["longitude"].as_float().label("longitude"),
        ).join(found, found.c.id == PracticeRow.id)
    ).all()
    key = _practice_key(wanted, language)
    return _select(rows, wanted, _words_of_practice, key)


def order_documents(session: Session, matching: Select[Item], wanted: ListQuery) -> list[Keyed]:
    found = matching.subquery()
    rows: Sequence[Any] = session.execute(
        select(
            Document.id,
            Document.created_at,
            Document.title,
            Document.year,
            Document.publisher,
            Document.authors,
            Document.filename,
        ).join(found, found.c.id == Document.id)
    ).all()
    in_text = wanted.words_in_text
    held = find_holders(session, select(found.c.id), in_text) if in_text else {}
    words = in_text or fold_text(wanted.q).split()
    kept = [
        row
        for row in rows
        if all(
            row.id in held.get(word, ()) or _has_all([f" {word}"], _words_of_document, row)
            for word in words
        )
    ]
    key = _document_key(wanted)
    return sorted((key(row), row.id) for row in kept)


def _select(
    rows: Sequence[Any],
    wanted: ListQuery,
    words_of: Callable[[Row[Any]], str],
    key: Callable[[Row[Any]], Key],
) -> list[Keyed]:
    words = [f" {word}" for word in fold_text(wanted.q).split()]
    return sorted((key(row), row.id) for row in rows if _has_all(words, words_of, row))


def _has_all(words: list[str], words_of: Callable[[Row[Any]], str], row: Row[Any]) -> bool:
    if not words:
        return True
    text = f" {fold_text(words_of(row))}"
    return all(word in text for word in words)


def _words_of_practice(row: Row[Any]) -> str:
    town = municipalities.find(row.istat_code) if row.istat_code else None
    parts = [
        row.title, row.title_en, row.summary, row.summary_en, *(row.keywords or ()),
        row.place, row.region, country_name(row.country),
    ]  # fmt: skip
    if town is not None:
        parts += [town.name, town.province, town.region]
    return " ".join(part for part in parts if part)


def _words_of_document(row: Row[Any]) -> str:
    return " ".join([row.title, *row.authors, row.publisher, row.filename])


def _practice_key(wanted: PracticeListQuery, language: str) -> Callable[[Row[Any]], Key]:
    """Items without a value come last; those that are equal, by title."""
    own = municipalities.find(wanted.place) if wanted.place else None

    def title(row: Row[Any]) -> str:
        english = row.title_en if language != CARD_LANGUAGE else ""
        return fold_text(english or row.title)

    keys: dict[str, Callable[[Row[Any]], Key]] = {
        "": lambda row: (title(row),),
        "newest": lambda row: (-row.created_at.timestamp(), title(row)),
        "year": lambda row: (-(row.start or 0), title(row)),
        "place": lambda row: (row.country != "IT", row.country, fold_text(row.place), title(row)),
        "near": lambda row: (_distance(own, row), title(row)),
    }
    return keys[wanted.sort]


def _distance(own: Place | None, row: Row[Any]) -> float:
    if own is None or own.latitude is None or own.longitude is None or row.latitude is None:
        return math.inf
    return distance_km((own.latitude, own.longitude), (row.latitude, row.longitude))


def _document_key(wanted: ListQuery) -> Callable[[Row[Any]], Key]:
    keys: dict[str, Callable[[Row[Any]], Key]] = {
        "": lambda row: (-row.created_at.timestamp(),),
        "title": lambda row: (fold_text(row.title),),
        "year": lambda row: (-(row.year or 0), fold_text(row.title)),
        "publisher": lambda row: (
            not row.publisher,
            fold_text(row.publisher),
            fold_text(row.title),
        ),
    }
    return keys[wanted.sort]
