"""Tables of items (documents and practices), passages, jobs and indexes."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from kb.domain import Kind, PageUnit, Status, Verdict, Visibility

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    return str(uuid.uuid4())


def now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Stored without time zone, which SQLite lacks; read as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UtcDateTime,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
        dict[str, Any]: JSON,
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            length=20,
            values_callable=lambda kind: [m.value for m in kind],
        ),
    }


class Operation(enum.StrEnum):
    INDEX = "index"
    """Read the original, or the waiting version."""
    REFRESH = "refresh"
    """Split and embed the stored pages again, with a new title or language."""
    DELETE = "delete"


class JobStatus(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = (JobStatus.QUEUED, JobStatus.RUNNING)


class Item(Base):
    """Common fields of documents and practices: those used by filters, counts and access checks."""

    __tablename__ = "items"

    id: Mapped[str] = mapped_column(String(100), primary_key=True, default=new_id)
    kind: Mapped[Kind]
    title: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(10), default="")
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PUBLIC)
    status: Mapped[Status] = mapped_column(default=Status.QUEUED, index=True)
    reason: Mapped[dict[str, Any] | None]
    """Reason of a failure: a ``kb.messages.Message``."""
    year: Mapped[int | None]
    country: Mapped[str] = mapped_column(String(2), default="")
    content_sha256: Mapped[str] = mapped_column(String(64), index=True)
    indexed_as: Mapped[str] = mapped_column(String(200), default="")
    """Name of the index to which its points were last written."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    theme_rows: Mapped[list[ItemTheme]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ItemTheme.theme"
    )
    themes: AssociationProxy[list[str]] = association_proxy(
        "theme_rows", "theme", creator=lambda theme: ItemTheme(theme=theme)
    )
    value_rows: Mapped[list[ItemValue]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ItemValue.value"
    )
    passages: Mapped[list[PassageRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="PassageRow.ordinal"
    )

    __mapper_args__ = {"polymorphic_on": "kind", "with_polymorphic": "*"}


class ItemTheme(Base):
    __tablename__ = "item_themes"

    item_id: Mapped[str] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
    )
    theme: Mapped[str] = mapped_column(String(50), primary_key=True)


class ItemValue(Base):
    """A filter value of an item for which ``items`` has no column."""

    __tablename__ = "item_values"

    item_id: Mapped[str] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    """Name of the filter, see ``kb.filters``."""
    value: Mapped[str] = mapped_column(String(200), primary_key=True)


class Document(Item):
    """An uploaded document; its bytes are in the content store under their sha256."""

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    filename: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(150), default="")
    size: Mapped[int]
    authors: Mapped[list[str]] = mapped_column(default=list)
    """Display names; their parts are in ``author_names``."""
    author_names: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """The authors as CSL-JSON names: ``family`` and ``given`` of people, ``literal`` of bodies."""
    publisher: Mapped[str] = mapped_column(Text, default="")
    licence: Mapped[str] = mapped_column(Text, default="")
    source_url: Mapped[str] = mapped_column(Text, default="")
    accessed_at: Mapped[datetime | None]
    """When it was fetched from ``source_url``, if it was."""
    given: Mapped[list[str]] = mapped_column(default=list)
    """Names of metadata fields filled in by a person, which extraction does not overwrite."""
    unit: Mapped[PageUnit] = mapped_column(default=PageUnit.PAGE)
    page_count: Mapped[int] = mapped_column(default=0)
    ocr_pages: Mapped[int] = mapped_column(default=0)
    unreadable_pages: Mapped[int] = mapped_column(default=0)
    outline: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Headings in order: level, title, page, offset."""
    notes: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    """What could not be read: a list of ``kb.messages.Message``."""
    signatures: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Signatures of the file from the outermost inwards, not verified: ``signer``, ``signed_at``
    (ISO 8601, UTC, or empty), ``organisation``."""
    version: Mapped[int] = mapped_column(default=1)
    """Number of the present version; the others are in ``kb.storage.history``."""

    pages: Mapped[list[PageRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="PageRow.number"
    )

    __mapper_args__ = {"polymorphic_identity": Kind.DOCUMENT}


class PracticeRow(Item):
    """A practice card. ``record``: dump of a ``kb.practices.practice.Practice``."""

    __tablename__ = "practices"

    id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    record: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(String(20), default="")
    """This and the next three are copied from the record for filters; ``life`` is its status."""
    life: Mapped[str] = mapped_column(String(20), default="")
    evidence: Mapped[str] = mapped_column(String(20), default="")
    """Best evidence level of the achieved results; empty without any."""
    verified_on: Mapped[date | None]
    """Newest day on which a source of the card was opened."""

    __mapper_args__ = {"polymorphic_identity": Kind.PRACTICE}


class PageRow(Base):
    """A page: ``raw`` as extracted, ``text`` cleaned, ``edits`` between them, ``tables`` in
    ``text`` (``[start, end, header_end]`` each, see ``kb.domain.Table``)."""

    __tablename__ = "pages"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(100), default="")
    raw: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    edits: Mapped[list[list[int]]] = mapped_column(JSON)
    tables: Mapped[list[list[int]]] = mapped_column(JSON, default=list, server_default="[]")
    verdict: Mapped[Verdict]


class PassageRow(Base):
    __tablename__ = "passages"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    heading_path: Mapped[list[str]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(10), default="")
    spans: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    """``[page, start, end]`` each, in the cleaned text of the page."""
    sentences: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    """``[start, end]`` each, in ``text``."""
    sentence_vectors: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    """int8, shape (sentences, dimension), plus a last row for the contextual header if there is
    one, see ``kb.embedding.late``."""

    __table_args__ = (UniqueConstraint("item_id", "ordinal"),)


class Job(Base):
    """An operation on an item. At most one job is live per item."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    item_id: Mapped[str] = mapped_column(String(100), index=True)
    """No foreign key: a deletion outlives the item."""
    operation: Mapped[Operation]
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.QUEUED)
    account_id: Mapped[str] = mapped_column(String(36), default="")
    """The account that caused it; empty for the operator. Accounts take turns."""
    turn: Mapped[int] = mapped_column(default=0)
    """Order in the queue, see ``kb.storage.jobs``."""
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes to read; 0 without a file."""
    attempts: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    """Number of times the program died while the job ran."""
    run_after: Mapped[datetime | None]
    """Earliest time of the next attempt of a postponed job."""
    claimed_by: Mapped[str] = mapped_column(String(100), default="")
    lease_until: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(String(20), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    reason: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    progressed_at: Mapped[datetime | None]
    """Time of the last progress; leases are also renewed without progress."""
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_jobs_live_item",
            "item_id",
            unique=True,
            sqlite_where=text("status IN ('queued', 'running')"),
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
        Index("ix_jobs_queue", "status", "turn", "id"),
        Index("ix_jobs_turns", "status", "account_id", "turn"),
    )


class UnansweredQuestion(Base):
    """A question without answer in the base: the researchers' to-do list."""

    __tablename__ = "unanswered_questions"

    text: Mapped[str] = mapped_column(String(1000), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), default="")
    times: Mapped[int] = mapped_column(default=1)
    first_asked_at: Mapped[datetime] = mapped_column(default=now)
    last_asked_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]
    """When a researcher resolved it; asked again without an answer, it is listed again."""


class ActiveIndex(Base):
    """The single row with the name of the active index."""

    __tablename__ = "active_index"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(200))
    switched_at: Mapped[datetime] = mapped_column(default=now)


class Reindexing(Base):
    """The single row with the name of the index being built."""

    __tablename__ = "reindexing"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(20))
    """A ``ingest.reindex.reindex.ReindexMode``."""


class StagedItem(Base):
    """Rows prepared for an item, applied when the index being built becomes active."""

    __tablename__ = "staged_items"

    item_id: Mapped[str] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
    )
    based_on: Mapped[datetime]
    """``Item.updated_at`` when it was read; stale if the item has changed since."""
    staged: Mapped[bytes] = mapped_column(LargeBinary)
    """See ``ingest.reindex.staged_rows``."""
