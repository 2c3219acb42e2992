"""Judgements of results per person, and their export as a test set for ``kb eval``."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import Kind, Status
from kb.storage.questions import Judgement
from kb.storage.tables import Item, PageRow, PassageRow, now


def store_judgement(
    session: Session, account_id: str, text: str, item_id: str, useful: bool | None
) -> None:
    """Store whether an item was useful for a question; None deletes the judgement."""
    known = session.get(Judgement, (account_id, text, item_id))
    if useful is None:
        if known is not None:
            session.delete(known)
    elif known is None:
        session.add(Judgement(account_id=account_id, text=text, item_id=item_id, useful=useful))
    else:
        known.useful, known.judged_at = useful, now()


def read_judgements(session: Session, account_id: str, text: str) -> dict[str, bool]:
    """The account's judgements for a question, by item id."""
    rows = select(Judgement.item_id, Judgement.useful)
    own = rows.where(Judgement.account_id == account_id, Judgement.text == text)
    return {row.item_id: row.useful for row in session.execute(own)}


def write_test_set(session: Session, folder: Path) -> int:
    """Write a BEIR folder of all searchable items and the judged questions; return the number of
    questions.

    An item is relevant if more people judged it useful than not. Questions without a relevant item
    are left out, because an unjudged item may answer them.
    """
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    judgements = select(Judgement.text, Judgement.item_id, Judgement.useful)
    for text, item_id, useful in session.execute(
        judgements.join(Item, Item.id == Judgement.item_id).where(Item.status == Status.READY)
    ):
        votes[text][item_id] += 1 if useful else -1
    answered = {text: balance for text, balance in votes.items() if max(balance.values()) > 0}
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "corpus.jsonl", _read_texts(session))
    _write_lines(
        folder / "queries.jsonl",
        ({"_id": f"q{n}", "text": text} for n, text in enumerate(answered, start=1)),
    )
    with (folder / "qrels.tsv").open("w", encoding="utf-8") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        for n, balance in enumerate(answered.values(), start=1):
            for item_id, vote in sorted(balance.items()):
                file.write(f"q{n}\t{item_id}\t{int(vote > 0)}\n")
    return len(answered)


def _read_texts(session: Session) -> Iterator[Mapping[str, str]]:
    ready = select(Item).where(Item.status == Status.READY).order_by(Item.id)
    for item in session.scalars(ready).all():
        if item.kind is Kind.DOCUMENT:
            parts = select(PageRow.text).where(PageRow.document_id == item.id)
            texts = session.scalars(parts.order_by(PageRow.number))
        else:
            parts = select(PassageRow.text).where(PassageRow.item_id == item.id)
            texts = session.scalars(parts.order_by(PassageRow.ordinal))
        yield {
            "_id": item.id,
            "title": item.title,
            "text": "\n\n".join(texts),
            "lang": item.language,
        }


def _write_lines(path: Path, records: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
