"""Drafts of practice cards: create, save while incomplete, discard. Drafts are not searchable.

The functions work in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.accounts.accounts import display_name
from kb.domain import Status, Visibility
from kb.messages import N_, PermanentError
from kb.practices.filled_fields import without_empty
from kb.practices.older_records import upgrade_record
from kb.storage.accounts import Account
from kb.storage.projects import ProjectRow
from kb.storage.revisions import OPEN, PracticeRevision, RevisionState
from kb.storage.tables import Item, PracticeRow, now
from kb.text.slugs import number_until_free, slugify

CHANGEABLE = (RevisionState.DRAFT, RevisionState.RETURNED)
TAKEN_BY_PAGES = {"new", "map", "feed", "references"}
"""Path segments under ``/practices`` that cannot be ids."""


class EditConflict(PermanentError):
    """The draft was saved by someone else since it was opened; ``revision`` is their version."""

    def __init__(self, revision: PracticeRevision) -> None:
        name = revision.contributors[-1]["name"] if revision.contributors else ""
        super().__init__(
            N_("{name} saved this draft while you were writing: yours is not saved yet."), name=name
        )
        self.revision = revision


def begin_draft(session: Session, access: Access, title: str) -> PracticeRevision:
    """Create a draft of a new practice.

    Raises:
        PermanentError: the title is empty.
    """
    title = title.strip()[:200]
    if not title:
        raise PermanentError(N_("Give the practice a title: it can be changed later."))
    practice_id = _free_id(session, title)
    return _add_revision(session, access, practice_id, 1, {"title": title}, Visibility.PUBLIC)


def revise_practice(session: Session, access: Access, practice_id: str) -> PracticeRevision:
    """The open revision of a practice, created from the published one if there is none.

    Raises:
        PermanentError: there is no such practice.
    """
    if begun := open_revision(session, practice_id):
        return begun
    known = list_revisions(session, practice_id) or [snapshot(session, practice_id)]
    newest = known[0]
    known_fields = without_empty(upgrade_record(newest.record))
    record = {name: value for name, value in known_fields.items() if name != "id"}
    number = newest.number + 1
    return _add_revision(session, access, practice_id, number, record, newest.visibility)


def snapshot(session: Session, practice_id: str) -> PracticeRevision:
    """Store the corpus's version of a card as its first revision, before it is changed here.

    Raises:
        PermanentError: there is no such practice.
    """
    row = session.get(PracticeRow, practice_id)
    if row is None or row.status is Status.DELETED:
        raise PermanentError(N_("There is no practice “{id}”."), id=practice_id)
    revision = PracticeRevision(
        practice_id=practice_id,
        number=1,
        state=RevisionState.PUBLISHED,
        record=row.record,
        visibility=row.visibility,
        created_at=row.created_at,
        updated_at=row.created_at,
        decided_at=row.created_at,
    )
    session.add(revision)
    session.flush()
    return revision


def save_draft(
    session: Session,
    access: Access,
    revision_id: str,
    version: int,
    record: dict[str, Any],
    visibility: Visibility | None = None,
) -> PracticeRevision:
    """Save a draft, complete or not. ``version``: number of the version that was edited.

    Raises:
        EditConflict: there is a newer version.
        PermanentError: there is no such draft, or it cannot be changed now.
    """
    revision = require_editable(session, revision_id)
    if revision.version != version:
        session.expunge(revision)
        raise EditConflict(revision)
    wanted = visibility or revision.visibility
    is_same = without_empty(revision.record) == without_empty(record)
    if is_same and revision.visibility is wanted:
        return revision
    revision.record, revision.visibility = record, wanted
    revision.version += 1
    revision.updated_at = now()
    me = _author_fields(session, access)
    others = [one for one in revision.contributors if one["id"] != me["id"]]
    revision.contributors = [*others, me]
    if revision.number == 1:
        before = revision.practice_id
        revision.practice_id = _free_id(session, str(record.get("title", "")), revision)
        _tell_project(session, before, revision.practice_id)
    return revision


def discard_draft(session: Session, access: Access, revision_id: str) -> None:
    """Delete a draft. A card without other revisions is again managed by the corpus.

    Raises:
        PermanentError: there is no such draft, or it cannot be changed now.
    """
    revision = require_editable(session, revision_id)
    session.delete(revision)
    session.flush()
    rest = list_revisions(session, revision.practice_id)
    if len(rest) == 1 and rest[0].state is RevisionState.PUBLISHED and not rest[0].contributors:
        session.delete(rest[0])
    if not rest:
        _tell_project(session, revision.practice_id, None)
    audit.record_event(session, access, "draft.delete", revision.practice_id)


def list_revisions(session: Session, practice_id: str) -> list[PracticeRevision]:
    """All revisions of a practice, newest first."""
    return list(
        session.scalars(
            select(PracticeRevision)
            .where(PracticeRevision.practice_id == practice_id)
            .order_by(PracticeRevision.number.desc())
        )
    )


def open_revision(session: Session, practice_id: str) -> PracticeRevision | None:
    """The revision that is a draft, under review or returned; or None."""
    newest = next(iter(list_revisions(session, practice_id)), None)
    return newest if newest is not None and newest.state in OPEN else None


def list_unfinished(session: Session, *states: RevisionState) -> Sequence[PracticeRevision]:
    """Open revisions in these states, last changed first."""
    return session.scalars(
        select(PracticeRevision)
        .where(PracticeRevision.state.in_(states or OPEN))
        .order_by(PracticeRevision.updated_at.desc())
    ).all()


def require_editable(session: Session, revision_id: str) -> PracticeRevision:
    """The draft. Raises PermanentError if there is none, or it cannot be changed now."""
    revision = session.get(PracticeRevision, revision_id, with_for_update=True)
    if revision is None:
        raise PermanentError(N_("This draft is not here any more: it was deleted."))
    if revision.state is RevisionState.REVIEW:
        raise PermanentError(N_("This card is under review: take it back to change it."))
    if revision.state not in CHANGEABLE:
        raise PermanentError(N_("This version was published: start a new one to change the card."))
    return revision


def _add_revision(
    session: Session,
    access: Access,
    practice_id: str,
    number: int,
    record: dict[str, Any],
    visibility: Visibility,
) -> PracticeRevision:
    me = _author_fields(session, access)
    revision = PracticeRevision(
        practice_id=practice_id,
        number=number,
        record=record,
        visibility=visibility,
        author_id=me["id"],
        author_name=me["name"],
        contributors=[me],
    )
    session.add(revision)
    try:
        session.flush()
    except IntegrityError as error:
        raise PermanentError(
            N_("Another draft of this practice has just been started: open that one.")
        ) from error
    audit.record_event(session, access, "draft.create", practice_id, number=number)
    return revision


def _tell_project(session: Session, card_id: str, new_id: str | None) -> None:
    """Keep the card of the project that it was made of, if it was, when its id changes or ends."""
    if card_id != new_id:
        for project in session.scalars(select(ProjectRow).where(ProjectRow.card_id == card_id)):
            project.card_id = new_id


def _author_fields(session: Session, access: Access) -> dict[str, Any]:
    account = session.get(Account, access.account_id) if access.account_id else None
    return {"id": access.account_id, "name": display_name(account)}


def name_of(session: Session, access: Access) -> str:
    return str(_author_fields(session, access)["name"])


def _free_id(session: Session, title: str, own: PracticeRevision | None = None) -> str:
    """An unused id derived from the title."""
    wanted = slugify(title) or "practice"
    taken = {
        *TAKEN_BY_PAGES,
        *session.scalars(select(Item.id).where(_starts_with(Item.id, wanted))),
    }
    column = PracticeRevision.practice_id
    others = select(column).where(_starts_with(column, wanted))
    if own is not None:
        others = others.where(PracticeRevision.id != own.id)
    taken |= set(session.scalars(others))
    return number_until_free(wanted, taken)


def _starts_with(column: Any, beginning: str) -> Any:
    return func.substr(column, 1, len(beginning)) == beginning
