"""Roles, rights, and the ``Access`` of a caller, which every function that reads for a person
takes."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from kb.domain import Visibility


class Role(enum.StrEnum):
    """Role of an account. Each includes what the roles before it may do, except that officers are a
    branch of their own."""

    MEMBER = "member"
    OFFICER = "officer"
    RESEARCHER = "researcher"
    CURATOR = "curator"
    ADMIN = "admin"


class Right(enum.StrEnum):
    """What may be done beyond reading; reading is governed by visibilities."""

    NOTES = "notes"
    """Keep personal data: saved questions, judgements of results, places, transfer worksheets."""
    SUMMARIES = "summaries"
    """Have results summarised by the language model that the settings name, if any."""
    PROJECTS = "projects"
    """Begin projects, and take part in those of others when invited."""
    DOCUMENTS = "documents"
    """Add, change and remove documents; see unanswered questions."""
    PRACTICES = "practices"
    """Write practice cards and ask for their review."""
    REVIEW = "review"
    """Approve other people's cards, or return them."""
    CHECK = "check"
    """Check the measurements of projects in which one takes no part, or send them back."""
    COLLECTIONS = "collections"
    """Create, change and publish collections."""
    ADMINISTER = "administer"
    """Manage accounts, the audit log and the state of the installation."""


@dataclass(frozen=True)
class Access:
    """What a caller may see and do.

    ``visibilities``: visibilities that the caller may read; an empty set finds nothing.
    ``account_id``: None for the public and for the operator.
    """

    visibilities: frozenset[Visibility]
    rights: frozenset[Right] = frozenset()
    account_id: str | None = None
    name: str = ""
    """Display name of the account."""
    role: Role | None = None
    """Role of a signed-in account; ``None`` for programs, the operator and the public."""
    board: bool = False
    """Whether a signed-in member of the scientific board calls."""

    def may(self, right: Right) -> bool:
        return right in self.rights


_FOR_MEMBERS = frozenset({Visibility.PUBLIC, Visibility.MEMBERS})
_ALL = frozenset(Visibility)
_OWN = frozenset({Right.NOTES, Right.SUMMARIES, Right.PROJECTS})
_RESEARCH = _OWN | {Right.DOCUMENTS, Right.PRACTICES, Right.REVIEW, Right.CHECK}

PUBLIC = Access(frozenset({Visibility.PUBLIC}))
UNCLAIMED = Access(PUBLIC.visibilities, frozenset({Right.DOCUMENTS}))
"""Access from the machine itself while the installation has no account."""
OPERATOR = Access(_ALL, frozenset(Right))
"""Access of the ``kb`` command on the machine itself."""

ROLES: Mapping[Role, Access] = {
    Role.MEMBER: Access(_FOR_MEMBERS, _OWN),
    Role.OFFICER: Access(_FOR_MEMBERS, _OWN),
    Role.RESEARCHER: Access(_ALL, _RESEARCH),
    Role.CURATOR: Access(_ALL, _RESEARCH | {Right.COLLECTIONS}),
    Role.ADMIN: Access(_ALL, frozenset(Right)),
}
