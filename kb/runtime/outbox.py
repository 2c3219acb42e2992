"""Mails that wait in the database until the mail server takes them."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from kb.messages import KbError, PermanentError
from kb.runtime import mail
from kb.runtime.services import Services
from kb.storage.network import OutgoingMail
from kb.storage.tables import now

log = structlog.get_logger()

KEPT = timedelta(days=7)
"""How long a mail is tried again; then its text is deleted unsent."""
LEASE = timedelta(minutes=10)
"""After so long a mail that a process took and did not send is taken by another."""


def queue_mail(  # noqa: PLR0913 - the parts of a mail
    session: Session,
    address: str,
    subject: str,
    text: str,
    *,
    reply_to: str = "",
    calendar: str = "",
    unsubscribe: str = "",
) -> None:
    """Have a mail sent once the transaction is committed; without an address there is none."""
    if address:
        session.add(
            OutgoingMail(
                address=address,
                subject=subject,
                text=text,
                reply_to=reply_to,
                calendar=calendar,
                unsubscribe=unsubscribe,
            )
        )


def drop_old(services: Services) -> None:
    """Delete what has waited for longer than ``KEPT``, unsent."""
    old = OutgoingMail.created_at < now() - KEPT
    with services.database.session() as session:
        found = session.scalar(select(OutgoingMail.id).where(old).limit(1))
    if found:
        with services.database.transaction() as session:
            session.execute(delete(OutgoingMail).where(old))


def send_waiting(services: Services) -> int:
    """Send what waits, each mail once, and return how many were sent.

    What the server refuses for good is deleted and logged; what it does not take now is tried
    again, until ``drop_old`` deletes it.
    """
    with services.database.session() as session:
        waiting = session.scalars(select(OutgoingMail.id).order_by(OutgoingMail.created_at)).all()
    return sum(_send(services, mail_id) for mail_id in waiting)


def _send(services: Services, mail_id: str) -> bool:
    with services.database.transaction() as session:
        free = OutgoingMail.sending_at.is_(None) | (OutgoingMail.sending_at < now() - LEASE)
        taken = session.scalar(
            update(OutgoingMail)
            .where(OutgoingMail.id == mail_id, free)
            .values(sending_at=now())
            .returning(OutgoingMail.id)
        )
        row = session.get(OutgoingMail, mail_id) if taken else None
        if row is None:
            return False
        session.refresh(row)
        session.expunge(row)
    try:
        mail.send(
            services.settings,
            row.address,
            row.subject,
            row.text,
            reply_to=row.reply_to,
            calendar=row.calendar,
            unsubscribe=row.unsubscribe,
        )
    except PermanentError as error:
        log.warning("mail refused", reason=str(error))
        _finish(services, mail_id)
        return False
    except KbError as error:
        log.warning("mail not sent yet", reason=str(error))
        _finish(services, mail_id, again=True)
        return False
    _finish(services, mail_id)
    return True


def _finish(services: Services, mail_id: str, *, again: bool = False) -> None:
    this = OutgoingMail.id == mail_id
    with services.database.transaction() as session:
        if again:
            session.execute(update(OutgoingMail).where(this).values(sending_at=None))
        else:
            session.execute(delete(OutgoingMail).where(this))
