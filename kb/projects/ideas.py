"""Ideas of the scientific board: projects that seek a lead, until somebody takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.accounts import audit
from kb.messages import N_, PermanentError
from kb.projects.commands import create_project
from kb.projects.parts import list_present
from kb.projects.project import ENDED, Project
from kb.projects.validated import read_fields
from kb.projects.writing import read_project, write_record
from kb.storage.projects import MemberPart, ProjectMember, ProjectRow
from kb.storage.tables import now

BOARD = {"it": "Comitato scientifico", "en": "Scientific board"}
"""Body that stands for the lead until there is one."""


@dataclass(frozen=True)
class Idea:
    """What a board member proposes. ``municipality``: ISTAT code."""

    title: str
    municipality: str
    why: str
    practice_ids: Sequence[str] = ()
    language: str = "it"


def create_idea(session: Session, access: Access, idea: Idea) -> ProjectRow:
    """Create a project in stage idea, signed by the caller, that seeks a lead.

    Raises:
        PermanentError: the caller is not on the board, or a field is wrong (InvalidFields).
    """
    if not access.board:
        raise PermanentError(N_("Only members of the scientific board propose its ideas."))
    values = {
        "title": idea.title,
        "municipality": idea.municipality,
        "why": idea.why,
        "practice_ids": list(idea.practice_ids),
        "language": idea.language,
        "lead_body": BOARD[idea.language],
        "signed_by_board": access.name[:200],
        "seeks_lead": True,
    }
    return create_project(session, access, values)


def take_lead(session: Session, access: Access, row: ProjectRow, body: str) -> Project:
    """Make the caller lead of an idea, for ``body``; who proposed it observes.

    The caller has locked the project, so that of two who take it the second is told.

    Raises:
        PermanentError: the caller may not lead projects, or somebody has taken the idea.
    """
    body = body.strip()
    if access.account_id is None or not access.may(Right.PROJECTS):
        raise PermanentError(N_("Sign in to take the lead of a project."))
    if not read_project(row).seeks_lead:
        raise PermanentError(N_("Somebody has taken this idea already: ask to take part in it."))
    if row.stage in ENDED:
        raise PermanentError(N_("This project has ended: nobody takes its lead any more."))
    if not body:
        raise PermanentError(N_("Write which body or firm takes the lead."))
    project = read_fields(Project, {**row.record, "lead_body": body, "seeks_lead": False})
    present = list_present(row)
    for one in present:
        if one.part is MemberPart.LEAD:
            one.part = MemberPart.OBSERVER
    own = next((one for one in present if one.account_id == access.account_id), None)
    if own is None:
        own = ProjectMember(account_id=access.account_id, invited_at=now())
        row.members.append(own)
    own.part, own.body = MemberPart.LEAD, project.lead_body
    own.joined_at = own.joined_at or now()
    write_record(session, row, project)
    audit.record_event(session, access, "project.lead", row.id, body=project.lead_body)
    return project
