"""Review of practice cards: check, submit, approve by a second person, return, withdraw.

The functions work in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.messages import N_, Message, PermanentError
from kb.practices.checks.card import check_card
from kb.practices.drafts import list_revisions, name_of, require_editable, snapshot
from kb.practices.older_records import upgrade_record
from kb.practices.practice import Practice, find_broken_rules
from kb.practices.publishing import publish_practice, unpublish_practice
from kb.practices.quotations import find_misquoted
from kb.practices.validation import Finding, Severity, validate_record
from kb.practices.written_rules import written_rules
from kb.storage.revisions import PracticeRevision, RevisionState
from kb.storage.tables import now


class NotReady(PermanentError):
    """The card breaks rules; ``findings`` has each with its field."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(N_("The card is not complete yet: see the fields that are marked."))
        self.findings = findings


def check_draft(
    session: Session, revision: PracticeRevision, today: date | None = None
) -> tuple[Practice | None, list[Finding]]:
    """The practice of a revision, or None with the findings that prevent publication."""
    values = {"place": {}, **_drop_empty(revision.record), "id": revision.practice_id}
    practice, findings = validate_record(Practice, values, find_broken_rules, written_rules)
    findings += [*_find_missing_nature(values), *find_misquoted(session, values)]
    findings += [one for one in advise(values, today) if one.severity is Severity.ERROR]
    return (None if findings else practice), findings


def advise(record: Mapping[str, Any], today: date | None = None) -> list[Finding]:
    """What should be mended in a record as far as it is filled in: errors and warnings."""
    values = {"place": {}, **_drop_empty(upgrade_record(record))}
    return check_card(values, today or date.today())


def _find_missing_nature(values: dict[str, Any]) -> Iterator[Finding]:
    """Results without a ``nature``, which would otherwise silently count as measured."""
    for n, result in enumerate(values.get("results", ())):
        if not result.get("nature"):
            message = Message(N_("Say whether this was measured, estimated, expected or aimed at."))
            yield Finding(("results", n, "nature"), message)


def submit_draft(session: Session, access: Access, revision_id: str) -> PracticeRevision:
    """Submit a draft for review.

    Raises:
        NotReady: the card breaks rules.
        PermanentError: there is no such draft, or it cannot be changed now.
    """
    revision = require_editable(session, revision_id)
    _, findings = check_draft(session, revision)
    if findings:
        raise NotReady(findings)
    revision.record = _drop_empty(revision.record)
    revision.state = RevisionState.REVIEW
    audit.record_event(
        session, access, "practice.submit", revision.practice_id, number=revision.number
    )
    return revision


def recall_draft(session: Session, access: Access, revision_id: str) -> PracticeRevision:
    """Take a card back from review in order to change it."""
    revision = _require_under_review(session, revision_id)
    revision.state = RevisionState.DRAFT
    audit.record_event(
        session, access, "practice.recall", revision.practice_id, number=revision.number
    )
    return revision


def may_decide(revision: PracticeRevision, access: Access) -> bool:
    """Whether the caller may approve: did not contribute to the text."""
    return all(one["id"] != access.account_id for one in revision.contributors)


def approve_draft(
    session: Session, access: Access, revision_id: str, version: int
) -> PracticeRevision:
    """Publish a card in the ``version`` that was reviewed.

    Raises:
        NotReady: it breaks a rule by now.
        PermanentError: it is not under review, was changed since, or is the reviewer's own.
    """
    revision = _require_under_review(session, revision_id, version)
    if not may_decide(revision, access):
        raise PermanentError(N_("A card is approved by somebody who did not write it."))
    practice, findings = check_draft(session, revision)
    if practice is None:
        raise NotReady(findings)
    publish_practice(session, practice, revision.visibility)
    revision.record = practice.model_dump(mode="json")
    _decide(session, access, revision, RevisionState.PUBLISHED, "")
    return revision


def send_back_draft(
    session: Session, access: Access, revision_id: str, version: int, note: str
) -> PracticeRevision:
    """Return a card to its author with a note.

    Raises:
        PermanentError: it is not under review, was changed since, or the note is empty.
    """
    revision = _require_under_review(session, revision_id, version)
    _decide(session, access, revision, RevisionState.RETURNED, _require_reason(note))
    return revision


def withdraw_practice(
    session: Session, access: Access, practice_id: str, note: str
) -> PracticeRevision:
    """Remove a published practice from the base; its revisions are kept.

    Raises:
        PermanentError: there is no such practice, or the note is empty.
    """
    reason = _require_reason(note)
    published = [
        one for one in list_revisions(session, practice_id) if one.state is RevisionState.PUBLISHED
    ]
    revision = published[0] if published else snapshot(session, practice_id)
    unpublish_practice(session, practice_id)
    _decide(session, access, revision, RevisionState.WITHDRAWN, reason)
    return revision


def _decide(
    session: Session, access: Access, revision: PracticeRevision, state: RevisionState, note: str
) -> None:
    revision.state, revision.note = state, note
    revision.reviewer_id = access.account_id
    revision.reviewer_name = name_of(session, access)
    revision.decided_at = now()
    audit.record_event(
        session,
        access,
        f"practice.{state.value}",
        revision.practice_id,
        number=revision.number,
    )


def _require_under_review(
    session: Session, revision_id: str, version: int | None = None
) -> PracticeRevision:
    revision = session.get(PracticeRevision, revision_id, with_for_update=True)
    if revision is None or revision.state is not RevisionState.REVIEW:
        raise PermanentError(N_("This card is no longer under review."))
    if version is not None and revision.version != version:
        raise PermanentError(N_("This card was changed since you opened it: read it again."))
    return revision


def _require_reason(note: str) -> str:
    if not note.strip():
        raise PermanentError(N_("Say why: the author needs to know."))
    return note.strip()


def _drop_empty(record: dict[str, Any]) -> dict[str, Any]:
    """The record without empty fields and without groups that were never filled in."""
    full = {
        name: [one for one in value if one] if isinstance(value, list) else value
        for name, value in record.items()
    }
    return {name: value for name, value in full.items() if value not in (None, "", [], {})}
