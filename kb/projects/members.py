"""Invite members of a project, and let them leave. The functions work in the caller's
transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import accounts, audit
from kb.messages import N_, NotFound, PermanentError
from kb.projects.parts import find_invitation, list_present, require_lead
from kb.projects.writing import refresh
from kb.storage.projects import MemberPart, ProjectMember, ProjectRow
from kb.storage.tables import now


@dataclass(frozen=True)
class Invitation:
    """A body that takes part. ``role``: what it contributes. ``account_name``: sign-in name of the
    account that may edit for it; empty if the body is only named."""

    body: str
    part: MemberPart
    role: str = ""
    account_name: str = ""


def add_member(
    session: Session,
    access: Access,
    row: ProjectRow,
    invitation: Invitation,
) -> ProjectMember:
    """Add a body. With the sign-in name of an account, that account is invited and may edit once it
    accepts; without, the body is only named.

    Raises:
        PermanentError: the caller may not, the body is empty, there is no such account, or it is a
            member already.
    """
    require_lead(row, access)
    body = invitation.body.strip()[:200]
    account_name, part = invitation.account_name, invitation.part
    if not body:
        raise PermanentError(N_("Write which body, firm or person takes part."))
    account = accounts.get(session, account_name) if account_name.strip() else None
    if account is not None and account.disabled:
        raise PermanentError(N_("The account “{name}” is disabled."), name=account.name)
    if account is not None and any(
        one.account_id == account.id and one.left_at is None for one in row.members
    ):
        raise PermanentError(N_("“{name}” takes part or is invited already."), name=account.name)
    member = ProjectMember(
        part=part,
        body=body,
        role=invitation.role.strip()[:200],
        account_id=account.id if account else None,
        invited_at=now(),
    )
    row.members.append(member)
    refresh(session, row)
    audit.record_event(session, access, "project.invite", row.id, body=body, part=part.value)
    return member


def accept_invitation(session: Session, access: Access, row: ProjectRow) -> None:
    """Raises NotFound if the caller is not invited."""
    invitation = find_invitation(row, access)
    if invitation is None:
        raise NotFound()
    invitation.joined_at = now()
    refresh(session, row)
    audit.record_event(session, access, "project.join", row.id, body=invitation.body)


def remove_member(session: Session, access: Access, row: ProjectRow, member_id: str) -> None:
    """Note that a member left; those who leave by themselves need no right, and an invitation is
    declined so. The member stays listed with the day, because values were reported for it.

    Raises:
        NotFound: there is no such member.
        PermanentError: the caller may not, or the project would have no lead.
    """
    member = next((one for one in row.members if one.id == member_id), None)
    if member is None or member.left_at is not None:
        raise NotFound()
    if member.account_id is None or member.account_id != access.account_id:
        require_lead(row, access)
    leads = [one for one in list_present(row) if one.part is MemberPart.LEAD and one.joined_at]
    if leads == [member]:
        raise PermanentError(
            N_("A project needs a lead: make another member lead before this one leaves.")
        )
    member.left_at = now()
    refresh(session, row)
    audit.record_event(session, access, "project.leave", row.id, body=member.body)


def set_part(
    session: Session, access: Access, row: ProjectRow, member_id: str, part: MemberPart
) -> None:
    """Raises NotFound or PermanentError, as ``remove_member``."""
    require_lead(row, access)
    member = next((one for one in list_present(row) if one.id == member_id), None)
    if member is None:
        raise NotFound()
    leads = [one for one in list_present(row) if one.part is MemberPart.LEAD and one.joined_at]
    if leads == [member] and part is not MemberPart.LEAD:
        raise PermanentError(
            N_("A project needs a lead: make another member lead before this one leaves.")
        )
    member.part = part
    refresh(session, row)
    audit.record_event(session, access, "project.part", row.id, body=member.body, part=part.value)
