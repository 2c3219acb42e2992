"""Tables of documents' other versions, attachments, deleted items and near-duplicates."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.domain import Kind, PageUnit, Verdict, Visibility
from kb.storage.tables import Base, now


class VersionState(enum.StrEnum):
    """State of a version that is not the present one."""

    INCOMING = "incoming"
    """Being read, to replace the present version."""
    FAILED = "failed"
    REPLACED = "replaced"


class DocumentVersion(Base):
    """A version of a document that is not searchable: an archived one, or the next one while it is
    read. The present one is the document's row, numbered ``Document.version``."""

    __tablename__ = "document_versions"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[VersionState]
    reason: Mapped[dict[str, Any] | None]
    """Reason of a failure: a ``kb.messages.Message``."""
    title: Mapped[str] = mapped_column(Text)
    content_sha256: Mapped[str] = mapped_column(String(64), index=True)
    filename: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(150), default="")
    size: Mapped[int]
    unit: Mapped[PageUnit] = mapped_column(default=PageUnit.PAGE)
    page_count: Mapped[int] = mapped_column(default=0)
    passages: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """``id`` and ``spans`` of each passage, so that links to them still lead to their page."""
    added_at: Mapped[datetime] = mapped_column(default=now)
    replaced_at: Mapped[datetime | None]

    pages: Mapped[list[VersionPage]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="VersionPage.number"
    )


class VersionPage(Base):
    """A page of an archived version; see ``kb.storage.tables.PageRow``."""

    __tablename__ = "version_pages"

    document_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(String(100), default="")
    raw: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    edits: Mapped[list[list[int]]] = mapped_column(JSON)
    tables: Mapped[list[list[int]]] = mapped_column(JSON, default=list, server_default="[]")
    verdict: Mapped[Verdict]

    __table_args__ = (
        ForeignKeyConstraint(
            ["document_id", "version"],
            ["document_versions.document_id", "document_versions.number"],
            ondelete="CASCADE",
        ),
    )


class Attachment(Base):
    """A file that came with a document. Without a ``reason`` it became the document ``child_id``,
    which is empty after that document's deletion."""

    __tablename__ = "attachments"

    parent_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    child_id: Mapped[str | None] = mapped_column(
        ForeignKey("documents.id", ondelete="SET NULL"), index=True
    )
    reason: Mapped[dict[str, Any] | None]
    """Why it did not become a document: a ``kb.messages.Message``."""


class RemovedItem(Base):
    """Title and date of a deleted item, for those who cite it."""

    __tablename__ = "removed_items"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[Kind]
    title: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(10), default="")
    visibility: Mapped[Visibility]
    removed_at: Mapped[datetime] = mapped_column(default=now)


class MinHashSignature(Base):
    """MinHash signature of a document's words; see ``ingest.duplicates.minhash``."""

    __tablename__ = "fingerprints"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class NearDuplicate(Base):
    """Two near-duplicate documents. ``document_id``: the one read later."""

    __tablename__ = "likenesses"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    share: Mapped[float]
    """Estimated Jaccard similarity of their shingles, 0 to 1."""
