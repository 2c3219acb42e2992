"""Table of pictures of practices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, now


class PracticePicture(Base):
    """An uploaded picture, encoded as WebP in two widths; visible to those who see the practice."""

    __tablename__ = "practice_pictures"

    practice_id: Mapped[str] = mapped_column(
        ForeignKey("practices.id", ondelete="CASCADE"), primary_key=True
    )
    sha256: Mapped[str] = mapped_column(String(64))
    """Of ``large``."""
    width: Mapped[int]
    height: Mapped[int]
    large: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    small: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    alt: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    licence: Mapped[str] = mapped_column(Text)
    added_by: Mapped[str | None] = mapped_column(String(36))
    """No foreign key: it outlives the account."""
    added_name: Mapped[str] = mapped_column(String(200), default="")
    added_at: Mapped[datetime] = mapped_column(default=now)
