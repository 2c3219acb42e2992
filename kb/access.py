"""Who may see and do what: stated here once, handed to every function that reads for a person."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from kb.domain import Visibility


class Role(enum.StrEnum):
    """What an account is for. Each includes what the roles before it may do, officers apart."""

    MEMBER = "member"
    OFFICER = "officer"
    RESEARCHER = "researcher"
    CURATOR = "curator"
    ADMIN = "admin"


class Right(enum.StrEnum):
    """What may be done beyond reading, for which visibilities are enough."""

    NOTES = "notes"
    """Keep things of one's own: questions, judgements of results, places, transfer worksheets."""
    DOCUMENTS = "documents"
    """Add, change and remove documents; see the questions that nothing answered."""
    PRACTICES = "practices"
    """Write practice cards and ask for their review."""
    REVIEW = "review"
    """Approve the cards of others, or send them back."""
    COLLECTIONS = "collections"
    """Make, change and publish collections."""
    ADMINISTER = "administer"
    """Accounts, the audit log, the state of the installation."""


@dataclass(frozen=True)
class Access:
    """The visibilities a reader has the right to (none at all: nothing is found), what the reader
    may do, and whose account it is: ``None`` for the public and for the operator."""

    visibilities: frozenset[Visibility]
    rights: frozenset[Right] = frozenset()
    account_id: str | None = None
    name: str = ""
    """What the account is called on screens."""
    role: Role | None = None
    """Of who has signed in; ``None`` for programs, the operator and the public."""

    def may(self, right: Right) -> bool:
        return right in self.rights


_FOR_MEMBERS = frozenset({Visibility.PUBLIC, Visibility.MEMBERS})
_ALL = frozenset(Visibility)
_RESEARCH = frozenset({Right.NOTES, Right.DOCUMENTS, Right.PRACTICES, Right.REVIEW})

PUBLIC = Access(frozenset({Visibility.PUBLIC}))
UNCLAIMED = Access(PUBLIC.visibilities, frozenset({Right.DOCUMENTS}))
"""Whoever sits at the machine itself while the installation has no account yet."""
OPERATOR = Access(_ALL, frozenset(Right))
"""Whoever runs the program on its own machine."""

ROLES: Mapping[Role, Access] = {
    Role.MEMBER: Access(_FOR_MEMBERS, frozenset({Right.NOTES})),
    Role.OFFICER: Access(_FOR_MEMBERS, frozenset({Right.NOTES})),
    Role.RESEARCHER: Access(_ALL, _RESEARCH),
    Role.CURATOR: Access(_ALL, _RESEARCH | {Right.COLLECTIONS}),
    Role.ADMIN: Access(_ALL, frozenset(Right)),
}
