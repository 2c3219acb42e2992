"""Tables of training paths: questions of a unit, what each account has done, records.

A path is a collection of kind ``path``; its sections are the units, its entries the readings.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, new_id, now


class AnswerKind(enum.StrEnum):
    ONE = "one"
    """One of the options is right."""
    MANY = "many"
    """Several may be; all of them and no other must be chosen."""
    NUMBER = "number"


class PathQuestion(Base):
    """A question that checks whether the readings of a unit were understood.

    Its explanation is a quotation from a page of a document, shown after any answer.
    """

    __tablename__ = "path_questions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    section_id: Mapped[str] = mapped_column(
        ForeignKey("collection_sections.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[AnswerKind]
    options: Mapped[list[str]] = mapped_column(default=list)
    right_answers: Mapped[list[str]] = mapped_column(default=list)
    """The right options as texts, or the right number as it was written."""
    document_id: Mapped[str] = mapped_column(String(100))
    """No foreign key: the question outlives the document and says that the passage is gone."""
    page: Mapped[int]
    quote: Mapped[str] = mapped_column(Text)
    tried: Mapped[int] = mapped_column(default=0)
    """How often it was answered by signed-in readers, and how often wrongly."""
    wrong: Mapped[int] = mapped_column(default=0)


class PathProgress(Base):
    """What an account has done of a unit. ``answered``: ids of the questions answered rightly."""

    __tablename__ = "path_progress"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    section_id: Mapped[str] = mapped_column(
        ForeignKey("collection_sections.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    answered: Mapped[list[str]] = mapped_column(default=list)
    begun_at: Mapped[datetime] = mapped_column(default=now)
    attended_at: Mapped[datetime | None]
    """When attendance at the unit's event was found in its list of participants."""
    done_at: Mapped[datetime | None]


class PathRecord(Base):
    """That a person has completed a path, as it was then. Nothing that changes later touches it."""

    __tablename__ = "path_records"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    """In the address that verifies it."""
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    path_id: Mapped[str] = mapped_column(String(100), index=True)
    """No foreign key: the record outlives the path."""
    name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    hours: Mapped[int | None]
    units: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Of each unit: ``title``, ``readings`` (ids), ``questions`` (texts), ``answers`` (digests of
    what else is asked; missing in older records), ``event`` (its title, or empty) and
    ``event_id``."""
    passed_at: Mapped[datetime] = mapped_column(default=now)


class SigningKey(Base):
    """A key that signs badges of records, so that others can verify them, or a secret that the
    processes on the database share."""

    __tablename__ = "signing_keys"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Thumbprint of a key that signs (RFC 7638)."""
    purpose: Mapped[str] = mapped_column(String(20), unique=True)
    private_key: Mapped[str] = mapped_column(Text)
    """PEM (PKCS #8) of a key that signs; a secret in hexadecimal digits."""
    made_at: Mapped[datetime] = mapped_column(default=now)
