"""What roles and rights are called."""

from __future__ import annotations

from kb.access import Right, Role
from kb.messages import N_

ROLES = {
    Role.MEMBER: N_("Member"),
    Role.OFFICER: N_("Municipal officer"),
    Role.RESEARCHER: N_("Researcher"),
    Role.CURATOR: N_("Curator"),
    Role.ADMIN: N_("Administrator"),
}
RIGHTS = {
    Right.NOTES: N_("keep questions, judgements and worksheets of one's own"),
    Right.DOCUMENTS: N_("add, change and remove documents"),
    Right.PRACTICES: N_("write practice cards"),
    Right.REVIEW: N_("approve the cards of others"),
    Right.COLLECTIONS: N_("make collections"),
    Right.ADMINISTER: N_("administer accounts and the installation"),
}
