"""Compare passages with the pages that they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from kb.domain import Kind, Status
from kb.maintenance.difference import REINDEX, Difference, Mend
from kb.messages import N_, Message
from kb.storage.tables import Item, PageRow, PassageRow

AT_ONCE = 500
"""Passages read from SQL at a time."""


def compare_texts(session: Session, dimension: int | None) -> Iterator[Difference]:
    """Passages whose text differs from their spans, and passages whose sentence vectors do not have
    ``dimension`` numbers each (not checked when None)."""
    strayed: Counter[tuple[str, str]] = Counter()
    ill_fitting: Counter[tuple[str, str]] = Counter()
    pages: dict[int, str] = {}
    pages_of = ""
    for row in _passages(session):
        item = (row.item_id, row.title)
        if row.item_id != pages_of:
            pages, pages_of = _pages(session, row.item_id), row.item_id
        if row.kind is Kind.DOCUMENT and row.text != _text_of(row.spans, pages):
            strayed[item] += 1
        if dimension is not None and not _fits(row, dimension):
            ill_fitting[item] += 1
    for (item_id, title), count in strayed.items():
        what = Message(
            N_("{count} passages of “{title}” are not the text that stands on their pages."),
            {"count": count, "title": title},
        )
        yield Difference(what, item_id, mend=Mend.QUEUE_AGAIN)
    for (item_id, title), count in ill_fitting.items():
        what = Message(
            N_("The sentences of {count} passages of “{title}” have no vectors of this model."),
            {"count": count, "title": title},
        )
        yield Difference(what, item_id, REINDEX, Mend.QUEUE_AGAIN)


def _fits(row: Row[Any], dimension: int) -> bool:
    """Whether there is one vector per sentence, and one for the header where there is one."""
    count = len(row.sentences)
    return row.bytes in (count * dimension, (count + 1) * dimension)


def _passages(session: Session) -> Iterator[Row[Any]]:
    length = func.length(PassageRow.sentence_vectors).label("bytes")
    columns = (PassageRow.item_id, PassageRow.text, PassageRow.spans, PassageRow.sentences, length)
    return iter(
        session.execute(
            select(*columns, Item.title, Item.kind)
            .join(Item, Item.id == PassageRow.item_id)
            .where(Item.status == Status.READY)
            .order_by(PassageRow.item_id, PassageRow.ordinal)
            .execution_options(yield_per=AT_ONCE)
        )
    )


def _pages(session: Session, document_id: str) -> dict[int, str]:
    found = select(PageRow.number, PageRow.text).where(PageRow.document_id == document_id)
    return dict(iter(session.execute(found)))


def _text_of(spans: Sequence[Sequence[int]], pages: dict[int, str]) -> str:
    return "\n".join(pages.get(page, "")[start:end] for page, start, end in spans)
