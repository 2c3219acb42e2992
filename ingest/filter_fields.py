"""What filters and counts know about an item, from SQL to the index."""

from __future__ import annotations

import structlog

from kb.domain import Facets, Status
from kb.messages import KbError
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.tables import Item, Operation

log = structlog.get_logger()


def facets_of(item: Item) -> Facets:
    return Facets(
        kind=item.kind,
        item_id=item.id,
        visibility=item.visibility,
        language=item.language,
        year=item.year,
        country=item.country,
        themes=tuple(item.themes),
    )


def bring_facets(services: Services, item_id: str, told: Facets | None = None) -> None:
    """Tell the index what SQL says about a searchable item, until it says nothing else any more:
    others may be changing it too. ``told``: what the index has already.

    Raises:
        KbError: the index does not answer.
    """
    while True:
        with services.database.session() as session:
            item = session.get(Item, item_id)
            if item is None or item.status is not Status.READY:
                return
            facets = facets_of(item)
        if facets == told:
            return
        services.index.update_facets(facets)
        told = facets


def tell_index(services: Services, item_id: str) -> None:
    """Bring an item's filters to the index: now if it answers, else by the worker."""
    try:
        bring_facets(services, item_id)
    except KbError as error:
        log.warning("filters not brought to the index", item=item_id, reason=str(error))
        with services.database.transaction() as session:
            if jobs.live(session, item_id) is None:
                jobs.enqueue(session, item_id, Operation.REFRESH)
