"""From draft to published: every rule checked, approved by a second person, or sent back.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.messages import N_, Message, PermanentError
from kb.practices.drafts import list_revisions, name_of, require_editable, snapshot
from kb.practices.figure_rules import figure_rules
from kb.practices.practice import Practice, find_broken_rules
from kb.practices.publishing import publish_practice, unpublish_practice
from kb.practices.quotations import misquoted
from kb.practices.validation import Finding, validate_record
from kb.storage.revisions import PracticeRevision, RevisionState
from kb.storage.tables import now


class NotReady(PermanentError):
    """The card breaks rules; ``findings`` names each at its field."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(N_("The card is not complete yet: see the fields that are marked."))
        self.findings = findings


def check_draft(
    session: Session, revision: PracticeRevision
) -> tuple[Practice | None, list[Finding]]:
    """The practice that a revision would be, or None with all that keeps it from being one."""
    values = {"place": {}, **_filled(revision.record), "id": revision.practice_id}
    practice, findings = validate_record(Practice, values, find_broken_rules, figure_rules)
    findings += [*_unsaid(values), *misquoted(session, values)]
    return (None if findings else practice), findings


def _unsaid(values: dict[str, Any]) -> Iterator[Finding]:
    """Results that leave open what kind of number they are: nobody calls a target measured by
    saying nothing."""
    for n, result in enumerate(values.get("results", ())):
        if not result.get("nature"):
            message = Message(N_("Say whether this was measured, estimated, expected or aimed at."))
            yield Finding(("results", n, "nature"), message)


def submit_draft(session: Session, access: Access, revision_id: str) -> PracticeRevision:
    """Ask for a review.

    Raises:
        NotReady: the card breaks rules.
        PermanentError: there is no such draft, or it cannot be changed now.
    """
    revision = require_editable(session, revision_id)
    _, findings = check_draft(session, revision)
    if findings:
        raise NotReady(findings)
    revision.record = _filled(revision.record)
    revision.state = RevisionState.REVIEW
    audit.record_event(
        session, access, "practice.submit", revision.practice_id, number=revision.number
    )
    return revision


def recall_draft(session: Session, access: Access, revision_id: str) -> PracticeRevision:
    """Take a card back from review, to change it."""
    revision = _under_review(session, revision_id)
    revision.state = RevisionState.DRAFT
    audit.record_event(
        session, access, "practice.recall", revision.practice_id, number=revision.number
    )
    return revision


def may_decide(revision: PracticeRevision, access: Access) -> bool:
    """Whether this person had no hand in the text."""
    return all(one["id"] != access.account_id for one in revision.contributors)


def approve_draft(
    session: Session, access: Access, revision_id: str, version: int
) -> PracticeRevision:
    """Publish a card, in the ``version`` that the reviewer has read.

    Raises:
        NotReady: it has come to break a rule since it was submitted.
        PermanentError: it is not under review, was changed since, or is the reviewer's own.
    """
    revision = _under_review(session, revision_id, version)
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
    """Return a card to its author.

    Raises:
        PermanentError: it is not under review, was changed since, or no reason is given.
    """
    revision = _under_review(session, revision_id, version)
    _decide(session, access, revision, RevisionState.RETURNED, _reason(note))
    return revision


def withdraw_practice(
    session: Session, access: Access, practice_id: str, note: str
) -> PracticeRevision:
    """Take a published practice out of the base; its revisions stay.

    Raises:
        PermanentError: there is no such practice, or no reason is given.
    """
    reason = _reason(note)
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
    action = f"practice.{state.value}"
    audit.record_event(session, access, action, revision.practice_id, number=revision.number)


def _under_review(
    session: Session, revision_id: str, version: int | None = None
) -> PracticeRevision:
    revision = session.get(PracticeRevision, revision_id, with_for_update=True)
    if revision is None or revision.state is not RevisionState.REVIEW:
        raise PermanentError(N_("This card is no longer under review."))
    if version is not None and revision.version != version:
        raise PermanentError(N_("This card was changed since you opened it: read it again."))
    return revision


def _reason(note: str) -> str:
    if not note.strip():
        raise PermanentError(N_("Say why: the author needs to know."))
    return note.strip()


def _filled(record: dict[str, Any]) -> dict[str, Any]:
    """Without what was left empty, groups that were added and never filled included."""
    full = {
        name: [one for one in value if one] if isinstance(value, list) else value
        for name, value in record.items()
    }
    return {name: value for name, value in full.items() if value not in (None, "", [], {})}
