"""What the JSON interface says of projects, and what it takes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb.domain import Visibility
from kb.projects.indicators import IndicatorFields
from kb.projects.project import BudgetLine, CheckedCondition, Step
from kb.projects.values import MeasurementState
from kb.storage.projects import CheckDecision, MemberPart, Stage
from web.http.paging import NEXT

Given = Annotated[str, StringConstraints(max_length=4000)]
PLACE = Field(description="ISTAT code or name of an Italian municipality, also `Castro (LE)`.")
REVISION = Field(
    ge=1, le=2**31 - 1, description="`revision` of the project that was read: 409 if it changed."
)


class TakenPractice(BaseModel):
    id: str
    title: str


class ProjectMemberOut(BaseModel):
    """A body that takes part. Its people are not named."""

    body: str
    part: MemberPart
    role: str = Field(description="What it contributes.")
    id: str | None = Field(description="For who may change or end the part; otherwise null.")
    accepted: bool = Field(
        description="False for an invitation that waits, shown to lead and partners."
    )


class ProjectOut(BaseModel):
    """The record of a project, with the practices that the caller may see."""

    id: str
    title: str
    municipality: str = Field(description="ISTAT code.")
    place: str
    region: str
    lead_body: str
    contact: str
    language: str
    stage: Stage
    stopped_because: str
    started: date | None
    concluded: date | None
    why: str
    kept: str
    changed: str
    left_out: str
    findings: list[CheckedCondition]
    steps: list[Step]
    budget: list[BudgetLine]
    cup: str
    lessons: str
    seeks: list[str] = Field(description="Partners that it looks for.")
    seeks_lead: bool = Field(description="Whether nobody has taken the idea yet.")
    themes: list[str]
    signed_by_board: str = Field(description="The board member whose idea it is.")
    visibility: Visibility
    revision: int = Field(description="Counts the changes of the record.")
    changed_at: datetime
    practices: list[TakenPractice]
    members: list[ProjectMemberOut]
    card: str | None = Field(description="Id of the practice that was made of it.")
    sheet: str | None = Field(description="Id of the document with its frozen measurements.")


class ProjectList(BaseModel):
    total: int = Field(description="Projects that meet the filters, on all pages together.")
    projects: list[ProjectOut]
    next: str | None = NEXT


class MeasurementOut(BaseModel):
    """A reported value, never changed: a correction is one that `supersedes` it."""

    id: int
    period_start: date
    period_end: date
    value: float | None
    numerator: float | None
    denominator: float | None
    note: str
    state: MeasurementState
    document_id: str | None = Field(description="The evidence, if the caller may open it.")
    evidence: str | None = Field(description="Address of its page.")
    reporter: str = Field(description="The body for which it was reported.")
    reported_at: datetime
    supersedes: int | None
    checker: str | None
    checked_at: datetime | None
    check_note: str


class IndicatorOut(BaseModel):
    id: str
    text: str
    text_en: str
    measure: str
    unit: str
    unit_en: str
    better: str
    aggregable: bool
    baseline: float | None
    baseline_numerator: float | None
    baseline_denominator: float | None
    baseline_on: date | None
    baseline_how: str
    target: float | None
    target_on: date | None
    source: str
    every_months: int | None
    owner: str
    practice_id: str = Field(description="With `result_key` the result elsewhere; or empty.")
    result_key: str
    retired: bool
    next_due: date | None
    measurements: list[MeasurementOut]


class MeasuredProject(ProjectOut):
    """A project with its indicators and their values."""

    indicators: list[IndicatorOut]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ProjectFields(_Sent):
    """Fields of the record; those that are not sent stay as they are."""

    title: Given | None = None
    municipality: Annotated[Given | None, PLACE] = None
    lead_body: Given | None = None
    contact: Given | None = None
    why: Given | None = None
    kept: Given | None = None
    changed: Given | None = None
    left_out: Given | None = None
    started: date | None = None
    steps: list[Step] | None = None
    budget: list[BudgetLine] | None = None
    cup: Given | None = None
    lessons: Given | None = None
    seeks: list[Given] | None = None
    themes: list[Given] | None = None


class NewProject(ProjectFields):
    """A project to begin, from a practice or from a worksheet of the caller, or from neither."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Mense a filiera corta",
                    "municipality": "052032",
                    "lead_body": "Comune di Siena",
                    "practice_id": "unioni-comuni-emilia-romagna",
                }
            ]
        }
    )

    title: Given
    municipality: Annotated[Given, PLACE]
    lead_body: Given
    practice_id: Annotated[str, StringConstraints(max_length=100)] = ""
    worksheet_id: Annotated[str, StringConstraints(max_length=36)] = ""


class ProjectChange(ProjectFields):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "revision": 3,
                    "steps": [{"text": "Delibera del consiglio", "due": "2027-03-01"}],
                    "seeks": ["Una scuola"],
                }
            ]
        }
    )

    revision: Annotated[int, REVISION]


class StageMove(_Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"stage": "run", "revision": 3}]},
    )

    stage: Stage
    revision: Annotated[int, REVISION]
    reason: Given = Field(default="", description="Why it stopped: needed to stop.")


class VisibilityChoice(_Sent):
    visibility: Visibility = Field(description="`members` or `public`.")


class NewMember(_Sent):
    """`account`: sign-in name of the account that is invited to edit; empty if the body is only
    named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"body": "Coop Valdorcia", "part": "partner", "account": "coop"}]
        }
    )

    body: Given
    part: MemberPart = MemberPart.PARTNER
    role: Given = ""
    account: Given = ""


class PartChoice(_Sent):
    part: MemberPart


class NewIndicator(IndicatorFields):
    """A baseline is a number, or numerator and denominator. `measure` gives unit and direction
    where they are not sent. `practice_id` and `result_key`: the result of a practice to compare
    with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "Pasti biologici serviti",
                    "unit": "%",
                    "better": "higher",
                    "baseline": 12,
                    "baseline_on": "2026-12-31",
                    "target": 40,
                    "target_on": "2029-12-31",
                    "owner": "Ufficio scuola",
                    "every_months": 12,
                }
            ]
        }
    )


class Retirement(_Sent):
    retired: bool = Field(
        default=True, description="False takes it up again. Without values it is deleted."
    )


class CheckChoice(_Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"decision": "sent-back", "note": "Nel file c’è un altro numero."}]
        }
    )

    decision: CheckDecision
    note: Given = Field(default="", description="Needed to send it back.")
