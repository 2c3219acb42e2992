"""Tables of practice revisions, and of discarded suggestions."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.domain import Visibility
from kb.storage.tables import Base, new_id, now


class RevisionState(enum.StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    RETURNED = "returned"
    """Returned by a reviewer with a note; editable like a draft."""
    PUBLISHED = "published"
    """Visible to readers, now or until the next revision."""
    WITHDRAWN = "withdrawn"
    """Published, then removed from the base."""


OPEN = (RevisionState.DRAFT, RevisionState.REVIEW, RevisionState.RETURNED)
"""States of which a practice has at most one revision."""


class PracticeRevision(Base):
    """A revision of a practice's text. Only published ones are written to ``items``, which search,
    lists and counts read."""

    __tablename__ = "practice_revisions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    practice_id: Mapped[str] = mapped_column(String(100))
    """No foreign key: a practice that was never published has no row."""
    number: Mapped[int]
    state: Mapped[RevisionState] = mapped_column(default=RevisionState.DRAFT, index=True)
    record: Mapped[dict[str, Any]]
    """Fields of a ``Practice``; in an open revision they may be missing or invalid."""
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PUBLIC)
    version: Mapped[int] = mapped_column(default=1)
    """Incremented with every save, to detect concurrent edits."""
    author_id: Mapped[str | None] = mapped_column(String(36))
    """No foreign key: the text outlives the account. ``None``: operator or corpus."""
    author_name: Mapped[str] = mapped_column(String(200), default="")
    contributors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """``id`` and ``name`` of everyone who saved it, the author first."""
    reviewer_id: Mapped[str | None] = mapped_column(String(36))
    reviewer_name: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    """Note of the reviewer, or of the person who withdrew it."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    """Time of the last save."""
    decided_at: Mapped[datetime | None]
    """Time of publication, return or withdrawal."""

    __table_args__ = (UniqueConstraint("practice_id", "number"),)


class DiscardedCandidate(Base):
    """A sentence of a document that is not to be suggested as a result again."""

    __tablename__ = "discarded_candidates"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    sentence_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(String(36))
    discarded_at: Mapped[datetime] = mapped_column(default=now)
