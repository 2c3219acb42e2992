"""Compare the index with the passages in SQL, in both directions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import Status, Visibility
from kb.filters import BY_NAME, FILTERS, AnyOf, Between
from kb.maintenance.difference import REINDEX, REPAIR, Difference, Mend
from kb.messages import N_, Message
from kb.runtime.services import Services
from kb.storage.filter_values import read_filter_values
from kb.storage.tables import Item, PassageRow, Reindexing
from kb.vectors.base import VISIBILITY
from kb.vectors.opening import EVERYTHING, Filter, VectorIndex, list_indexes

BATCH = 500
"""Items read at once."""


@dataclass
class _Account:
    """An item and the ids of its passages in SQL."""

    title: str
    status: Status
    indexed_as: str
    filters: dict[str, set[str]]
    passages: set[str] = field(default_factory=set)


def compare_index_with_sql(session: Session, index: VectorIndex) -> Iterator[Difference]:
    """Points and passages without a counterpart, or with other values."""
    found: dict[str, set[str]] = defaultdict(set)
    for point_id, item_id in index.ids(EVERYTHING):
        found[item_id].add(point_id)
    accounts = _accounts(session)
    expected = sum(len(a.passages) for a in accounts.values() if a.status is Status.READY)
    if expected and not found:
        what = Message(
            N_("The index {name} is empty and should have {expected} points."),
            {"name": index.name, "expected": expected},
        )
        yield Difference(what, index.name, REINDEX)
        return
    for item_id in sorted(found.keys() | accounts.keys()):
        yield from _item(item_id, accounts.get(item_id), found.get(item_id, set()), index.name)
    indexed = {id: accounts[id] for id in found.keys() & accounts.keys()}
    yield from _compare_filters(indexed, index)


def _item(
    item_id: str, account: _Account | None, found: set[str], name: str
) -> Iterator[Difference]:
    if account is None or account.status is not Status.READY:
        if found:
            what = Message(
                N_("{count} points in the index belong to an item that is not to be found."),
                {"count": len(found)},
            )
            yield Difference(what, item_id, REPAIR, Mend.DELETE_POINTS, points=tuple(found))
        return
    count = {"title": account.title, "total": len(account.passages)}
    if missing := account.passages - found:
        what = Message(
            N_("{count} of {total} passages of “{title}” are not in the index."),
            {**count, "count": len(missing)},
        )
        yield Difference(what, item_id, mend=Mend.QUEUE_AGAIN)
    if extra := found - account.passages:
        what = Message(
            N_("{count} points of “{title}” have no passage; it has {total} passages."),
            {**count, "count": len(extra)},
        )
        yield Difference(what, item_id, mend=Mend.DELETE_POINTS, points=tuple(extra))
    if account.indexed_as != name and not missing:
        what = Message(
            N_("“{title}” was indexed as {found}, the active index is {active}."),
            {"title": account.title, "found": account.indexed_as or "–", "active": name},
        )
        yield Difference(what, item_id, mend=Mend.QUEUE_AGAIN)


CHECKED: Mapping[str, str] = {
    VISIBILITY: VISIBILITY,
    **{field.name: field.key for field in FILTERS if not field.of_passage},
}
"""The filters that are compared, with their keys in the payload."""


def _compare_filters(accounts: Mapping[str, _Account], index: VectorIndex) -> Iterator[Difference]:
    """Items whose filter values in the index differ from those in SQL."""
    for name, key in CHECKED.items():
        indexed: dict[str, set[str]] = defaultdict(set)
        values = {value for account in accounts.values() for value in account.filters[name]}
        for value in sorted(values | index.facet(key, EVERYTHING).keys()):
            for item_id in {item_id for _, item_id in index.ids(_filter_of(name, value))}:
                indexed[item_id].add(value)
        for item_id, account in sorted(accounts.items()):
            found = indexed.get(item_id, set())
            if (
                account.status is Status.READY
                and account.passages
                and found != account.filters[name]
            ):
                yield _report_filter(item_id, account, name, found)


def _filter_of(name: str, value: str) -> Filter:
    """Build the filter for one value."""
    if name == VISIBILITY:
        return Filter(visibility=frozenset({Visibility(value)}))
    is_range = BY_NAME[name].is_range
    condition = Between(int(value), int(value)) if is_range else AnyOf((value,))
    return Filter(visibility=None, conditions={name: condition})


def _report_filter(item_id: str, account: _Account, name: str, found: set[str]) -> Difference:
    what = Message(
        N_("The index has {found} as the {field} of “{title}”, which is {value}."),
        {
            "title": account.title,
            "field": CHECKED[name],
            "found": ", ".join(sorted(found)) or "–",
            "value": ", ".join(sorted(account.filters[name])) or "–",
        },
    )
    return Difference(what, item_id, mend=Mend.QUEUE_AGAIN)


def _accounts(session: Session) -> dict[str, _Account]:
    accounts: dict[str, _Account] = {}
    for item in session.scalars(select(Item).execution_options(yield_per=BATCH)):
        values = {**read_filter_values(item), VISIBILITY: (str(item.visibility),)}
        filters = {name: set(values.get(name, ())) for name in CHECKED}
        accounts[item.id] = _Account(item.title, item.status, item.indexed_as, filters)
    for passage_id, item_id in session.execute(select(PassageRow.id, PassageRow.item_id)):
        if item_id in accounts:
            accounts[item_id].passages.add(passage_id)
    return accounts


def find_unused_indexes(session: Session, services: Services, active: str) -> Iterator[Difference]:
    """Indexes in the data folder that are not in use. On a server they may belong to others."""
    if not services.settings.embedded:
        return
    running = session.get(Reindexing, 1)
    used = {active, running.name if running else active}
    for name in sorted(set(list_indexes(services.settings)) - used):
        what = Message(N_("The index {name} is no longer used."), {"name": name})
        yield Difference(what, name, mend=Mend.DROP_INDEX)
