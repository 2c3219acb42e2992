"""Tables of what accounts follow, and of the weekly mails that tell them of it."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.subscriptions import Outgoing
from kb.storage.tables import Base, new_id, now


class FollowKind(enum.StrEnum):
    COLLECTION = "collection"
    THEME = "theme"
    PLACE = "place"
    """A municipality: what is near it."""


class Follow(Base):
    """A collection, a theme or a place of whose news an account wants to know."""

    __tablename__ = "follows"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[FollowKind]
    target: Mapped[str] = mapped_column(String(100))
    """Id of the collection, slug of the theme or ISTAT code of the municipality. No foreign key:
    what is gone is listed as such."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("account_id", "kind", "target"),)


class Digest(Outgoing, Base):
    """The weekly mail of an account, made at the moment of sending. ``CANCELLED`` if there was
    nothing to tell, or it was not wanted any more."""

    __tablename__ = "digests"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    week: Mapped[str] = mapped_column(String(8))
    """ISO 8601, for example 2026-W48."""
    told: Mapped[list[str]] = mapped_column(default=list)
    """Keys of the news in it, which are not told again, see ``web.presenters.news``."""

    __table_args__ = (UniqueConstraint("account_id", "week"),)
