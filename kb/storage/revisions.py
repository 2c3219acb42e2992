"""Practice cards that are written here: every revision of each, and candidates nobody wants."""

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
    """Sent back by a reviewer with a note; to be changed like a draft."""
    PUBLISHED = "published"
    """It is, or was until the next one, what readers see."""
    WITHDRAWN = "withdrawn"
    """It was published and then taken out of the base."""


OPEN = (RevisionState.DRAFT, RevisionState.REVIEW, RevisionState.RETURNED)
"""Of these a practice has at most one."""


class PracticeRevision(Base):
    """One state of a practice's text. Only a published one has stood in ``items``, which is all
    that search, lists and counts read."""

    __tablename__ = "practice_revisions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    practice_id: Mapped[str] = mapped_column(String(100))
    """No foreign key: a practice that was never published has no row of its own."""
    number: Mapped[int]
    state: Mapped[RevisionState] = mapped_column(default=RevisionState.DRAFT, index=True)
    record: Mapped[dict[str, Any]]
    """Fields of a ``Practice``; an open revision may lack some or have them wrong."""
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PUBLIC)
    version: Mapped[int] = mapped_column(default=1)
    """Goes up with every save: who saves tells which version was changed."""
    author_id: Mapped[str | None] = mapped_column(String(36))
    """No foreign key: the text outlives the account. ``None``: the operator, or the corpus."""
    author_name: Mapped[str] = mapped_column(String(200), default="")
    contributors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """``id`` and ``name`` of everybody who saved it, first the author."""
    reviewer_id: Mapped[str | None] = mapped_column(String(36))
    reviewer_name: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    """What the reviewer, or who withdrew it, had to say."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    """When its text was last saved."""
    decided_at: Mapped[datetime | None]
    """When it was published, returned or withdrawn."""

    __table_args__ = (UniqueConstraint("practice_id", "number"),)


class DiscardedCandidate(Base):
    """A sentence of a document that a researcher does not want to be shown as a result again."""

    __tablename__ = "discarded_candidates"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    sentence_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(String(36))
    discarded_at: Mapped[datetime] = mapped_column(default=now)
