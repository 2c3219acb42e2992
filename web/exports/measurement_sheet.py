"""The measurements of a project as a paper that cards quote: its record, each indicator with all
its values, which body reported them and when, when they were checked, and the files that show them.

No person is named: the sheet is frozen, and accounts may be erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from kb.domain import Status
from kb.messages import N_
from kb.practices.numbers import number, with_unit
from kb.projects.parts import list_taking_part
from kb.projects.project import Project
from kb.projects.sheet_digest import digest_sheet
from kb.projects.values import MeasurementState, find_superseded, newest_value, state_of
from kb.projects.writing import read_project
from kb.storage.projects import Indicator, Measurement, ProjectRow, Stage
from kb.storage.tables import Document
from kb.vocabulary.vocabularies import label
from web.presenters.projects import PARTS, VALUE_STATES, text_of, write_value
from web.printing.paper import (
    Block,
    Bullets,
    Citations,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperTable,
    Text,
)
from web.rendering.i18n import Locale
from web.rendering.names import STAGES


@dataclass(frozen=True)
class MeasurementSheet:
    """``results``: the sentence that a card quotes of each indicator with a checked value, by its
    id; ``budget``: one of each line. ``sha256``: of what it says, by ``digest_sheet``."""

    title: str
    language: str
    blocks: tuple[Block, ...]
    results: Mapping[str, str]
    budget: tuple[str, ...]
    site: str
    sha256: str

    def as_paper(self, day: date, reader: Locale) -> Paper:
        """``day``: on which it is frozen."""
        subtitle = reader.gettext(N_("Measurements as they stood on {day}"))
        said = subtitle.format(day=reader.date(day))
        return Paper(self.title, said, self.language, self.blocks)


def build_sheet(session: Session, row: ProjectRow, reader: Locale, site: str) -> MeasurementSheet:
    """``reader``: locale of the project's language. ``site``: address without trailing slash.

    Titles of files and practices are left out, because they may be hidden later: the sheet is shown
    to whoever sees the project.
    """
    return _Writer(session, row, reader, site).write()


class _Writer:
    def __init__(self, session: Session, row: ProjectRow, reader: Locale, site: str) -> None:
        self.row, self.reader, self.site = row, reader, site
        self.say = reader.gettext
        ids = [m.document_id for one in row.indicators for m in one.measurements if m.document_id]
        self.files = {id: session.get(Document, id) for id in dict.fromkeys(ids)}
        self.bodies = {one.account_id: one.body for one in row.members if one.account_id}
        self.numbers = {id: n for n, id in enumerate(self.files, 1)}

    def write(self) -> MeasurementSheet:
        project = read_project(self.row)
        results = {one.id: said for one in self.row.indicators if (said := self._result(one))}
        budget = tuple(self._budget(project))
        blocks = (
            PaperHeading(self.say(N_("Checked results"))),
            *self._results(results),
            *self._about(project, budget),
            *(block for one in self.row.indicators for block in self._indicator(one)),
            *self._evidence(),
        )
        title = self.say(N_("Measurement sheet: {title}")).format(title=project.title)
        language = self.reader.code
        sha256 = digest_sheet(self.row, (*results.values(), *budget))
        return MeasurementSheet(title, language, blocks, results, budget, self.site, sha256)

    def _about(self, project: Project, budget: tuple[str, ...]) -> Iterator[Block]:
        yield PaperHeading(self.say(N_("Project")))
        yield Bullets(list(self._facts(project)))
        texts = {
            N_("Why it stopped"): (
                project.stopped_because if project.stage is Stage.STOPPED else ""
            ),
            N_("Why"): project.why,
            N_("Kept"): project.kept,
            N_("Changed"): project.changed,
            N_("Left out"): project.left_out,
            N_("Lessons"): project.lessons,
        }
        for heading, text in texts.items():
            if text:
                yield PaperHeading(self.say(heading), 2)
                yield PaperParagraph(text)
        if steps := list(self._steps(project)):
            yield PaperHeading(self.say(N_("Steps")), 2)
            yield Bullets(steps)
        if budget:
            yield PaperHeading(self.say(N_("Budget")), 2)
            yield from map(PaperParagraph, budget)

    def _facts(self, project: Project) -> Iterator[Text]:
        reader = self.reader
        yield self._line(N_("Place"), f"{project.place_name}, {project.region}")
        yield self._line(N_("Stage"), self.say(STAGES[project.stage]))
        days = [reader.date(day) for day in (project.started, project.concluded) if day]
        if days:
            yield self._line(N_("Period"), " – ".join(days))
        for one in list_taking_part(self.row):
            role = f" ({one.role})" if one.role else ""
            yield self._line(PARTS[one.part], f"{one.body}{role}")
        if project.cup:
            yield f"CUP: {project.cup}"
        address = f"{self.site}/projects/{self.row.id}"
        yield (self._line(N_("On the site"), ""), PaperLink(address, address))

    def _line(self, name: str, text: str) -> str:
        label = self.say(name)
        return f"{label[:1].upper()}{label[1:]}: {text}"

    def _steps(self, project: Project) -> Iterator[str]:
        for step in project.steps:
            day, template = "", "{text}"
            if step.done_on:
                day, template = self.reader.date(step.done_on), N_("{text} (done on {day})")
            elif step.due:
                day, template = self.reader.date(step.due), N_("{text} (by {day}, not done)")
            yield self.say(template).format(text=step.text, day=day)

    def _budget(self, project: Project) -> Iterator[str]:
        code = self.reader.code
        for line in project.budget:
            amount = with_unit(number(line.amount, code), "€", code)
            paid = f" ({line.source})" if line.source else ""
            yield f"{label('costs', line.kind.value, code)}: {amount}{paid}."

    def _result(self, one: Indicator) -> str:
        newest = newest_value(one, checked=True)
        if newest is None:
            return ""
        name, _ = text_of(one, self.reader)
        value, day = write_value(one, newest.value, self.reader), newest.period_end
        if one.baseline is None or one.baseline_on is None:
            template = self.say(N_("{indicator}: {value} ({day})."))
            return template.format(indicator=name, value=value, day=self.reader.date(day))
        template = self.say(N_("{indicator}: from {before} ({then}) to {value} ({day})."))
        return template.format(
            indicator=name,
            before=write_value(one, one.baseline, self.reader),
            then=self.reader.date(one.baseline_on),
            value=value,
            day=self.reader.date(day),
        )

    def _results(self, results: Mapping[str, str]) -> Iterator[Block]:
        yield PaperParagraph(
            self.say(
                N_(
                    "Only values that a researcher outside the project has checked against a file"
                    " count as results. The tables below have the others too, marked so."
                )
            )
        )
        yield from map(PaperParagraph, results.values())
        if not results:
            yield PaperParagraph(self.say(N_("No value has been checked.")))

    def _indicator(self, one: Indicator) -> Iterator[Block]:
        text, language = text_of(one, self.reader)
        yield PaperHeading(text, 1, language if language != self.reader.code else "")
        yield Bullets(list(self._terms(one)))
        if not one.measurements:
            yield PaperParagraph(self.say(N_("Not measured.")))
            return
        names = N_("Period"), N_("Value"), N_("Reported by"), N_("State"), N_("File")
        header = [self.say(name) for name in names]
        superseded = find_superseded(one)
        ordered = sorted(one.measurements, key=lambda m: (m.period_end, m.id))
        rows = [self._row(one, m, superseded) for m in ordered]
        yield PaperTable(header, rows, missing="–", widths=(1.1, 1.2, 1.1, 1.6, 0.4))

    def _terms(self, one: Indicator) -> Iterator[str]:
        yield self._line(N_("At the start"), self._at(one, one.baseline, one.baseline_on))
        yield self._line(N_("Target"), self._at(one, one.target, one.target_on))
        for name, text in (
            (N_("How it was measured"), one.baseline_how),
            (N_("Where the values come from"), one.source),
            (N_("Seen to by"), one.owner),
        ):
            if text:
                yield self._line(name, text)
        if one.retired_at:
            yield self.say(N_("no longer measured"))

    def _at(self, one: Indicator, value: float | None, day: date | None) -> str:
        said = write_value(one, value, self.reader) or "–"
        return f"{said} ({self.reader.date(day)})" if day else said

    def _row(self, one: Indicator, m: Measurement, superseded: frozenset[int]) -> list[Text | None]:
        date_of = self.reader.date
        code = self.reader.code
        share = (
            f"({number(m.numerator, code)} / {number(m.denominator, code)})"
            if m.numerator is not None
            else ""
        )
        told = [write_value(one, m.value, self.reader), share, m.note]
        return [
            f"{date_of(m.period_start)} – {date_of(m.period_end)}",
            "\n".join(filter(None, told)) or None,
            self._by(self._reporter(m), m.reported_at),
            self._state(m, superseded),
            f"[{self.numbers[m.document_id]}]" if m.document_id in self.numbers else None,
        ]

    def _state(self, m: Measurement, superseded: frozenset[int]) -> str:
        state = state_of(m, superseded)
        said = self.say(VALUE_STATES[state])
        if not m.checks:
            return said
        check = m.checks[-1]
        lines = [said, f"«{check.note}»" if check.note else ""]
        if state is not MeasurementState.SUPERSEDED:
            lines.insert(1, self._by(self.say(N_("a researcher")), check.checked_at))
        return "\n".join(filter(None, lines))

    def _reporter(self, m: Measurement) -> str:
        """The body for which it was reported."""
        return self.bodies.get(m.reported_by or "") or self.say(N_("a member of the project"))

    def _by(self, name: str, day: datetime) -> str:
        return f"{name}, {self.reader.date(day)}"

    def _evidence(self) -> Iterator[Block]:
        if self.files:
            yield PaperHeading(self.say(N_("Files that show the values")))
            yield Citations([self._file(id, document) for id, document in self.files.items()])

    def _file(self, document_id: str, document: Document | None) -> Text:
        address = f"{self.site}/documents/{document_id}"
        if document is None or document.status is Status.DELETED:
            return self.say(N_("a file that was removed"))
        return PaperLink(address, address)
