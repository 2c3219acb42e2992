"""Set-up steps of a new installation, for administrators, and whether each is done."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.maintenance.backup import BACKED_UP
from kb.messages import N_
from kb.runtime import mail
from kb.settings import Settings
from kb.storage.accounts import Account, AuditEntry
from kb.storage.tables import Document


@dataclass(frozen=True)
class StartStep:
    """``url`` is empty for a step outside the site; ``hint`` then tells how to do it."""

    text: str
    hint: str
    done: bool
    url: str = ""
    more: str = ""
    more_url: str = ""
    """A page that says more, and the words of the link to it."""
    count: int = 0
    """How many things wait, where that is known."""


STARTER_URL = "/documents/starter"
FETCH_STARTER = N_("Command: kb sources fetch --starter. It brings in openly licensed reports.")
UPLOAD_ONE = N_(
    "To see a result with the page that proves it, upload a report in PDF that its card cites, or "
    "begin with one that has an open licence."
)


def may_fetch(settings: Settings, access: Access) -> bool:
    """Whether the reader can have reports fetched from the network."""
    return settings.fetch and access.may(Right.ADMINISTER)


def how_to_begin(settings: Settings, access: Access) -> str:
    """How a base without documents gets its first ones."""
    return FETCH_STARTER if may_fetch(settings, access) else UPLOAD_ONE


def first_steps(session: Session, access: Access, settings: Settings) -> list[StartStep]:
    """The steps, for an administrator while any is open; otherwise empty."""
    if access.account_id is None or not access.may(Right.ADMINISTER):
        return []
    own = session.get(Account, access.account_id)
    others = select(exists().where(Account.id != access.account_id))
    documents = select(exists().where(Document.id.is_not(None)))
    backup = select(exists().where(AuditEntry.action == BACKED_UP))
    steps = [
        StartStep(
            N_("Invite people"),
            N_("Each gets a link for choosing a password."),
            bool(session.scalar(others)),
            "/admin/accounts#invite-title",
        ),
        StartStep(
            N_("Set the mail server"),
            N_("Settings KB_SMTP_URL and KB_PUBLIC_URL: invitations and notices are mailed."),
            mail.is_set(settings) and bool(settings.public_url),
        ),
        StartStep(
            N_("Set your municipality"),
            N_("Results are compared with it."),
            bool(own and own.municipality),
            "/account",
        ),
        StartStep(
            N_("Upload the first documents"),
            how_to_begin(settings, access),
            bool(session.scalar(documents)),
            "/upload",
            N_("Reports with an open licence"),
            STARTER_URL,
        ),
        StartStep(
            N_("Make a backup"),
            N_("Command: kb backup FILE. With PostgreSQL also pg_dump."),
            bool(session.scalar(backup)),
        ),
    ]
    return [] if all(step.done for step in steps) else steps
