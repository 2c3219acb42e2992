"""The index compared with the passages in SQL, both ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import Status, Visibility
from kb.maintenance.difference import REINDEX, REPAIR, Difference, Mend
from kb.messages import N_, Message
from kb.runtime.services import Services
from kb.storage.tables import Item, ItemTheme, PassageRow, Reindexing
from kb.vectors.opening import EVERYTHING, Field, Filter, VectorIndex, list_indexes


@dataclass
class _Account:
    """An item and the ids of its passages, as SQL has them."""

    title: str
    status: Status
    indexed_as: str
    facets: dict[str, set[str]]
    passages: set[str] = field(default_factory=set)


def points(session: Session, index: VectorIndex) -> Iterator[Difference]:
    """Whatever is in one of them and not in the other, or not the same."""
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
    yield from _facets(indexed, index)


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


def _facets(accounts: Mapping[str, _Account], index: VectorIndex) -> Iterator[Difference]:
    """Items that the index filters by other values than SQL has."""
    for name, filter_of in FILTERS.items():
        shown: dict[str, set[str]] = defaultdict(set)
        values = {value for account in accounts.values() for value in account.facets[name]}
        for value in sorted(values | index.facet(Field(name), EVERYTHING).keys()):
            for item_id in {item_id for _, item_id in index.ids(filter_of(value))}:
                shown[item_id].add(value)
        for item_id, account in sorted(accounts.items()):
            found = shown.get(item_id, set())
            if (
                account.status is Status.READY
                and account.passages
                and found != account.facets[name]
            ):
                yield _otherwise(item_id, account, name, found)


def _otherwise(item_id: str, account: _Account, name: str, found: set[str]) -> Difference:
    what = Message(
        N_("The index has {found} as the {field} of “{title}”, which is {value}."),
        {
            "title": account.title,
            "field": name,
            "found": ", ".join(sorted(found)) or "–",
            "value": ", ".join(sorted(account.facets[name])) or "–",
        },
    )
    return Difference(what, item_id, mend=Mend.QUEUE_AGAIN)


def _year(value: str) -> Filter:
    return Filter(visibility=None, year_from=int(value), year_to=int(value))


FILTERS: dict[str, Callable[[str], Filter]] = {
    Field.VISIBILITY: lambda value: Filter(visibility=frozenset({Visibility(value)})),
    Field.COUNTRY: lambda value: Filter(visibility=None, countries=frozenset({value})),
    Field.THEMES: lambda value: Filter(visibility=None, themes=frozenset({value})),
    Field.YEAR: _year,
}
"""What an item can be filtered by. The language is that of each passage."""


def _accounts(session: Session) -> dict[str, _Account]:
    columns = (Item.title, Item.status, Item.indexed_as, Item.visibility, Item.country, Item.year)
    accounts: dict[str, _Account] = {}
    for id, title, status, name, visibility, country, year in session.execute(
        select(Item.id, *columns)
    ):
        facets: dict[str, set[str]] = {
            Field.VISIBILITY: {str(visibility)},
            Field.COUNTRY: {country} - {""},
            Field.THEMES: set[str](),
            Field.YEAR: {str(year)} if year is not None else set[str](),
        }
        accounts[id] = _Account(title, status, name, facets)
    for item_id, theme in session.execute(select(ItemTheme.item_id, ItemTheme.theme)):
        if item_id in accounts:
            accounts[item_id].facets[Field.THEMES].add(theme)
    for passage_id, item_id in session.execute(select(PassageRow.id, PassageRow.item_id)):
        if item_id in accounts:
            accounts[item_id].passages.add(passage_id)
    return accounts


def leftovers(session: Session, services: Services, active: str) -> Iterator[Difference]:
    """Indexes in the data folder that answer nothing. A server may hold those of others."""
    if not services.settings.embedded:
        return
    running = session.get(Reindexing, 1)
    used = {active, running.name if running else active}
    for name in sorted(set(list_indexes(services.settings)) - used):
        what = Message(N_("The index {name} is no longer used."), {"name": name})
        yield Difference(what, name, mend=Mend.DROP_INDEX)
