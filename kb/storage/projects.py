"""Tables of projects: members, practices taken up, indicators, measurements and their checks."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.domain import Kind
from kb.storage.tables import Base, Item, new_id, now


class Stage(enum.StrEnum):
    """How far a project is. The first five follow each other; any may be left for ``STOPPED``."""

    IDEA = "idea"
    UNDERSTAND = "understand"
    ADAPT = "adapt"
    RUN = "run"
    MEASURED = "measured"
    """Concluded, with at least one checked value."""
    STOPPED = "stopped"


class MemberPart(enum.StrEnum):
    LEAD = "lead"
    PARTNER = "partner"
    OBSERVER = "observer"


class CheckDecision(enum.StrEnum):
    """What a researcher said of a measurement."""

    CHECKED = "checked"
    SENT_BACK = "sent-back"


class ProjectRow(Item):
    """A project: a practice taken up in one place. ``record``: dump of a
    ``kb.projects.project.Project``."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    record: Mapped[dict[str, Any]]
    sections: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    """``[heading, text]`` each: what is searched, written anew with every change."""
    stage: Mapped[Stage] = mapped_column(default=Stage.IDEA, index=True)
    """This and the next two are copied from the record for filters."""
    municipality: Mapped[str] = mapped_column(String(6), default="", index=True)
    seeks_partners: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    """Incremented with every change of the record, to detect concurrent edits."""
    created_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    sheet_id: Mapped[str | None] = mapped_column(
        ForeignKey("documents.id", ondelete="SET NULL"), index=True
    )
    """The frozen measurement sheet."""
    sheet_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Of what the sheet says, without the day on which it was frozen: another one makes a new
    version of the document."""
    card_id: Mapped[str | None] = mapped_column(String(100))
    """Practice whose draft was made of the project; no foreign key, it may be unpublished."""
    card_quotes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Words of the sheet that the card has quoted: ``results`` by the id of the indicator,
    ``costs``, and the ``revision`` that quoted the newest."""

    practice_rows: Mapped[list[ProjectPractice]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="ProjectPractice.position"
    )
    members: Mapped[list[ProjectMember]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="ProjectMember.invited_at"
    )
    indicators: Mapped[list[Indicator]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Indicator.position"
    )

    __mapper_args__ = {"polymorphic_identity": Kind.PROJECT}


class ProjectPractice(Base):
    """A practice that a project takes up."""

    __tablename__ = "project_practices"

    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    practice_id: Mapped[str] = mapped_column(String(100), primary_key=True, index=True)
    """No foreign key: projects outlive practices."""
    title: Mapped[str] = mapped_column(Text)
    """Of the practice when the project was last changed; empty if not everybody may see it."""
    position: Mapped[int] = mapped_column(default=0)


class ProjectMember(Base):
    """A person or body of a project. Without account it is only named; who leaves stays listed."""

    __tablename__ = "project_members"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    part: Mapped[MemberPart]
    body: Mapped[str] = mapped_column(String(200))
    """The organisation; for a person without one, the person's name."""
    role: Mapped[str] = mapped_column(String(200), default="")
    """What it contributes, in words."""
    invited_at: Mapped[datetime] = mapped_column(default=now)
    joined_at: Mapped[datetime | None]
    """When the account accepted; until then it may not edit."""
    left_at: Mapped[datetime | None]


class Indicator(Base):
    """What a project measures, with baseline and target."""

    __tablename__ = "indicators"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text, default="")
    measure: Mapped[str] = mapped_column(String(60), default="", index=True)
    """Term of the vocabulary ``measures``; empty for an indicator of one's own."""
    unit: Mapped[str] = mapped_column(String(60), default="")
    unit_en: Mapped[str] = mapped_column(String(60), default="")
    better: Mapped[str] = mapped_column(String(20), default="")
    """Term of ``kb.practices.terms.Better``."""
    aggregable: Mapped[bool] = mapped_column(default=False)
    baseline: Mapped[float | None]
    baseline_numerator: Mapped[float | None]
    baseline_denominator: Mapped[float | None]
    baseline_on: Mapped[date | None]
    baseline_how: Mapped[str] = mapped_column(Text, default="")
    target: Mapped[float | None]
    target_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text, default="")
    """Where the values come from."""
    every_months: Mapped[int | None]
    """Rhythm of the measurements."""
    owner: Mapped[str] = mapped_column(String(200), default="")
    """Who sees to the measurements, in words."""
    owner_id: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    """Account that is reminded of due measurements."""
    practice_id: Mapped[str] = mapped_column(String(100), default="")
    """With ``result_key``, the result of a practice that this answers; empty for none."""
    result_key: Mapped[str] = mapped_column(String(100), default="")
    retired_at: Mapped[datetime | None]
    """No longer measured; its values stay."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    measurements: Mapped[list[Measurement]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Measurement.id"
    )


class Measurement(Base):
    """A reported value, never changed: a correction is a row that ``supersedes`` it."""

    __tablename__ = "measurements"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    indicator_id: Mapped[str] = mapped_column(
        ForeignKey("indicators.id", ondelete="CASCADE"), index=True
    )
    period_start: Mapped[date]
    period_end: Mapped[date]
    value: Mapped[float | None]
    """None for a note without a number."""
    numerator: Mapped[float | None]
    denominator: Mapped[float | None]
    note: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[str | None] = mapped_column(
        ForeignKey("documents.id", ondelete="SET NULL"), index=True
    )
    """The evidence, which keeps its own visibility."""
    document_title: Mapped[str] = mapped_column(Text, default="")
    reported_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    reporter: Mapped[str] = mapped_column(String(200), default="")
    """Body for which it was reported."""
    reported_at: Mapped[datetime] = mapped_column(default=now)
    supersedes: Mapped[int | None] = mapped_column(
        ForeignKey("measurements.id", ondelete="CASCADE"), unique=True
    )

    checks: Mapped[list[MeasurementCheck]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="MeasurementCheck.id"
    )


class MeasurementCheck(Base):
    """A researcher's decision on a measurement, never changed; the last one holds."""

    __tablename__ = "measurement_checks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    measurement_id: Mapped[int] = mapped_column(
        ForeignKey("measurements.id", ondelete="CASCADE"), index=True
    )
    decision: Mapped[CheckDecision]
    note: Mapped[str] = mapped_column(Text, default="")
    checked_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    checker: Mapped[str] = mapped_column(String(200), default="")
    checked_at: Mapped[datetime] = mapped_column(default=now)
