"""Transfer worksheets: what an account found out about taking a practice over at home."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, new_id, now


class Worksheet(Base):
    """Private to its account. It keeps its conditions in words, so that it can still be read when
    the practice was changed or removed."""

    __tablename__ = "worksheets"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    practice_id: Mapped[str] = mapped_column(String(100))
    """No foreign key: the worksheet outlives the practice."""
    practice_title: Mapped[str] = mapped_column(Text)
    practice_sha256: Mapped[str] = mapped_column(String(64))
    """``Item.content_sha256`` of the card that the conditions were taken from."""
    municipality: Mapped[str] = mapped_column(String(6))
    language: Mapped[str] = mapped_column(String(2))
    """Language that the conditions are written in."""
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Dumps of ``kb.worksheets.conditions.Condition``."""
    conclusion: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
