"""What the page of a step shows: its fields, the state of all steps, and what is offered to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.places import municipalities
from kb.practices import review
from kb.practices.filled_fields import without_empty
from kb.practices.known_values import explain_values
from kb.practices.older_records import upgrade_record
from kb.practices.terms import StoryPart
from kb.practices.validation import Finding, Severity
from kb.storage.revisions import PracticeRevision
from kb.storage.tables import Document, PracticeRow
from web.forms.card_complaints import MISSING, StepState, check_steps
from web.forms.card_filling import FilledSection, fill_form, in_form_words
from web.forms.card_steps import STEPS, CardStep, next_step
from web.forms.draft import DraftForm
from web.presenters.found_figures import OfferingDocument, find_documents, offer_figures
from web.rendering.i18n import Locale

FOUND_PLACES = 10


@dataclass(frozen=True)
class StepView:
    """State of the page. ``at`` is the id of the element to focus; ``find`` searches for a place
    or a document."""

    at: str = ""
    find: str = ""


@dataclass(frozen=True)
class Offers:
    """What can be taken over with one click: places, documents, figures of documents."""

    places: Sequence[municipalities.Place] = ()
    total_places: int = 0
    documents: Sequence[Document] = ()
    figures: Sequence[OfferingDocument] = ()
    figures_for: str = ""
    """``result`` or ``cost``: what a figure becomes."""


@dataclass(frozen=True)
class StepPage:
    """``number``: of the step, from 1. ``print``: fingerprint of what the step shows."""

    step: CardStep
    number: int
    sections: tuple[FilledSection, ...]
    states: tuple[StepState, ...]
    before: CardStep | None
    after: CardStep | None
    print: str
    story_words: int
    offers: Offers

    @property
    def to_mend(self) -> int:
        return sum(len(state.errors) for state in self.states)


def check_record(session: Session, record: dict[str, Any], practice_id: str) -> list[Finding]:
    """All that keeps the record from being published, and what is worth a look in it."""
    revision = PracticeRevision(record=record, practice_id=practice_id or "practice")
    _, findings = review.check_draft(session, revision)
    warnings = [one for one in review.advise(record) if one.severity is Severity.WARNING]
    return [*findings, *warnings]


def published_record(session: Session, practice_id: str) -> dict[str, Any]:
    """What the record of the practice says that readers see; empty if there is none."""
    row = session.get(PracticeRow, practice_id) if practice_id else None
    published: dict[str, Any] = without_empty(upgrade_record(row.record)) if row else {}
    return published


def build_step_page(
    session: Session,
    access: Access,
    filled: DraftForm,
    step: CardStep,
    shown: StepView,
    reader: Locale,
) -> StepPage:
    """What is missing is told at its field only where a link leads to one (``shown.at``): who
    comes to an empty step is not told of every field of it."""
    record = filled.record
    findings = check_record(session, record, filled.practice_id)
    told = findings if shown.at else [one for one in findings if not _is_missing(one)]
    published = published_record(session, filled.practice_id)
    derived = explain_values(session, access, record, published)
    return StepPage(
        step,
        STEPS.index(step) + 1,
        fill_form(record, reader, told, step.sections, derived),
        check_steps(record, reader, findings),
        next_step(step, -1),
        next_step(step),
        filled.print_of(step),
        _count_story_words(record),
        _find_offers(session, access, record, step, shown, reader),
    )


def _is_missing(finding: Finding) -> bool:
    return in_form_words(finding.message).template in MISSING


def _count_story_words(record: Mapping[str, Any]) -> int:
    return sum(len(str(record.get(part.value) or "").split()) for part in StoryPart)


def _find_offers(
    session: Session,
    access: Access,
    record: Mapping[str, Any],
    step: CardStep,
    shown: StepView,
    reader: Locale,
) -> Offers:
    match step.id:
        case "what" if shown.find:
            places = municipalities.search(shown.find)
            return Offers(places=places[:FOUND_PLACES], total_places=len(places))
        case "sources":
            return Offers(documents=find_documents(session, access, record, shown.find))
        case "results" | "costs":
            figures = offer_figures(session, access, record, step.id, reader)
            return Offers(figures=figures, figures_for=step.id.removesuffix("s"))
    return Offers()
