"""Who takes part in a project, and what each may do."""

from __future__ import annotations

from collections.abc import Sequence

from kb.access import Access, Right
from kb.messages import N_, PermanentError
from kb.storage.projects import MemberPart, ProjectMember, ProjectRow

EDITORS = frozenset({MemberPart.LEAD, MemberPart.PARTNER})


def find_part(row: ProjectRow, access: Access) -> MemberPart | None:
    """The caller's part in the project; None for those invited only, and for those who left."""
    own = [one for one in _own_rows(row, access) if one.joined_at and one.left_at is None]
    order = list(MemberPart)
    return min((one.part for one in own), key=order.index, default=None)


def find_invitation(row: ProjectRow, access: Access) -> ProjectMember | None:
    """The caller's invitation that was not answered yet."""
    own = _own_rows(row, access)
    return next((one for one in own if one.joined_at is None and one.left_at is None), None)


def has_left(row: ProjectRow, access: Access) -> bool:
    """Whether the caller took part and left: what it sent meanwhile is shown to it again."""
    return any(one.left_at is not None for one in _own_rows(row, access))


def may_edit(row: ProjectRow, access: Access) -> bool:
    """Whether the caller is lead or partner."""
    return find_part(row, access) in EDITORS and access.may(Right.PROJECTS)


def may_lead(row: ProjectRow, access: Access) -> bool:
    """Whether the caller may invite, publish and delete: the lead, or an administrator."""
    leads = find_part(row, access) is MemberPart.LEAD and access.may(Right.PROJECTS)
    return leads or access.may(Right.ADMINISTER)


def may_check(row: ProjectRow, access: Access) -> bool:
    """Whether the caller may check measurements: a researcher who never took part."""
    if access.account_id is None or not access.may(Right.CHECK):
        return False
    return not any(one.joined_at for one in _own_rows(row, access))


def require_editor(row: ProjectRow, access: Access) -> None:
    """Raises PermanentError."""
    if not may_edit(row, access):
        raise PermanentError(N_("Only the lead and the partners of the project can change it."))


def require_lead(row: ProjectRow, access: Access) -> None:
    """Raises PermanentError."""
    if not may_lead(row, access):
        raise PermanentError(N_("Only the lead of the project can do this."))


def list_present(row: ProjectRow) -> Sequence[ProjectMember]:
    """Members who have not left, the lead first."""
    order = list(MemberPart)
    present = [one for one in row.members if one.left_at is None]
    return sorted(present, key=lambda one: (order.index(one.part), one.invited_at))


def list_taking_part(row: ProjectRow) -> Sequence[ProjectMember]:
    """Members who have not left, without those who were invited and have not accepted."""
    return [one for one in list_present(row) if one.account_id is None or one.joined_at]


def list_shown(row: ProjectRow, access: Access) -> Sequence[ProjectMember]:
    """Members as the caller may see them: invitations that wait are shown to editors, to the lead,
    to administrators and to who is invited."""
    if may_edit(row, access) or may_lead(row, access):
        return list_present(row)
    shown = [*list_taking_part(row), *_own_rows(row, access)]
    return [one for one in list_present(row) if one in shown]


def list_own(row: ProjectRow, access: Access) -> Sequence[ProjectMember]:
    """What the caller can leave or decline: its parts and invitations."""
    return [one for one in _own_rows(row, access) if one.left_at is None]


def _own_rows(row: ProjectRow, access: Access) -> list[ProjectMember]:
    if access.account_id is None:
        return []
    return [one for one in row.members if one.account_id == access.account_id]
