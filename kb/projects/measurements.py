"""Report, correct and check measurements. Rows are only added; the functions work in the caller's
transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.domain import Status
from kb.messages import N_, NotFound, PermanentError
from kb.practices.rules import Figure, RuleError, Value
from kb.projects.indicators import check_share, compute_value
from kb.projects.parts import may_check, require_editor
from kb.projects.project import Text
from kb.projects.values import find_superseded, list_current, require_measurement
from kb.projects.writing import refresh
from kb.storage.projects import (
    CheckDecision,
    Indicator,
    Measurement,
    MeasurementCheck,
    ProjectRow,
)
from kb.storage.tables import Document, now

NOTE_CHARACTERS = 2000


class MeasurementFields(Value):
    """What a person reports: a number, or numerator and denominator, or only a note."""

    period_start: date
    period_end: date
    value: Figure | None = None
    numerator: Figure | None = None
    denominator: Figure | None = None
    note: Text = ""
    document_id: str | None = None
    document_title: Annotated[str, StringConstraints(max_length=500)] = ""
    supersedes: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _is_a_period(self) -> MeasurementFields:
        if self.period_end < self.period_start:
            raise RuleError(N_("The period ends before it begins."), ("period_end",))
        return self

    @model_validator(mode="after")
    def _says_something(self) -> MeasurementFields:
        check_share(self.numerator, self.denominator)
        if self.value is None and self.numerator is None and not self.note:
            template = N_("Give a number; if there is none, write in the note why.")
            raise RuleError(template, ("value",))
        return self


@dataclass(frozen=True)
class CheckResult:
    """A decision on a measurement. ``checker``: name to show, if not that of the account."""

    decision: CheckDecision
    note: str = ""
    checker: str = ""


def report(
    session: Session,
    access: Access,
    row: ProjectRow,
    indicator: Indicator,
    fields: MeasurementFields,
    reporter: str = "",
) -> Measurement:
    """Add a measurement, or a correction of the one that ``fields.supersedes``.

    The caller has locked the project (``kb.projects.commands.lock_project``), so that of two who
    report the same period at once the second is told of the first.

    Raises:
        PermanentError: the caller may not, or the measurement breaks a rule.
    """
    require_editor(row, access)
    session.refresh(indicator, ["measurements"])
    value, corrected = try_rules(indicator, fields)
    measurement = Measurement(
        **fields.model_dump(exclude={"value"}),
        value=value,
        reported_by=access.account_id,
        reporter=reporter[:200],
        reported_at=now(),
    )
    _require_evidence(session, fields.document_id)
    indicator.measurements.append(measurement)
    refresh(session, row)
    verb = "correct" if corrected else "report"
    audit.record_event(session, access, f"measurement.{verb}", row.id, measurement=measurement.id)
    return measurement


def try_rules(
    indicator: Indicator, fields: MeasurementFields
) -> tuple[float | None, Measurement | None]:
    """The value, and the measurement that is corrected, if one is.

    Raises:
        NotFound: there is no such measurement to correct.
        PermanentError: the measurement breaks a rule.
    """
    _require_period(indicator, fields)
    corrected = _find_corrected(indicator, fields)
    _refuse_second(indicator, fields, corrected)
    try:
        value = compute_value(fields.value, fields.numerator, fields.denominator, indicator.unit)
    except RuleError as error:
        raise PermanentError(error.message.template, **error.message.params) from error
    return value, corrected


def decide(
    session: Session,
    access: Access,
    row: ProjectRow,
    measurement_id: int,
    result: CheckResult,
) -> MeasurementCheck:
    """Check a measurement or send it back.

    Raises:
        NotFound: the project has no such measurement.
        PermanentError: the caller takes part or lacks the right, the measurement was corrected or
            decided meanwhile, or it is sent back without a reason.
    """
    indicator, measurement = require_measurement(row, measurement_id)
    if not may_check(row, access) or measurement.reported_by == access.account_id:
        raise PermanentError(
            N_("Only a researcher who never took part in the project can check its measurements.")
        )
    session.refresh(indicator, ["measurements"])
    session.refresh(measurement, ["checks"])
    if measurement.id in find_superseded(indicator):
        raise PermanentError(
            N_("This value was corrected meanwhile: look at the corrected one instead.")
        )
    note = result.note.strip()[:NOTE_CHARACTERS]
    _require_grounds(measurement, result.decision, note)
    check = MeasurementCheck(
        decision=result.decision,
        note=note,
        checked_by=access.account_id,
        checker=(result.checker or access.name)[:200],
        checked_at=now(),
    )
    measurement.checks.append(check)
    refresh(session, row)
    verb = "check" if result.decision is CheckDecision.CHECKED else "return"
    audit.record_event(session, access, f"measurement.{verb}", row.id, measurement=measurement.id)
    return check


def _require_grounds(measurement: Measurement, decision: CheckDecision, note: str) -> None:
    if decision is CheckDecision.SENT_BACK and not note:
        raise PermanentError(N_("Write what has to be corrected: it goes back with your note."))
    if decision is CheckDecision.CHECKED and measurement.value is None:
        raise PermanentError(N_("This is a note without a number: there is nothing to check."))
    if decision is CheckDecision.CHECKED and measurement.document_id is None:
        raise PermanentError(
            N_("There is no file to check the value against: send it back and ask for one.")
        )
    if measurement.checks and measurement.checks[-1].decision is decision:
        name = measurement.checks[-1].checker or "?"
        raise PermanentError(N_("{name} has said so already."), name=name)


def _require_period(indicator: Indicator, fields: MeasurementFields) -> None:
    if indicator.baseline_on and fields.period_end < indicator.baseline_on:
        raise PermanentError(
            N_(
                "The period ends before the day of the baseline, {day}: correct the period, or the"
                " baseline if this is the older value."
            ),
            day=indicator.baseline_on,
        )


def _find_corrected(indicator: Indicator, fields: MeasurementFields) -> Measurement | None:
    if fields.supersedes is None:
        return None
    known: Sequence[Measurement] = indicator.measurements
    found = next((one for one in known if one.id == fields.supersedes), None)
    if found is None:
        raise NotFound()
    if found.id in find_superseded(indicator):
        raise PermanentError(
            N_("This value was corrected meanwhile: look at the corrected one first.")
        )
    return found


def _refuse_second(
    indicator: Indicator, fields: MeasurementFields, corrected: Measurement | None
) -> None:
    """Two numbers for one period: the second is a correction of the first or a mistake."""
    if fields.value is None and fields.numerator is None:
        return
    for other in list_current(indicator):
        same = (other.period_start, other.period_end) == (fields.period_start, fields.period_end)
        if same and other.value is not None and other is not corrected:
            raise PermanentError(
                N_(
                    "For this period {reporter} has reported {value} already: correct that value,"
                    " or choose another period."
                ),
                reporter=other.reporter or "?",
                value=f"{other.value:.15g}",
            )


def _require_evidence(session: Session, document_id: str | None) -> None:
    document = session.get(Document, document_id) if document_id else None
    if document_id and (document is None or document.status is Status.DELETED):
        raise PermanentError(N_("The file of the value is not here any more: choose it again."))
