"""Which records harvesters may take, in which sets they are, and when each last changed.

The table of records is compared with the items and collections that everybody may see whenever a
harvester begins a list: what is new or changed gets the present second as its date, what is no
longer there is kept as withdrawn. A harvester that asks for all changes since its last visit thus
misses none, whichever way they were made. While a list goes on, the records of each page are looked
up alone (``find_sets``), so that a harvest compares everything once.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, func, or_, select, true
from sqlalchemy.orm import Session

from kb.domain import Kind, Status, Visibility
from kb.messages import TransientError
from kb.storage.collections import Collection, CollectionEntry, CollectionState
from kb.storage.db import Database
from kb.storage.history import RemovedItem
from kb.storage.kept import keep_until_change
from kb.storage.public_records import PublicRecord, PublicRecordSet, collection_key
from kb.storage.tables import Item, ItemTheme, now
from kb.text.folding import title_order
from kb.vocabulary.vocabularies import load as load_terms

BY_KIND, BY_THEME, BY_COLLECTION = "kind", "theme", "collection"
KINDS = (*(kind.value for kind in Kind), "collection")
SET_NAME = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
"""Names of sets that OAI-PMH allows."""

Keys = frozenset[str] | None
"""Which keys or ids are looked at; None: all."""


@dataclass(frozen=True)
class _Found:
    """A record as it is now. ``ready``: whether it may be listed if it was not before."""

    fingerprint: str
    sets: tuple[str, ...]
    ready: bool


@dataclass(frozen=True)
class RecordRange:
    """Which records are asked for: changed in ``since`` or later, in ``until`` or earlier, in the
    set ``in_set`` or one below it. None and an empty name: any."""

    since: datetime | None = None
    until: datetime | None = None
    in_set: str = ""


def refresh(database: Database) -> None:
    """Bring the table of records up to date. Where another process writes, what it knew stays."""
    with database.session() as session:
        stale = keep_until_change(session, "public records", lambda: _is_stale(session))
    if stale:
        with suppress(TransientError), database.transaction() as session:
            _bring_up_to_date(session)


def refresh_one(database: Database, key: str) -> None:
    """As ``refresh``, for one record."""
    keys = frozenset({key})
    with database.session() as session:
        stale = _is_stale(session, keys)
    if stale:
        with suppress(TransientError), database.transaction() as session:
            _bring_up_to_date(session, keys)


def find_sets(session: Session, keys: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The sets that items and collections are in at this moment, by key; only of those that
    everybody may see."""
    return {key: one.sets for key, one in _find_public(session, keys).items()}


def select_records(session: Session, wanted: RecordRange) -> Select[PublicRecord]:
    """The records of a range, those changed first at first."""
    query = select(PublicRecord).order_by(PublicRecord.changed_at, PublicRecord.key)
    if wanted.since is not None:
        query = query.where(PublicRecord.changed_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(PublicRecord.changed_at <= wanted.until)
    if wanted.in_set:
        name = PublicRecordSet.name
        above = f"{wanted.in_set}:"  # not LIKE, to which capitals are the same on SQLite
        inside = or_(name == wanted.in_set, func.substr(name, 1, len(above)) == above)
        query = query.where(PublicRecord.set_rows.any(inside))
    return query


def count_records(session: Session, wanted: RecordRange) -> int:
    records = select_records(session, wanted).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(records)) or 0


def select_after(
    query: Select[PublicRecord], changed_at: datetime, key: str
) -> Select[PublicRecord]:
    """Those that follow a record in the order of ``select_records``."""
    later = PublicRecord.changed_at > changed_at
    return query.where(
        or_(later, (PublicRecord.changed_at == changed_at) & (PublicRecord.key > key))
    )


def find_earliest(session: Session) -> datetime | None:
    """The earliest date of a record; None without any."""
    return session.scalar(select(func.min(PublicRecord.changed_at)))


def list_sets(session: Session) -> dict[str, Mapping[str, str]]:
    """Name of every set that may hold records, with its title in languages, the upper ones first.

    Collections are those that everybody may see.
    """
    named: dict[str, Mapping[str, str]] = {
        BY_KIND: {"it": "Per tipo", "en": "By kind"},
        **{f"{BY_KIND}:{kind}": {"en": f"{kind.capitalize()}s"} for kind in KINDS},
        BY_THEME: {"it": "Per tema", "en": "By theme"},
    }
    for slug, term in load_terms("themes").items():
        named[f"{BY_THEME}:{slug}"] = term.labels
    named[BY_COLLECTION] = {"it": "Per raccolta", "en": "By collection"}
    rows = session.scalars(_select_public_collections())
    for row in sorted(rows, key=lambda one: title_order(one.title, one.id)):
        name = f"{BY_COLLECTION}:{row.id}"
        if SET_NAME.fullmatch(name):
            named[name] = {row.language: row.title} | ({"en": row.title_en} if row.title_en else {})
    return named


def _is_stale(session: Session, keys: Keys = None) -> bool:
    table = PublicRecord.__table__
    rows = session.execute(select(table).where(_is_among(table.c.key, keys)))
    known = {row.key: row for row in rows}
    found = _find_public(session, keys)
    return (
        any(key not in found and not row.withdrawn for key, row in known.items())
        or any(_is_new(known.get(key), one) for key, one in found.items())
        or bool(_find_removed(session, keys) - known.keys() - found.keys())
    )


def _is_new(known: PublicRecord | Row[Any] | None, found: _Found) -> bool:
    """Whether a record is to be listed for the first time, again, or as changed."""
    if known is None or known.withdrawn:
        return found.ready
    return bool(known.fingerprint != found.fingerprint)


def _bring_up_to_date(session: Session, keys: Keys = None) -> None:
    moment = now().replace(microsecond=0)
    rows = session.scalars(select(PublicRecord).where(_is_among(PublicRecord.key, keys)))
    known = {row.key: row for row in rows}
    found = _find_public(session, keys)
    for key, one in found.items():
        row = known.get(key)
        if not _is_new(row, one):
            continue
        if row is None:
            row = PublicRecord(key=key)
            session.add(row)
        row.changed_at, row.withdrawn, row.fingerprint = moment, False, one.fingerprint
        _store_sets(row, one.sets)
    for key in _find_removed(session, keys) - known.keys() - found.keys():
        session.add(PublicRecord(key=key, changed_at=moment, withdrawn=True))
    for key, row in known.items():
        if key not in found and not row.withdrawn:
            row.changed_at, row.withdrawn, row.fingerprint = moment, True, ""


def _store_sets(row: PublicRecord, names: Iterable[str]) -> None:
    present = {one.name: one for one in row.set_rows}
    row.set_rows = [present.get(name) or PublicRecordSet(name=name) for name in names]


def _is_among(column: SQLColumnExpression[str], values: Keys) -> ColumnElement[bool]:
    return true() if values is None else column.in_(values)


def _ids_of(keys: Keys) -> Keys:
    return None if keys is None else frozenset(key.partition("/")[2] for key in keys)


def _find_public(session: Session, keys: Keys = None) -> dict[str, _Found]:
    """What everybody may see, by key."""
    ids = _ids_of(keys)
    sets = _find_sets(session, ids)
    items = Item.__table__.c
    rows = select(items.id, items.kind, items.status, items.updated_at).where(
        items.visibility == Visibility.PUBLIC,
        items.status != Status.DELETED,
        _is_among(items.id, ids),
    )
    found = {}
    for row in session.execute(rows):
        kind = Kind(row.kind).value
        names = (f"{BY_KIND}:{kind}", *sets.get(row.id, ()))
        is_ready = row.status == Status.READY
        found[f"{kind}/{row.id}"] = _make_found(row.updated_at, names, is_ready)
    collections = (
        _select_public_collections()
        .where(_is_among(Collection.id, ids))
        .with_only_columns(Collection.id, Collection.updated_at)
    )
    for collection_id, updated_at in session.execute(collections):
        names = (f"{BY_KIND}:collection",)
        found[collection_key(collection_id)] = _make_found(updated_at, names, True)
    return {key: one for key, one in found.items() if keys is None or key in keys}


def _make_found(updated_at: datetime, names: Iterable[str], ready: bool) -> _Found:
    sets = tuple(sorted({name for name in names if SET_NAME.fullmatch(name)}))
    content = "\n".join((updated_at.isoformat(), *sets))
    return _Found(hashlib.sha256(content.encode()).hexdigest(), sets, ready)


def _find_sets(session: Session, ids: Keys) -> dict[str, list[str]]:
    """Themes and public collections of each item, by its id."""
    sets: dict[str, list[str]] = defaultdict(list)
    themes = select(ItemTheme.item_id, ItemTheme.theme).where(_is_among(ItemTheme.item_id, ids))
    for item_id, theme in session.execute(themes):
        sets[item_id].append(f"{BY_THEME}:{theme}")
    public = _select_public_collections().with_only_columns(Collection.id)
    entries = select(CollectionEntry.item_id, CollectionEntry.collection_id).where(
        CollectionEntry.collection_id.in_(public), _is_among(CollectionEntry.item_id, ids)
    )
    for item_id, name in session.execute(entries):
        sets[item_id].append(f"{BY_COLLECTION}:{name}")
    return sets


def _select_public_collections() -> Select[Collection]:
    return select(Collection).where(
        Collection.visibility == Visibility.PUBLIC,
        Collection.state == CollectionState.PUBLISHED,
    )


def _find_removed(session: Session, keys: Keys) -> set[str]:
    """Keys of removed items that everybody could see, whether or not they are back."""
    removed = select(RemovedItem.kind, RemovedItem.id).where(
        RemovedItem.visibility == Visibility.PUBLIC, _is_among(RemovedItem.id, _ids_of(keys))
    )
    found = {f"{Kind(kind).value}/{id}" for kind, id in session.execute(removed)}
    return found if keys is None else found & keys
