"""Table of transfer worksheets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, new_id, now


class Worksheet(Base):
    """A worksheet, private to its account. Conditions are stored as text, so that it stays readable
    when the practice is changed or removed."""

    __tablename__ = "worksheets"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    practice_id: Mapped[str] = mapped_column(String(100))
    """No foreign key: worksheets outlive practices."""
    practice_title: Mapped[str] = mapped_column(Text)
    practice_sha256: Mapped[str] = mapped_column(String(64))
    """``Item.content_sha256`` of the card from which the conditions were taken."""
    municipality: Mapped[str] = mapped_column(String(6))
    language: Mapped[str] = mapped_column(String(2))
    """Language of the conditions."""
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Dumps of ``kb.worksheets.conditions.Condition``."""
    scenarios: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list, server_default=text("'[]'")
    )
    """What is compared with elsewhere: ``measure`` of the vocabulary, and one's own ``value``."""
    conclusion: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
