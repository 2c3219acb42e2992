"""A project as its page shows it: members, indicators with their values, what each may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Status
from kb.messages import N_, Message
from kb.practices import figures
from kb.practices.numbers import number, with_unit
from kb.practices.parts import MeasuredResult
from kb.projects import parts
from kb.projects.indicators import SAME_TARGET, find_result, list_gaps
from kb.projects.progress import ProgressState, TargetProgress, measure_progress
from kb.projects.project import ENDED, Project
from kb.projects.stages import list_missing
from kb.projects.values import (
    MeasurementState,
    find_superseded,
    list_checked,
    newest_value,
    next_due,
    state_of,
)
from kb.projects.writing import read_project
from kb.storage.projects import (
    Indicator,
    Measurement,
    MemberPart,
    ProjectMember,
    ProjectRow,
    Stage,
)
from kb.storage.tables import Document, Item
from web.presenters import queries
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

PARTS: Mapping[MemberPart, str] = {
    MemberPart.LEAD: N_("lead"),
    MemberPart.PARTNER: N_("partner"),
    MemberPart.OBSERVER: N_("observer"),
}
VALUE_STATES: Mapping[MeasurementState, str] = {
    MeasurementState.REPORTED: N_("not checked yet"),
    MeasurementState.CHECKED: N_("checked"),
    MeasurementState.SENT_BACK: N_("sent back"),
    MeasurementState.SUPERSEDED: N_("corrected below"),
}
PROGRESS: Mapping[ProgressState, str] = {
    ProgressState.NO_VALUE: N_("Not measured yet"),
    ProgressState.UNDEFINED: N_("How far it has come cannot be said"),
    ProgressState.AWAY: N_("Farther from the target than at the start"),
    ProgressState.UNMOVED: N_("As at the start"),
    ProgressState.UNDER_WAY: N_("{percent}% of the way to the target"),
    ProgressState.REACHED: N_("Target reached"),
    ProgressState.EXCEEDED: N_("Beyond the target"),
}


@dataclass(frozen=True)
class ShownValue:
    """A measurement. ``file_url`` is empty where the reader may not open the evidence;
    ``file_problem``: why it could not be read, if so."""

    id: int
    period: str
    value: str
    share: str
    note: str
    state: MeasurementState
    state_label: str
    reporter: str
    reported_at: object
    file: str
    file_url: str
    file_problem: str
    decided: str
    decided_at: object
    decision_note: str
    corrects: bool
    can_check: bool
    can_correct: bool


@dataclass(frozen=True)
class ShownIndicator:
    """``reference``: the result of the practice in words, with the address of its card."""

    id: str
    text: str
    language: str
    baseline: str
    target: str
    progress: str
    newest: str
    checked_until: str
    due: date | None
    overdue: bool
    rows: tuple[ShownValue, ...]
    reference: str
    reference_url: str
    gaps: tuple[Message, ...]
    same_target: Message | None
    owner: str
    baseline_how: str
    source: str
    retired: bool
    scenario: Mapping[str, str]
    """Query of what happened elsewhere to its measure; empty without one."""


@dataclass(frozen=True)
class ShownProject:
    """What the page shows. ``missing``: what each later stage lacks."""

    row: ProjectRow
    project: Project
    stage_label: str
    members: tuple[ProjectMember, ...]
    left: tuple[ProjectMember, ...]
    practices: tuple[tuple[str, str, bool], ...]
    """Id, title and whether the card can be opened."""
    indicators: tuple[ShownIndicator, ...]
    missing: Mapping[Stage, list[Message]]
    budget: str
    may_edit: bool
    may_lead: bool
    may_check: bool
    invited: bool
    own: tuple[ProjectMember, ...]
    """The reader's own parts and invitations."""


def present_project(
    session: Session, access: Access, row: ProjectRow, reader: Locale
) -> ShownProject:
    """Read what the page shows to this reader."""
    project = read_project(row)
    presenter = _Presenter(session, access, row, reader)
    total = sum(line.amount for line in project.budget)
    return ShownProject(
        row=row,
        project=project,
        stage_label=row.stage.value,
        members=tuple(parts.list_shown(row, access)),
        left=tuple(one for one in row.members if one.left_at is not None and one.joined_at),
        practices=presenter.practices(),
        indicators=tuple(map(presenter.indicator, row.indicators)),
        missing={stage: list_missing(row, stage) for stage in Stage},
        budget=with_unit(number(total, reader.code), "€", reader.code) if total else "",
        may_edit=presenter.may_edit,
        may_lead=parts.may_lead(row, access),
        may_check=presenter.may_check,
        invited=parts.find_invitation(row, access) is not None,
        own=tuple(parts.list_own(row, access)),
    )


def say_progress(progress: TargetProgress, reader: Locale) -> str:
    """The progress in words."""
    return reader.gettext(PROGRESS[progress.state]).format(percent=progress.percent)


def write_value(indicator: Indicator, value: float | None, reader: Locale) -> str:
    """A value with the unit of the indicator; empty for None."""
    if value is None:
        return ""
    unit = indicator.unit_en if reader.code == "en" and indicator.unit_en else indicator.unit
    return with_unit(number(round(value, 6), reader.code), unit, reader.code)


def text_of(indicator: Indicator, reader: Locale) -> tuple[str, str]:
    """Its text and the language of it."""
    if reader.code == "en" and indicator.text_en:
        return indicator.text_en, "en"
    return indicator.text, "it"


class _Presenter:
    def __init__(self, session: Session, access: Access, row: ProjectRow, reader: Locale) -> None:
        self.session, self.access, self.row, self.reader = session, access, row, reader
        self.may_edit = parts.may_edit(row, access)
        self.may_check = parts.may_check(row, access)
        ids = {one.document_id for i in row.indicators for one in i.measurements if one.document_id}
        self._files = queries.items_by_id(session, access, ids)

    def practices(self) -> tuple[tuple[str, str, bool], ...]:
        """Those that the reader may see, and those that are gone; what is hidden is left out."""
        ids = [one.practice_id for one in self.row.practice_rows]
        cards = queries.items_by_id(self.session, self.access, ids)
        existing = queries.find_existing(self.session, ids)
        found = []
        for one in self.row.practice_rows:
            if card := cards.get(one.practice_id):
                found.append((card.id, title_of(card, self.reader).text, True))
            elif one.title and one.practice_id not in existing:
                found.append((one.practice_id, one.title, False))
        return tuple(found)

    def indicator(self, one: Indicator) -> ShownIndicator:
        newest, checked = newest_value(one), list_checked(one)
        text, language = text_of(one, self.reader)
        due = None if self.row.stage in ENDED else next_due(one)
        known = measure_progress(one.baseline, one.target, newest.value if newest else None)
        same = one.target is not None and one.target == one.baseline
        return ShownIndicator(
            id=one.id,
            text=text,
            language=language,
            baseline=self._at(one, one.baseline, one.baseline_on),
            target=self._at(one, one.target, one.target_on),
            progress=say_progress(known, self.reader),
            newest=write_value(one, newest.value if newest else None, self.reader),
            checked_until=self.reader.date(checked[-1].period_end) if checked else "",
            due=due,
            overdue=due is not None and due < self.reader.today(),
            rows=self._rows(one),
            reference=self._reference(one),
            reference_url=f"/practices/{one.practice_id}#results-title",
            gaps=tuple(list_gaps(one)),
            same_target=SAME_TARGET if same else None,
            owner=one.owner,
            baseline_how=one.baseline_how,
            source=one.source,
            retired=one.retired_at is not None,
            scenario=self._scenario(one, newest),
        )

    def _scenario(self, one: Indicator, newest: Measurement | None) -> Mapping[str, str]:
        if not one.measure:
            return {}
        value = newest.value if newest else one.baseline
        return {
            "measure": one.measure,
            "value": "" if value is None else number(value, self.reader.code),
            "place": self.row.municipality,
            "project": self.row.id,
        }

    def _at(self, one: Indicator, value: float | None, day: date | None) -> str:
        written = write_value(one, value, self.reader)
        return f"{written} ({self.reader.date(day)})" if written and day else written

    def _reference(self, one: Indicator) -> str:
        result = find_reference(self.session, self.access, one)
        if result is None:
            return ""
        language = "en" if self.reader.code == "en" else "it"
        value, before = figures.value_of(result, language), figures.baseline_of(result, language)
        years = f" ({result.year})" if result.year else ""
        return f"{before} → {value.text}{years}" if before else f"{value.text}{years}"

    def _rows(self, one: Indicator) -> tuple[ShownValue, ...]:
        superseded = find_superseded(one)
        order = sorted(one.measurements, key=lambda m: (m.period_end, m.id))
        return tuple(self._value(one, m, state_of(m, superseded)) for m in order)

    def _value(self, one: Indicator, m: Measurement, state: MeasurementState) -> ShownValue:
        check = m.checks[-1] if m.checks else None
        document = self._files.get(m.document_id or "")
        reader = self.reader
        open_to_check = state in (MeasurementState.REPORTED, MeasurementState.CHECKED)
        return ShownValue(
            id=m.id,
            period=f"{reader.date(m.period_start)} – {reader.date(m.period_end)}",
            value=write_value(one, m.value, reader),
            share=(
                f"{number(m.numerator, reader.code)} / {number(m.denominator, reader.code)}"
                if m.numerator is not None
                else ""
            ),
            note=m.note,
            state=state,
            state_label=reader.gettext(VALUE_STATES[state]),
            reporter=m.reporter,
            reported_at=m.reported_at,
            file=document.title if isinstance(document, Document) else self._hidden(m),
            file_url=f"/documents/{document.id}" if document is not None else "",
            file_problem=self._say_unreadable(document),
            decided=check.checker if check else "",
            decided_at=check.checked_at if check else None,
            decision_note=check.note if check else "",
            corrects=m.supersedes is not None,
            can_check=self.may_check and open_to_check and m.reported_by != self.access.account_id,
            can_correct=self.may_edit and state is not MeasurementState.SUPERSEDED,
        )

    def _say_unreadable(self, document: Item | None) -> str:
        if document is None or document.status is not Status.FAILED:
            return ""
        return self.reader.gettext(
            N_("This file could not be read: correct the value with another file.")
        )

    def _hidden(self, m: Measurement) -> str:
        if m.document_id:
            return self.reader.gettext(N_("a file that you may not open"))
        return self.reader.gettext(N_("a file that was removed")) if m.document_title else ""


def find_reference(session: Session, access: Access, one: Indicator) -> MeasuredResult | None:
    """The result of a practice that the indicator answers, if the card may be seen and has it."""
    if not one.practice_id:
        return None
    practice = queries.find_practice(session, access, one.practice_id)
    return find_result(practice.results, one.result_key) if practice else None
