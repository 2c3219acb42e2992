"""What was guessed of a document and waits for a person to confirm it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.domain import GuessedField, GuessReason
from kb.storage.tables import Base


class GuessRow(Base):
    """A value that a field of a document may have. ``rank`` 0 is the best one, which the document
    has as long as no person said otherwise; a confirmed field has no rows."""

    __tablename__ = "guesses"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[GuessedField] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[Any] = mapped_column(JSON)
    """Text, a year, or a list of names of CSL-JSON."""
    reason: Mapped[GuessReason]
    words: Mapped[str] = mapped_column(Text, default="")
    """What stands in the file, where that says more than the value: “Roma, 12 marzo 2021”."""
    page: Mapped[int | None]
