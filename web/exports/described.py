"""Dublin Core of public items and collections, by the keys of their records."""

from __future__ import annotations

from collections.abc import Collection as Sized
from collections.abc import Iterable

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.harvesting.dublin_core import (
    Description,
    describe_collection,
    describe_document,
    describe_practice,
    describe_project,
)
from kb.practices.practice import Practice
from kb.projects.writing import read_project
from kb.storage.collections import Collection, CollectionKind
from kb.storage.periodical import Issue
from kb.storage.projects import ProjectRow
from kb.storage.public_records import collection_key, item_key
from kb.storage.tables import Document, Item, PracticeRow
from web.presenters import queries

log = structlog.get_logger()


def describe_records(
    session: Session, keys: Sized[str], site: str, licence: str
) -> dict[str, Description]:
    """The descriptions of those that everybody may see, by key; one that cannot be made is left out
    and logged.

    ``site``: address without a trailing slash; ``licence``: of what is written here.
    """
    ids = [key.partition("/")[2] for key in keys]
    rows: list[Item | Collection] = list(queries.items_by_id(session, PUBLIC, ids).values())
    rows += _find_collections(session, ids)
    numbers = _find_issue_numbers(session, ids)
    found = {}
    for row in rows:
        key = collection_key(row.id) if isinstance(row, Collection) else item_key(row)
        if key not in keys:
            continue
        try:
            found[key] = _describe(row, f"{site}{_path_of(row, numbers)}", licence)
        except ValueError:
            log.exception("a record could not be described", key=key)
    return found


def _describe(row: Item | Collection, address: str, licence: str) -> Description:
    if isinstance(row, Collection):
        return describe_collection(row, address, licence)
    if isinstance(row, PracticeRow):
        return describe_practice(Practice.model_validate(row.record), address, licence)
    if isinstance(row, ProjectRow):
        return describe_project(read_project(row), address, licence)
    if isinstance(row, Document):
        return describe_document(row, address)
    raise ValueError(row.kind)


def _path_of(row: Item | Collection, numbers: dict[str, int]) -> str:
    if isinstance(row, Item):
        return f"/{row.kind.value}s/{row.id}"
    if row.id in numbers:
        return f"/magazine/{numbers[row.id]}"
    folder = "paths" if row.kind is CollectionKind.PATH else "collections"
    return f"/{folder}/{row.id}"


def _find_collections(session: Session, ids: Iterable[str]) -> list[Collection]:
    visible = {row.id: row for row in queries.list_collections(session, PUBLIC)}
    return [visible[id] for id in ids if id in visible]


def _find_issue_numbers(session: Session, ids: Iterable[str]) -> dict[str, int]:
    numbers = select(Issue.collection_id, Issue.number).where(Issue.collection_id.in_(list(ids)))
    return {row[0]: row[1] for row in session.execute(numbers)}
