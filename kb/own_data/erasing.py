"""Erase an account and keep true what is public: rows that others need stay, under a neutral word
instead of the name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, or_, select, union, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from kb.access import Access
from kb.accounts.accounts import display_name, require_other_admin
from kb.domain import Status
from kb.network.profiles import delete_profile, lock_own
from kb.practices.taken_up import name_practices
from kb.projects.texts import build_sections
from kb.projects.writing import read_project, refresh
from kb.storage.accounts import Account, AuditEntry
from kb.storage.collections import Enrolment
from kb.storage.locks import locked_item
from kb.storage.network import BoardLine, ContactRequest
from kb.storage.paths import PathRecord
from kb.storage.periodical import Issue
from kb.storage.pictures import EventPhotograph, PracticePicture
from kb.storage.projects import Indicator, Measurement, MeasurementCheck, ProjectMember, ProjectRow
from kb.storage.revisions import PracticeRevision
from kb.storage.site import SitePageVersion
from kb.storage.tables import now

NOBODY = "persona cancellata"
"""Stands where the name stood."""
SIGNED: tuple[tuple[InstrumentedAttribute[Any], InstrumentedAttribute[str]], ...] = (
    (AuditEntry.account_id, AuditEntry.account_name),
    (PracticeRevision.author_id, PracticeRevision.author_name),
    (PracticeRevision.reviewer_id, PracticeRevision.reviewer_name),
    (MeasurementCheck.checked_by, MeasurementCheck.checker),
    (BoardLine.account_id, BoardLine.signed_by),
    (SitePageVersion.account_id, SitePageVersion.written_by),
    (Issue.approved_by, Issue.approver),
    (PracticePicture.added_by, PracticePicture.added_name),
    (EventPhotograph.added_by, EventPhotograph.added_name),
)
"""Who signed, and under which name."""
NAMED: tuple[tuple[InstrumentedAttribute[Any], InstrumentedAttribute[str]], ...] = (
    (ProjectMember.account_id, ProjectMember.body),
    (Measurement.reported_by, Measurement.reporter),
    (Indicator.owner_id, Indicator.owner),
)
"""Where a person may have written the own name instead of a body's."""
IN_PROJECTS = ("lead_body", "contact", "signed_by_board")
"""The same in the record of a project."""


def erase_account(session: Session, access: Access, account: Account) -> None:
    """Erase the account with all that is only its own: profile, worksheets, questions, judgements,
    sessions, tokens, texts of requests, records of training.

    What belongs to a mail address alone (enrolments, subscriptions) stays: nobody has proved that
    the address of an account is its owner's, and their mails have links of their own.

    Measurements, checks, revisions, lines of the board and the log stay, without the name. It
    leaves its projects; one that has no other lead is left to the administrators.

    Raises:
        PermanentError: it is the last administrator.
    """
    require_other_admin(session, account)
    names = {account.name, account.full_name, display_name(account)} - {""}
    projects = _lock_projects(session, account)
    _erase_requests(session, access, account)
    _replace_signatures(session, account.id, names)
    for project in projects:
        _replace_in_project(project, names)
    _replace_in_records(session, account.id, names)
    session.execute(
        update(ProjectMember)
        .where(ProjectMember.account_id == account.id, ProjectMember.left_at.is_(None))
        .values(left_at=now())
    )
    session.execute(delete(PathRecord).where(PathRecord.account_id == account.id))
    session.execute(
        update(Enrolment).where(Enrolment.account_id == account.id).values(account_id=None)
    )
    session.add(
        AuditEntry(
            account_id=account.id,
            account_name=NOBODY,
            action="account.erase",
            subject_id=account.id,
            details={},
        )
    )
    session.flush()
    session.execute(delete(Account).where(Account.id == account.id))
    session.expire_all()
    for project in projects:
        if project.status is Status.DELETED:
            sections = build_sections(project, read_project(project))
            project.sections = name_practices(sections, project)
        else:
            refresh(session, project)


def _lock_projects(session: Session, account: Account) -> list[ProjectRow]:
    """Those in which the account takes or took part, or reported or checked a value, locked until
    the transaction ends."""
    took_part = select(ProjectMember.project_id).where(ProjectMember.account_id == account.id)
    measured = (
        select(Indicator.project_id)
        .join(Measurement, Measurement.indicator_id == Indicator.id)
        .outerjoin(MeasurementCheck, MeasurementCheck.measurement_id == Measurement.id)
        .where(
            (Measurement.reported_by == account.id) | (MeasurementCheck.checked_by == account.id)
        )
    )
    own = session.scalars(union(took_part, measured))
    locked = [locked_item(session, id) for id in sorted(own)]
    return [item for item in locked if isinstance(item, ProjectRow)]


def _erase_requests(session: Session, access: Access, account: Account) -> None:
    """The profile with the requests made to it, and the texts of those that the account made."""
    profile = lock_own(session, account.id)
    if profile is not None:
        delete_profile(session, access, profile)
    session.execute(
        update(ContactRequest)
        .where(ContactRequest.account_id == account.id)
        .values(question="", tried="", reply="", report="", answer_sha256=None, erased_at=now())
    )
    session.flush()


def _replace_signatures(session: Session, account_id: str, names: Collection[str]) -> None:
    for holder, name in SIGNED:
        session.execute(
            update(holder.class_).where(holder == account_id).values({name.key: NOBODY})
        )
    for holder, name in NAMED:
        own = (holder == account_id, name.in_(names))
        session.execute(update(holder.class_).where(*own).values({name.key: NOBODY}))
    ended = BoardLine.ended_by.in_(names)
    session.execute(update(BoardLine).where(ended).values(ended_by=NOBODY))


def _names_contributor(
    column: InstrumentedAttribute[list[dict[str, Any]]], account_id: str
) -> ColumnElement[bool]:
    return cast(column, Text).contains(account_id, autoescape=True)


def _replace_contributor(
    contributors: list[dict[str, Any]], account_id: str
) -> list[dict[str, Any]]:
    return [{**one, "name": NOBODY} if one.get("id") == account_id else one for one in contributors]


def _replace_in_project(project: ProjectRow, names: Collection[str]) -> None:
    """The name of who leads it, answers for it or signed it, inside its record."""
    own = {name for name in IN_PROJECTS if project.record.get(name) in names}
    project.record = {**project.record, **dict.fromkeys(own, NOBODY)}


def _replace_in_records(session: Session, account_id: str, names: Collection[str]) -> None:
    """Names inside JSON: who wrote a card or an issue, the details of the log."""
    for revision in session.scalars(
        select(PracticeRevision).where(
            _names_contributor(PracticeRevision.contributors, account_id)
        )
    ):
        revision.contributors = _replace_contributor(revision.contributors, account_id)
    for issue in session.scalars(
        select(Issue).where(_names_contributor(Issue.contributors, account_id))
    ):
        issue.contributors = _replace_contributor(issue.contributors, account_id)
    about = AuditEntry.subject_id == account_id
    told = or_(about, AuditEntry.account_id == account_id)
    for entry in session.scalars(select(AuditEntry).where(told)):
        entry.details = {
            key: NOBODY if isinstance(value, str) and value in names else value
            for key, value in entry.details.items()
        }
