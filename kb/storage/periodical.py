"""Table of the issues of the magazine."""

from __future__ import annotations

import enum
import hashlib
import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.storage.collections import Collection
from kb.storage.tables import Base


class IssueState(enum.StrEnum):
    """Each follows the one before; a proposed or approved issue can become a draft again."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    PUBLISHED = "published"


def hash_json(value: Any) -> str:
    """SHA-256 of a JSON value, with sorted keys and without blanks."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


class Issue(Base):
    """An issue of the magazine: the part of a collection of kind ``issue`` that others lack.

    The collection holds title, editorial (as ``argument``), sections and entries. The entry of an
    issue is an item, or by its prefix a ``collection:`` or a ``note:``.
    """

    __tablename__ = "issues"

    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(unique=True)
    dated: Mapped[date]
    state: Mapped[IssueState] = mapped_column(default=IssueState.DRAFT, index=True)
    contributors: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """``id`` and ``name`` of everyone who saved it; none of them may approve it."""
    note: Mapped[str] = mapped_column(Text, default="")
    """Of the person who sent it back."""
    approved_by: Mapped[str | None] = mapped_column(String(36))
    """No foreign key: it outlives the account."""
    approver: Mapped[str] = mapped_column(String(200), default="")
    approved_at: Mapped[datetime | None]
    approved_sha256: Mapped[str] = mapped_column(String(64), default="")
    """Hash of the texts that were approved."""
    published_at: Mapped[datetime | None]
    texts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """A ``kb.periodical.texts.IssueTexts`` as published."""
    texts_sha256: Mapped[str] = mapped_column(String(64), default="")

    collection: Mapped[Collection] = relationship()
