"""Copy the points of an index to another as they are, without embedding again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select

from kb.domain import Status
from kb.runtime.services import Services
from kb.storage.tables import Item
from kb.vectors.base import batches
from kb.vectors.opening import Filter, Point, VectorIndex

BATCH_ITEMS = 50
"""Items whose points are compared and copied at a time."""


def searchable_items(services: Services) -> Iterator[frozenset[str]]:
    """Ids of the items that have points, in batches."""
    with services.database.session() as session:
        found = session.scalars(select(Item.id).where(Item.status == Status.READY)).all()
    for batch in batches(sorted(found), BATCH_ITEMS):
        yield frozenset(batch)


def copy_points(source: Services, target: VectorIndex, report: Callable[[int], None]) -> int:
    """Copy the points of all searchable items that the target does not have; returns how many the
    source has.

    Raises:
        TransientError: an index does not answer, or its disk is nearly full.
    """
    total = 0
    for item_ids in searchable_items(source):
        where = Filter(visibility=None, item_ids=item_ids)
        present = {id for id, _ in target.ids(where)}
        coming = _Counted(source.index.points(where), present, report)
        target.upsert(coming)
        total += coming.seen
    target.flush()
    return total


class _Counted:
    """The points that are not present, counting all."""

    def __init__(
        self, points: Iterator[Point], present: set[str], report: Callable[[int], None]
    ) -> None:
        self.seen = 0
        self._points = points
        self._present = present
        self._report = report

    def __iter__(self) -> Iterator[Point]:
        for point in self._points:
            if point.id not in self._present:
                yield point
            self.seen += 1
            self._report(1)
