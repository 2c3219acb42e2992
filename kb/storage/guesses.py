"""Table of guessed metadata values that wait for confirmation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.domain import GuessedField, GuessReason
from kb.storage.tables import Base


class GuessRow(Base):
    """A candidate for a document's metadata field. ``rank`` 0 is the best; the document has its
    value until a person decides. Confirmed fields have no rows."""

    __tablename__ = "guesses"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[GuessedField] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[Any] = mapped_column(JSON)
    """Text, a year, or a list of CSL-JSON names."""
    reason: Mapped[GuessReason]
    words: Mapped[str] = mapped_column(Text, default="")
    """The words of the file, if they say more than the value: “Roma, 12 marzo 2021”."""
    page: Mapped[int | None]
