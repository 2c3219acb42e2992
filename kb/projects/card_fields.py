"""The fields of a practice card that a project fills in. Cards are Italian."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kb.domain import CARD_LANGUAGE
from kb.practices.rules import SUMMARY_WORDS
from kb.practices.terms import Better, EvidenceLevel, Nature, Outcome, PracticeStatus
from kb.projects.parts import list_present
from kb.projects.progress import ProgressState, measure_progress
from kb.projects.project import Project
from kb.projects.values import list_checked, newest_value
from kb.storage.projects import Indicator, Measurement, MemberPart, ProjectRow, Stage
from kb.text.sentences import sentences
from kb.vocabulary.vocabularies import label

PARTS = {
    MemberPart.LEAD: "capofila",
    MemberPart.PARTNER: "partner",
    MemberPart.OBSERVER: "osservatore",
}
PUBLIC_BODY = re.compile(
    r"(comune|unione|provincia|città metropolitana|comunità montana)\b", re.IGNORECASE
)
NO_RESULT = "Nessun valore è stato verificato da un ricercatore esterno al progetto."
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class SheetQuote:
    """Words of the measurement sheet and the page on which they stand; no page if unknown."""

    words: str
    page: int | None = None

    def fields(self, source_id: str) -> dict[str, Any]:
        page = {"page": str(self.page)} if self.page else {}
        return {"source": source_id, "quote": self.words, **page}


@dataclass(frozen=True)
class SheetQuotes:
    """What a card quotes from the sheet: ``results`` by the id of the indicator, ``budget`` in the
    order of its lines."""

    results: Mapping[str, SheetQuote] = field(default_factory=dict)
    budget: Sequence[SheetQuote] = ()


def fill_card(
    row: ProjectRow, project: Project, source_id: str, quotes: SheetQuotes
) -> dict[str, Any]:
    """Fields of a ``Practice`` without its sources. What the project does not tell stays empty."""
    results = list(list_results(row, source_id, quotes).values())
    record = {
        "title": project.title,
        "summary": shorten(project.why, SUMMARY_WORDS),
        "place": {"istat_code": project.municipality},
        "start": _first_year(row, project),
        "end": project.concluded.year if project.concluded else None,
        "status": (
            PracticeStatus.STOPPED if project.stage is Stage.STOPPED else PracticeStatus.CONCLUDED
        ).value,
        "outcome": guess_outcome(row),
        "themes": list(project.themes),
        "actors": list(_actors(row)),
        "contact": list(_contact(project)),
        "results": results,
        "results_note": "" if results else NO_RESULT,
        "costs": list(list_costs(project, source_id, quotes)),
        "cost_not_reported": not project.budget,
        "adopted_by": list(_adoptions(row, source_id)),
        **_story(row, project),
    }
    return {name: value for name, value in record.items() if value not in (None, "", [])}


def list_results(row: ProjectRow, source_id: str, quotes: SheetQuotes) -> dict[str, dict[str, Any]]:
    """A result for each indicator with a checked value, by its id: the newest, and the baseline."""
    found = {}
    for indicator in row.indicators:
        newest = newest_value(indicator, checked=True)
        if newest is not None and indicator.id in quotes.results:
            quoted = quotes.results[indicator.id].fields(source_id)
            found[indicator.id] = _result(indicator, newest) | quoted
    return found


def list_costs(project: Project, source_id: str, quotes: SheetQuotes) -> Iterator[dict[str, Any]]:
    """A cost for each line of the budget."""
    for line, quote in zip(project.budget, quotes.budget, strict=False):
        yield {
            "kind": line.kind.value,
            "text": line.source or label("costs", line.kind.value, CARD_LANGUAGE),
            "amount": line.amount,
            "currency": "EUR",
            "evidence": EvidenceLevel.PRIMARY.value,
            **quote.fields(source_id),
        }


def guess_outcome(row: ProjectRow) -> str:
    """What the checked values say together; empty without any that can be judged."""
    judged = {one for indicator in row.indicators if (one := _judge(indicator))}
    if not judged:
        return ""
    return (judged.pop() if len(judged) == 1 else Outcome.MIXED).value


def shorten(text: str, words: int) -> str:
    """The first sentences that have together at most so many words; empty if there are none."""
    taken: list[str] = []
    for start, end in sentences(text):
        if len(" ".join([*taken, text[start:end]]).split()) > words:
            break
        taken.append(" ".join(text[start:end].split()))
    return " ".join(taken)


def _judge(indicator: Indicator) -> Outcome | None:
    newest = newest_value(indicator, checked=True)
    if newest is None or newest.value is None or indicator.baseline is None:
        return None
    if newest.value == indicator.baseline:
        return Outcome.NULL
    progress = measure_progress(indicator.baseline, indicator.target, newest.value)
    if progress.state is ProgressState.AWAY:
        return Outcome.NEGATIVE
    if progress.state is not ProgressState.UNDEFINED:
        return Outcome.POSITIVE
    sign = {Better.HIGHER.value: 1, Better.LOWER.value: -1}.get(indicator.better, 0)
    change = sign * (newest.value - indicator.baseline)
    if not change:
        return None
    return Outcome.POSITIVE if change > 0 else Outcome.NEGATIVE


def _result(indicator: Indicator, newest: Measurement) -> dict[str, Any]:
    values = {
        "indicator": indicator.text,
        "indicator_en": indicator.text_en,
        "value": newest.value,
        "unit": indicator.unit,
        "unit_en": indicator.unit_en or indicator.unit,
        "baseline": indicator.baseline,
        "baseline_year": indicator.baseline_on.year if indicator.baseline_on else None,
        "year": newest.period_end.year,
        "measure": indicator.measure,
        "measured_by": newest.reporter,
        "method": indicator.baseline_how,
        "nature": Nature.MEASURED.value,
        "better": indicator.better,
        "evidence": EvidenceLevel.PRIMARY.value,
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def _first_year(row: ProjectRow, project: Project) -> int | None:
    if project.started:
        return project.started.year
    days = [m.period_start for one in row.indicators for m in list_checked(one)]
    first = min(days, default=project.concluded)
    return first.year if first else None


def _actors(row: ProjectRow) -> Iterator[dict[str, str]]:
    for one in list_present(row):
        if one.account_id is None or one.joined_at:
            yield {"name": one.body, "role": f"{PARTS[one.part]}: {one.role}".rstrip(": ")[:200]}


def _contact(project: Project) -> Iterator[dict[str, str]]:
    if project.contact:
        email, url = _EMAIL.search(project.contact), _URL.search(project.contact)
        found = {"email": email and email.group(), "url": url and url.group()}
        yield {"office": project.contact, **{k: v for k, v in found.items() if v}}


def _adoptions(row: ProjectRow, source_id: str) -> Iterator[dict[str, Any]]:
    """Public bodies that took the practice up together with the lead."""
    for one in list_present(row):
        took_part = one.account_id is None or one.joined_at
        if one.part is MemberPart.PARTNER and took_part and PUBLIC_BODY.match(one.body):
            entry = {"name": one.body, "country": "IT", "source": source_id, "note": one.role}
            yield {name: value for name, value in entry.items() if value}


def _story(row: ProjectRow, project: Project) -> dict[str, str]:
    done = [f"- {one.text}" for one in project.steps if one.done_on]
    present = [f"- {one.text} {one.note}".strip() for one in project.findings if one.present]
    absent = [f"- Mancava: {one.text} {one.note}".strip() for one in project.findings
              if not one.present]  # fmt: skip
    bodies = [f"- {one['name']}: {one['role']}" for one in _actors(row)]
    stopped = project.stopped_because if project.stage is Stage.STOPPED else ""
    return {
        "problem": project.why,
        "solution": _paragraphs(
            project.kept and f"Tenuto: {project.kept}",
            project.changed and f"Cambiato: {project.changed}",
            "\n".join(done),
        ),
        "resources": "\n".join(bodies),
        "conditions": "\n".join([*present, *absent]),
        "limits": _paragraphs(
            stopped and f"Il progetto si è fermato: {stopped}",
            project.left_out and f"Lasciato: {project.left_out}",
        ),
        "lessons": project.lessons,
    }


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
