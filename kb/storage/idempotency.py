"""Requests of programs that are not done again when they are sent again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, now


class IdempotentRequest(Base):
    """A request with a key, and its answer once there is one. Removed after a day."""

    __tablename__ = "idempotent_requests"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of the key and of who sent it, with which rights."""
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    """None: sent from the machine itself."""
    request_sha256: Mapped[str] = mapped_column(String(64))
    """Of method, address and body."""
    begun_at: Mapped[datetime] = mapped_column(default=now, index=True)
    answered_at: Mapped[datetime | None]
    status: Mapped[int | None]
    media_type: Mapped[str] = mapped_column(String(100), default="")
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    etag: Mapped[str] = mapped_column(String(100), default="")
