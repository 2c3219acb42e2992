"""Stored practice records, parsed once per revision and kept in this process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kb.storage.tables import Item, PracticeRow

T = TypeVar("T")

_item, _practice = Item.__table__.c, PracticeRow.__table__.c  # the classes would join more tables
_wanted = _item.id.in_(bindparam("ids", expanding=True))
_REVISIONS = select(_item.id, _item.content_sha256).where(_wanted)
_RECORDS = (
    select(_item.id, _item.content_sha256, _practice.record)
    .join_from(Item.__table__, PracticeRow.__table__, _item.id == _practice.id)
    .where(_wanted)
)


class RecordCache(Generic[T]):
    """Values parsed from practice records, at most ``most``, those used last. Thread-safe.

    The key of a value is the practice's id with the checksum of its content, so that a change by
    any process is seen at once.
    """

    def __init__(self, parse: Callable[[dict[str, Any]], T], most: int) -> None:
        self._parse = parse
        self._most = most
        self._kept: OrderedDict[tuple[str, str], T] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, session: Session, ids: Collection[str]) -> dict[str, T]:
        """The values of those practices that exist, by id."""
        if not ids:
            return {}
        rows = session.connection().execute(_REVISIONS, {"ids": list(ids)})
        return self.load_revisions(session, dict(iter(rows)))

    def load_revisions(self, session: Session, revisions: Mapping[str, str]) -> dict[str, T]:
        """The values by id. ``revisions``: the checksum of the content of each practice, by id."""
        found = self._find_kept(revisions)
        missing = [id for id in revisions if id not in found]
        if missing:
            rows = session.connection().execute(_RECORDS, {"ids": missing})
            for id, sha256, record in rows:
                found[id] = self._keep((id, sha256), self._parse(record))
        return found

    def _find_kept(self, revisions: Mapping[str, str]) -> dict[str, T]:
        with self._lock:
            keys = [key for key in revisions.items() if key in self._kept]
            for key in keys:
                self._kept.move_to_end(key)
            return {key[0]: self._kept[key] for key in keys}

    def _keep(self, key: tuple[str, str], value: T) -> T:
        with self._lock:
            self._kept[key] = value
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value
