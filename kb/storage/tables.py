"""The tables. An item is anything a search finds: a document or a practice."""

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
    """Stored without a zone, which SQLite has none of, and read back as UTC."""

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
    """Read the original, or the next version of it if one came in."""
    REFRESH = "refresh"
    """Split and embed again the pages that SQL has, under a new title or language."""
    DELETE = "delete"


class JobStatus(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = (JobStatus.QUEUED, JobStatus.RUNNING)


class Item(Base):
    """What documents and practices have in common: all that filters, counts and access need."""

    __tablename__ = "items"

    id: Mapped[str] = mapped_column(String(100), primary_key=True, default=new_id)
    kind: Mapped[Kind]
    title: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(10), default="")
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PUBLIC)
    status: Mapped[Status] = mapped_column(default=Status.QUEUED, index=True)
    reason: Mapped[dict[str, Any] | None]
    """Why it failed: a ``kb.messages.Message``."""
    year: Mapped[int | None]
    country: Mapped[str] = mapped_column(String(2), default="")
    content_sha256: Mapped[str] = mapped_column(String(64), index=True)
    indexed_as: Mapped[str] = mapped_column(String(200), default="")
    """Name of the index its points were last written to."""
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
    """A value by which searches filter an item, where ``items`` has no column for it."""

    __tablename__ = "item_values"

    item_id: Mapped[str] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    """Of the filter, see ``kb.filters``."""
    value: Mapped[str] = mapped_column(String(200), primary_key=True)


class Document(Item):
    """A reference document as uploaded; its bytes lie in the content store under their sha256."""

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    filename: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(150), default="")
    size: Mapped[int]
    authors: Mapped[list[str]] = mapped_column(default=list)
    """As they are shown; what each is stands in ``author_names``."""
    author_names: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """The authors as names of CSL-JSON: a person ``family`` and ``given``, a body ``literal``."""
    publisher: Mapped[str] = mapped_column(Text, default="")
    licence: Mapped[str] = mapped_column(Text, default="")
    source_url: Mapped[str] = mapped_column(Text, default="")
    given: Mapped[list[str]] = mapped_column(default=list)
    """Names of the metadata fields a person filled in, which extraction leaves alone."""
    unit: Mapped[PageUnit] = mapped_column(default=PageUnit.PAGE)
    page_count: Mapped[int] = mapped_column(default=0)
    ocr_pages: Mapped[int] = mapped_column(default=0)
    unreadable_pages: Mapped[int] = mapped_column(default=0)
    outline: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Headings in order: level, title, page, offset."""
    notes: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    """What could not be read of it: a ``kb.messages.Message`` each."""
    signatures: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Who signed the file, from the outermost signature on, none of it verified: ``signer``,
    ``signed_at`` (ISO 8601, UTC, or empty), ``organisation``."""
    version: Mapped[int] = mapped_column(default=1)
    """Number of the present version; the others are in ``kb.storage.history``."""

    pages: Mapped[list[PageRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="PageRow.number"
    )

    __mapper_args__ = {"polymorphic_identity": Kind.DOCUMENT}


class PracticeRow(Item):
    """A practice card. ``record`` is a dump of ``kb.practices.practice.Practice``."""

    __tablename__ = "practices"

    id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    record: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(String(20), default="")
    """This and the next three are of the record, for filters; ``life`` is its status."""
    life: Mapped[str] = mapped_column(String(20), default="")
    evidence: Mapped[str] = mapped_column(String(20), default="")
    """The best of its achieved results; empty without any."""
    verified_on: Mapped[date | None]

    __mapper_args__ = {"polymorphic_identity": Kind.PRACTICE}


class PageRow(Base):
    """A page: ``raw`` as extracted, ``text`` cleaned, ``edits`` where they differ, ``tables`` where
    rows stand in ``text`` (``[start, end, header_end]`` each, see ``kb.domain.Table``)."""

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
    """``[page, start, end]`` each, over the cleaned text of the page."""
    sentences: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    """``[start, end]`` each, over ``text``."""
    sentence_vectors: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    """int8 of shape (sentences, dimension), that of the contextual header last where there is one:
    see ``kb.embedding.late``."""

    __table_args__ = (UniqueConstraint("item_id", "ordinal"),)


class Job(Base):
    """A piece of work on an item. At most one is live per item, whatever the operation."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    item_id: Mapped[str] = mapped_column(String(100), index=True)
    """No foreign key: a deletion outlives the item it deletes."""
    operation: Mapped[Operation]
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.QUEUED)
    account_id: Mapped[str] = mapped_column(String(36), default="")
    """Whose work it is: empty for the operator. Accounts take turns."""
    turn: Mapped[int] = mapped_column(default=0)
    """Jobs are taken in the order of their turns, see ``kb.storage.jobs``."""
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes to be read; 0 when there is no file to read."""
    attempts: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    """How often the program died while it was at this job."""
    run_after: Mapped[datetime | None]
    """Only of one that was postponed."""
    claimed_by: Mapped[str] = mapped_column(String(100), default="")
    lease_until: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(String(20), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    reason: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    progressed_at: Mapped[datetime | None]
    """When it last got on; the lease is prolonged in silence too."""
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
    """A question that nothing in the base answered: the researchers' to-do list."""

    __tablename__ = "unanswered_questions"

    text: Mapped[str] = mapped_column(String(1000), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), default="")
    times: Mapped[int] = mapped_column(default=1)
    first_asked_at: Mapped[datetime] = mapped_column(default=now)
    last_asked_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]
    """When a researcher took it off the list; asked in vain again, it comes back."""


class ActiveIndex(Base):
    """The one row that names the index which answers questions."""

    __tablename__ = "active_index"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(200))
    switched_at: Mapped[datetime] = mapped_column(default=now)


class Reindexing(Base):
    """The one row that names the index which is being built to become the active one."""

    __tablename__ = "reindexing"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(20))
    """See ``ingest.reindex.reindex.Source``."""


class StagedItem(Base):
    """What an item's rows will be when the index that is being built becomes the active one."""

    __tablename__ = "staged_items"

    item_id: Mapped[str] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
    )
    based_on: Mapped[datetime]
    """``Item.updated_at`` when it was read: a later one makes this stale."""
    staged: Mapped[bytes] = mapped_column(LargeBinary)
    """See ``ingest.reindex.staged_rows``."""
