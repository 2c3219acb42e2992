"""Mails that wait in the database until the mail server takes them."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from kb.messages import KbError, TransientError
from kb.runtime import mail
from kb.runtime.services import Services
from kb.storage.network import OutgoingMail
from kb.storage.tables import now

log = structlog.get_logger()

Stopping = Callable[[], bool]
"""Whether the process is to end."""
KEPT = timedelta(days=7)
"""How long a mail is tried again; then its text is deleted unsent."""
LEASE = timedelta(minutes=10)
"""How long a mail is left alone that a process took and neither sent nor gave back."""


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


def send_waiting(services: Services, stopping: Stopping = lambda: False) -> int:
    """Send what waits, each mail once, over one connection, and return how many were sent.

    A mail to an address that does not exist is deleted and logged; what else the server does not
    take is tried again, until ``drop_old`` deletes it. Ends where the connection fails or the
    sender is refused; a mail that was tried at that moment, or refused for another reason than its
    address, is left for ``LEASE``, so that it does not hold up the others. ``stopping`` is asked
    before the server is called and before each mail.
    """
    with services.database.session() as session:
        query = select(OutgoingMail.id).where(_is_free()).order_by(OutgoingMail.created_at)
        waiting = session.scalars(query).all()
    if not waiting or stopping():
        return 0
    sent = 0
    try:
        with mail.open_connection(services.settings) as connection:
            for mail_id in waiting:
                if stopping():
                    break
                sent += _send(services, connection, mail_id)
    except KbError as error:
        log.warning("mails not sent yet", reason=str(error))
    return sent


def _is_free() -> ColumnElement[bool]:
    return or_(OutgoingMail.sending_at.is_(None), OutgoingMail.sending_at < now() - LEASE)


def _send(services: Services, connection: smtplib.SMTP, mail_id: str) -> bool:
    """Raises KbError where the next mail would fare no better."""
    row = _take(services, mail_id)
    if row is None:
        return False
    try:
        message = _build(services, row)
    except mail.NotTaken as error:
        return _give_up(services, mail_id, error)
    try:
        mail.deliver(connection, message)
    except mail.RecipientRefused as error:
        return _give_up(services, mail_id, error)
    except mail.NotTaken as error:  # it may be the sender whom the server refuses
        log.warning("mail not taken", reason=str(error))
        return False
    except TransientError as error:
        if not mail.is_open(connection):
            raise
        log.warning("mail not sent yet", reason=str(error))
        _finish(services, mail_id, again=True)
        return False
    _finish(services, mail_id)
    return True


def _give_up(services: Services, mail_id: str, error: KbError) -> bool:
    log.warning("mail refused", reason=str(error))
    _finish(services, mail_id)
    return False


def _take(services: Services, mail_id: str) -> OutgoingMail | None:
    """Mark a mail as being sent; None if another process has it."""
    with services.database.transaction() as session:
        row = session.scalars(
            update(OutgoingMail)
            .where(OutgoingMail.id == mail_id, _is_free())
            .values(sending_at=now())
            .returning(OutgoingMail)
        ).one_or_none()
        if row is not None:
            session.expunge(row)
    return row


def _build(services: Services, row: OutgoingMail) -> EmailMessage:
    return mail.build_message(
        services.settings,
        row.address,
        row.subject,
        row.text,
        reply_to=row.reply_to,
        calendar=row.calendar,
        unsubscribe=row.unsubscribe,
    )


def _finish(services: Services, mail_id: str, *, again: bool = False) -> None:
    this = OutgoingMail.id == mail_id
    with services.database.transaction() as session:
        if again:
            session.execute(update(OutgoingMail).where(this).values(sending_at=None))
        else:
            session.execute(delete(OutgoingMail).where(this))
