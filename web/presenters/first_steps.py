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
class Step:
    """``url`` is empty for a step outside the site; ``hint`` then tells how to do it."""

    text: str
    hint: str
    done: bool
    url: str = ""


def first_steps(session: Session, access: Access, settings: Settings) -> list[Step]:
    """The steps, for an administrator while any is open; otherwise empty."""
    if access.account_id is None or not access.may(Right.ADMINISTER):
        return []
    own = session.get(Account, access.account_id)
    others = select(exists().where(Account.id != access.account_id))
    documents = select(exists().where(Document.id.is_not(None)))
    backup = select(exists().where(AuditEntry.action == BACKED_UP))
    steps = [
        Step(
            N_("Invite people"),
            N_("Each gets a link for choosing a password."),
            bool(session.scalar(others)),
            "/admin/accounts#invite-title",
        ),
        Step(
            N_("Set the mail server"),
            N_("Settings KB_SMTP_URL and KB_PUBLIC_URL: invitations and notices are mailed."),
            mail.is_set(settings) and bool(settings.public_url),
        ),
        Step(
            N_("Set your municipality"),
            N_("Results are compared with it."),
            bool(own and own.municipality),
            "/account",
        ),
        Step(
            N_("Upload the first documents"),
            N_("Reports, case studies, minutes: PDF, Word and other formats."),
            bool(session.scalar(documents)),
            "/upload",
        ),
        Step(
            N_("Make a backup"),
            N_("Command: kb backup FILE. With PostgreSQL also pg_dump."),
            bool(session.scalar(backup)),
        ),
    ]
    return [] if all(step.done for step in steps) else steps
