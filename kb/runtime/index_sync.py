"""Copy items' filter values from SQL to the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from kb.domain import FilterValues, Status
from kb.messages import KbError
from kb.storage import jobs
from kb.storage.filter_values import read_filter_values
from kb.storage.tables import Item, Operation

if TYPE_CHECKING:
    from kb.runtime.services import Services
    from kb.storage.db import Database
    from kb.vectors.opening import VectorIndex

log = structlog.get_logger()

BATCH = 500
"""Items read at once."""


def filter_values(item: Item) -> FilterValues:
    """The item's filter values as stored in the index."""
    return FilterValues(item.id, item.visibility, read_filter_values(item))


def sync_filter_fields(
    services: Services, item_id: str, indexed: FilterValues | None = None
) -> None:
    """Copy the item's filter values from SQL to its points; repeat until SQL did not change
    meanwhile.

    ``indexed``: values that the index has already.

    Raises:
        KbError: the index does not answer.
    """
    while True:
        with services.database.session() as session:
            item = session.get(Item, item_id)
            if item is None or item.status is not Status.READY:
                return
            wanted = filter_values(item)
        if wanted == indexed:
            return
        services.index.update_filters(wanted)
        indexed = wanted


def fill_missing_keys(database: Database, index: VectorIndex) -> None:
    """Let an index that an older version made be filtered by all that items are filtered by now.
    The values come first, so that a run that was killed is done again."""
    missing = index.missing_keys()
    if not missing:
        return
    log.info("filters are added to the index", index=index.name, keys=sorted(missing))
    with database.session() as session:
        ready = select(Item).where(Item.status == Status.READY)
        for item in session.scalars(ready.execution_options(yield_per=BATCH)):
            index.update_filters(filter_values(item))
    index.add_keys(sorted(missing))


def tell_index(services: Services, item_id: str) -> None:
    """Sync an item's filter values now; if the index does not answer, queue it for the worker."""
    try:
        sync_filter_fields(services, item_id)
    except KbError as error:
        log.warning("filters not brought to the index", item=item_id, reason=str(error))
        with services.database.transaction() as session:
            if jobs.find_live(session, item_id) is None:
                jobs.enqueue(session, item_id, Operation.REFRESH)
