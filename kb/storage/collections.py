"""Tables of collections: sections, entries and cover."""

from __future__ import annotations

import enum
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.domain import DEFAULT_LANGUAGE, Visibility
from kb.storage.tables import Base, new_id, now


class CollectionState(enum.StrEnum):
    DRAFT = "draft"
    """Visible only with the right to edit collections."""
    PUBLISHED = "published"


class CollectionKind(enum.StrEnum):
    THEMATIC = "thematic"
    EVENT = "event"
    """The archive of an event; its materials are the items."""
    ISSUE = "issue"
    """An issue of the magazine: see ``kb.storage.periodical``."""
    PATH = "path"
    """A training path: its sections are units, see ``kb.storage.paths``."""


class EventType(enum.StrEnum):
    WORKSHOP = "workshop"
    MASTER = "master"
    SEMINAR = "seminar"
    MEETING = "meeting"
    PUBLIC_MEETING = "public-meeting"
    CAMPAIGN = "campaign"
    STUDY = "study"
    PRESS = "press"


class EnrolmentState(enum.StrEnum):
    ENROLLED = "enrolled"
    WAITING = "waiting"
    """On the waiting list, in the order of ``created_at``."""
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """Not confirmed in time; the place went to others."""


class Collection(Base):
    """A curated list of items with an introduction, in sections, with a note per item."""

    __tablename__ = "collections"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(10), default=DEFAULT_LANGUAGE)
    argument: Mapped[str] = mapped_column(Text)
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PUBLIC)
    state: Mapped[CollectionState] = mapped_column(default=CollectionState.PUBLISHED)
    kind: Mapped[CollectionKind] = mapped_column(default=CollectionKind.THEMATIC)
    event_type: Mapped[EventType | None]
    held_on: Mapped[date | None]
    held_until: Mapped[date | None]
    """Last day of an event of several days."""
    begins_at: Mapped[time | None]
    """Hour of an event in the time zone of the settings."""
    held_in: Mapped[str] = mapped_column(Text, default="")
    organiser: Mapped[str] = mapped_column(Text, default="")
    people: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Of an event: ``name`` and ``part`` of each."""
    programme: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Of an event: ``day`` (ISO, empty for the first), ``begins`` and ``ends`` (HH:MM, the latter
    may be empty), ``what`` and ``who`` of each row."""
    recordings: Mapped[list[str]] = mapped_column(default=list)
    """Addresses of recordings of an event; no file is kept here."""
    licence: Mapped[str] = mapped_column(Text, default="")
    """Of the materials of an event."""
    places: Mapped[int | None]
    """Of an event with enrolment; None: nobody enrols."""
    enrol_until: Mapped[date | None]
    """Last day to enrol; None: the day before the event begins."""
    hours: Mapped[int | None]
    """Of attendance at an event, or of a path, for the certificate."""
    audience: Mapped[str] = mapped_column(Text, default="")
    """For whom a path is."""
    outcomes: Mapped[list[str]] = mapped_column(default=list)
    """What one can do after a path."""
    cover: Mapped[str] = mapped_column(String(20), default="hills")
    """One of ``kb.collections.forms.COVERS``, shown if no image was uploaded."""
    revision: Mapped[int] = mapped_column(default=1)
    """Incremented with every change of the content, to detect concurrent edits."""
    edited_here: Mapped[bool] = mapped_column(default=False)
    """Whether it was created or changed here, so that the corpus does not overwrite it."""
    created_by: Mapped[str | None] = mapped_column(String(36))
    """No foreign key: it outlives the account. ``None``: from the corpus."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    sections: Mapped[list[CollectionSection]] = relationship(
        cascade="all, delete-orphan", order_by="CollectionSection.position"
    )
    entries: Mapped[list[CollectionEntry]] = relationship(
        cascade="all, delete-orphan", order_by="CollectionEntry.position"
    )
    image: Mapped[CollectionImage | None] = relationship(cascade="all, delete-orphan")


class CollectionSection(Base):
    """A heading with an optional text (Markdown). ``position`` counts rows: see ``entries``."""

    __tablename__ = "collection_sections"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, default="")
    event_id: Mapped[str | None] = mapped_column(String(100), index=True)
    """Of a unit of a path: the event whose attendance is part of it. No foreign key: a unit of an
    event that was deleted is done without it."""


class CollectionEntry(Base):
    """An item of a collection. Sections and entries share one numbering from 0: an entry belongs to
    the last section before it, or to none."""

    __tablename__ = "collection_entries"

    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    """No foreign key: the entry of a deleted item is shown as such."""
    position: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    added_at: Mapped[datetime | None] = mapped_column(default=now)
    """None: before this was kept."""


class CollectionImage(Base):
    """An uploaded cover, encoded as WebP of bounded size."""

    __tablename__ = "collection_images"

    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
    )
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    alt: Mapped[str] = mapped_column(Text, default="")


class Enrolment(Base):
    """A person who wants to take part in an event.

    The mail address is erased some months after the event, and the whole row of who did not
    attend.
    """

    __tablename__ = "enrolments"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[EnrolmentState]
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the token in the link with which the person withdraws."""
    confirm_by: Mapped[datetime | None]
    """Until when the place or the turn is held; None: it was confirmed, or needs no
    confirmation."""
    attended: Mapped[bool] = mapped_column(default=False)
    certificate: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Code in the address that verifies the certificate; None for who did not attend."""
    account_id: Mapped[str | None] = mapped_column(String(36), index=True)
    """Account for which the attendance counts in paths: of who opened the link of the mail while
    signed in and asked for it. No foreign key; None: for none."""
    attested: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the certificate says of the event: ``title``, ``language``, ``when``, ``hours`` and
    ``organiser`` as they were when attendance was marked."""
    created_at: Mapped[datetime] = mapped_column(default=now)
