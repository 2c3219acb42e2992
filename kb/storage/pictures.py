"""Tables of pictures of practices and of photographs of events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, new_id, now


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


class EventPhotograph(Base):
    """An uploaded photograph of an event, encoded as WebP in two widths; visible to those who see
    the event."""

    __tablename__ = "event_photographs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    """Order in the event, with gaps where photographs were removed."""
    sha256: Mapped[str] = mapped_column(String(64))
    """Of ``large``."""
    width: Mapped[int]
    height: Mapped[int]
    large: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    small: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    alt: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text, default="")
    licence: Mapped[str] = mapped_column(Text, default="")
    """Empty: that of the event's materials."""
    added_by: Mapped[str | None] = mapped_column(String(36))
    """No foreign key: it outlives the account."""
    added_name: Mapped[str] = mapped_column(String(200), default="")
    added_at: Mapped[datetime] = mapped_column(default=now)
