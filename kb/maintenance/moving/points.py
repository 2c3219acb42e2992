"""Copy the points of an index to another as they are, without embedding again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select

from kb.domain import FilterValues, Status
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


def find_foreign(source: VectorIndex, target: VectorIndex) -> list[str]:
    """Ids of the points that the target has and the source has not, or has for another item."""
    ours = set(source.ids())
    return [id for id, item_id in target.ids() if (id, item_id) not in ours]


def copy_points(
    source: Services, target: VectorIndex, report: Callable[[int], None], *, anew: bool = False
) -> None:
    """Copy the points of all searchable items that the target does not have, or all (``anew``). The
    filter values of those that it has are written again.

    Raises:
        TransientError: an index does not answer, or its disk is nearly full.
    """
    for item_ids in searchable_items(source):
        where = Filter(visibility=None, item_ids=item_ids)
        present = set() if anew else {id for id, _ in target.ids(where)}
        known: dict[str, FilterValues] = {}
        target.upsert(_take_missing(source.index.points(where), present, known, report))
        for filters in known.values():
            target.update_filters(filters)
    target.flush()


def _take_missing(
    points: Iterator[Point],
    present: set[str],
    known: dict[str, FilterValues],
    report: Callable[[int], None],
) -> Iterator[Point]:
    """The points that are not present; of the items of the others, the filter values are put into
    ``known``."""
    for point in points:
        if point.id in present:
            known[point.filters.item_id] = point.filters
        else:
            yield point
        report(1)
