"""Tables of the site itself: its pages in words, and what visitors write to it."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, new_id, now


class ContributionKind(enum.StrEnum):
    ERROR = "error"
    """Something on a page is wrong, or cannot be used."""
    PRACTICE = "practice"
    """A practice that the base should have."""


class ContributionState(enum.StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class SitePageVersion(Base):
    """One version of the text of a page, in one language. Versions are added, never changed."""

    __tablename__ = "site_page_versions"
    __table_args__ = (UniqueConstraint("slug", "language", "number"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    """From 1, for each page and language."""
    text: Mapped[str] = mapped_column(Text)
    """Markdown; an empty text takes the page away."""
    account_id: Mapped[str | None] = mapped_column(String(36))
    """Who wrote it. No foreign key: it outlives the account."""
    written_by: Mapped[str] = mapped_column(String(200), default="")
    written_at: Mapped[datetime] = mapped_column(default=now)


class Contribution(Base):
    """What a visitor wrote: an error on a page, or a practice to add.

    Its texts and the name and address of who wrote it are erased some months after the decision.
    """

    __tablename__ = "contributions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    kind: Mapped[ContributionKind]
    address: Mapped[str] = mapped_column(Text, default="")
    """The path of the page that is wrong, or the address where the practice is described."""
    title: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(8))
    """Of the page on which it was written, for the answer."""
    state: Mapped[ContributionState] = mapped_column(default=ContributionState.OPEN, index=True)
    reply: Mapped[str] = mapped_column(Text, default="")
    revision_id: Mapped[str | None] = mapped_column(String(36))
    """The draft that was begun from it. No foreign key: drafts are deleted."""
    decided_by: Mapped[str | None] = mapped_column(String(36))
    """Account of who decided. No foreign key: it outlives the account."""
    written_at: Mapped[datetime] = mapped_column(default=now, index=True)
    decided_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
