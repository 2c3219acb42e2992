"""Make the draft of a practice card of a project that ended, from its frozen measurement sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.accounts import audit
from kb.domain import Status
from kb.messages import N_, PermanentError
from kb.practices.drafts import (
    CHANGEABLE,
    begin_draft,
    list_revisions,
    revise_practice,
    save_draft,
)
from kb.practices.filled_fields import without_empty
from kb.practices.known_values import fill_known_values
from kb.practices.practice import Practice
from kb.practices.quotations import add_source
from kb.projects import parts
from kb.projects.card_fields import SheetQuotes, fill_card
from kb.projects.card_updates import TakenQuotes, note_quotes, update_card
from kb.projects.project import ENDED
from kb.projects.writing import read_project
from kb.storage.projects import ProjectRow
from kb.storage.revisions import PracticeRevision, RevisionState
from kb.storage.tables import Document, PracticeRow


@dataclass(frozen=True)
class FrozenSheet:
    """The document that holds the sheet and what is quoted from it. ``today``: the day on which it
    was read."""

    document: Document
    quotes: SheetQuotes
    today: date


def may_make_card(row: ProjectRow, access: Access) -> bool:
    """Whether the caller may make a card of the project once it ended: its lead, researchers."""
    return access.account_id is not None and (
        parts.may_lead(row, access) or access.may(Right.PRACTICES)
    )


def require_card_maker(row: ProjectRow, access: Access) -> None:
    """Raises PermanentError if the caller may not, or the project has not ended."""
    if not may_make_card(row, access):
        raise PermanentError(
            N_("Only the lead of the project and researchers can make a card of it.")
        )
    if row.stage not in ENDED:
        raise PermanentError(
            N_("A project becomes a card when it is concluded and measured, or when it stopped.")
        )


def make_card(
    session: Session, access: Access, row: ProjectRow, sheet: FrozenSheet
) -> PracticeRevision:
    """The draft of the project's card, begun if there is none yet.

    A draft that is being written takes over what the sheet says; one under review and a card that
    was withdrawn are left as they are. Of a published card a new version is begun if the sheet says
    something else than the card. The caller has locked the project.

    Raises:
        PermanentError: the caller may not, or the project has not ended.
    """
    require_card_maker(row, access)
    known = list_revisions(session, row.card_id) if row.card_id else []
    if not known:
        return _begin(session, access, row, sheet)
    newest = known[0]
    if newest.state in (RevisionState.REVIEW, RevisionState.WITHDRAWN):
        return newest
    taken = TakenQuotes.of_project(row, {one.id for one in known})
    record = _take_sheet(newest.record, row, sheet, taken)
    if without_empty(record) == without_empty(newest.record):
        return newest
    if newest.state not in CHANGEABLE:
        newest = revise_practice(session, access, newest.practice_id)
        record = _take_sheet(newest.record, row, sheet, taken)
    save_draft(session, access, newest.id, newest.version, record)
    note_quotes(row, newest.id, sheet.quotes)
    return newest


def _begin(
    session: Session, access: Access, row: ProjectRow, sheet: FrozenSheet
) -> PracticeRevision:
    project = read_project(row)
    sources, source_id = add_source([], sheet.document, sheet.today)
    record = {"sources": sources, **fill_card(row, project, source_id, sheet.quotes)}
    record |= _classes_of(session, access, project.practice_ids)
    record = fill_known_values(session, access, record, {})
    draft = begin_draft(session, access, project.title)
    save_draft(session, access, draft.id, draft.version, record, row.visibility)
    row.card_id = draft.practice_id
    note_quotes(row, draft.id, sheet.quotes)
    session.flush()
    audit.record_event(session, access, "project.card", row.id, title=row.title)
    return draft


def _take_sheet(
    record: dict[str, Any], row: ProjectRow, sheet: FrozenSheet, taken: TakenQuotes
) -> dict[str, Any]:
    sources, source_id = add_source(record.get("sources", []), sheet.document, sheet.today)
    updated = update_card(record, row, source_id, sheet.quotes, taken)
    return {**updated, "sources": sources}


def _classes_of(
    session: Session, access: Access, practice_ids: tuple[str, ...]
) -> dict[str, list[str]]:
    """What the practices taken up are classified by, of those that the caller may see."""
    found: dict[str, list[str]] = {}
    for practice_id in practice_ids:
        row = session.get(PracticeRow, practice_id)
        if row is None or row.status is Status.DELETED or row.visibility not in access.visibilities:
            continue
        practice = Practice.model_validate(row.record)
        for name in ("sectors", "sdgs", "cofog"):
            found[name] = list(dict.fromkeys([*found.get(name, ()), *getattr(practice, name)]))
        found.setdefault("strand", practice.strand)  # type: ignore[arg-type]  # an empty one is left out
    return {name: value for name, value in found.items() if value}
