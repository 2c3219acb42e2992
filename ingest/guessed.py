"""Guessed metadata values of documents: stored when a file is read, deleted when confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kb.domain import Guess
from kb.storage.guesses import GuessRow
from kb.storage.tables import Document


def note_guesses(session: Session, document: Document, guesses: Iterable[Guess]) -> None:
    """Replace the document's guesses, except for fields that a person has filled in."""
    session.execute(delete(GuessRow).where(GuessRow.document_id == document.id))
    ranks: dict[str, int] = {}
    for guess in guesses:
        if guess.field.value in document.given:
            continue
        rank = ranks.get(guess.field, 0)
        ranks[guess.field] = rank + 1
        session.add(
            GuessRow(
                document_id=document.id,
                field=guess.field,
                rank=rank,
                value=guess.value,
                reason=guess.reason,
                words=guess.words,
                page=guess.page,
            )
        )


def drop_guesses(session: Session, document_id: str, fields: Collection[str]) -> None:
    """Delete the guesses for fields that a person has filled in."""
    session.execute(
        delete(GuessRow).where(GuessRow.document_id == document_id, GuessRow.field.in_(fields))
    )


def open_guesses(session: Session, document_id: str) -> list[GuessRow]:
    """The document's unconfirmed guesses, ordered by field and rank."""
    query = select(GuessRow).where(GuessRow.document_id == document_id)
    return list(session.scalars(query.order_by(GuessRow.field, GuessRow.rank)))
