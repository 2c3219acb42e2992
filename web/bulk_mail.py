"""Hands waiting mails of one kind to the mail server, each at most once."""

from __future__ import annotations

import secrets
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urlsplit

import structlog
from sqlalchemy.orm import Session

from kb.accounts.sessions import TOKEN_BYTES
from kb.messages import KbError, TransientError
from kb.runtime import mail
from kb.runtime.outbox import Stopping
from kb.runtime.services import Services
from kb.settings import Settings
from kb.storage.subscriptions import DeliveryState
from web.presenters.network_mails import site_from

log = structlog.get_logger()

MOST_REFUSED = 5
"""After so many mails refused in a row no more are tried for now."""


@dataclass(frozen=True)
class BulkQueue:
    """``list_due``: ids of the mails to try now, at a rate. ``take``: mark one as being sent and
    return what builds it; None if it is not to be sent. ``finish``: note what became of it."""

    list_due: Callable[[Session, int], Sequence[str]]
    take: Callable[[str], Callable[[], EmailMessage] | None]
    finish: Callable[[Session, str, DeliveryState, str], None]


@dataclass(frozen=True)
class RefusedMail:
    """A mail that the server refused with ``status``. ``gone``: it says that there is no such
    address."""

    id: str
    status: str
    gone: bool


def send_queue(services: Services, queue: BulkQueue, stopping: Stopping = lambda: False) -> int:
    """Send what waits, as many as a minute may have, and return how many the server took.

    Ends early where the next mail would fare no better. ``stopping`` is asked before the server is
    called and before each mail.
    """
    with services.database.session() as session:
        due = queue.list_due(session, services.settings.mail_per_minute)
    if not due or stopping():
        return 0
    sent = 0
    refused: list[RefusedMail] = []
    try:
        with mail.open_connection(services.settings) as connection:
            for mail_id in due:
                if stopping():
                    break
                sent += _send(services, queue, connection, mail_id, refused)
    except KbError as error:
        log.warning("mails not sent yet", reason=str(error))
    finally:
        _decide(services, queue, refused)
    return sent


def make_leave(settings: Settings, path: str) -> tuple[str, str]:
    """An address under ``path`` that ends a subscription, and its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return f"{site_from(settings)}{path}{token}", token


def add_list_headers(message: EmailMessage, settings: Settings, mail_id: str, name: str) -> None:
    """Headers of a mail to many; by its Message-ID a notification that it came back is matched."""
    host = urlsplit(site_from(settings)).hostname or "localhost"
    message["Message-ID"] = f"<{mail_id}@{host}>"
    message["List-Id"] = f"Terre Comuni <{name}.{host}>"
    message["Precedence"] = "bulk"


def _send(
    services: Services,
    queue: BulkQueue,
    connection: smtplib.SMTP,
    mail_id: str,
    refused: list[RefusedMail],
) -> bool:
    """Send one mail; one that was refused joins ``refused``. Raises KbError where the next one
    would fare no better."""
    build = queue.take(mail_id)
    if build is None:
        return False
    try:
        mail.deliver(connection, build())
    except mail.NotTaken as error:
        gone = isinstance(error, mail.RecipientRefused)
        refused.append(RefusedMail(mail_id, mail.read_status(error), gone))
        if len(refused) >= MOST_REFUSED:
            raise
    except mail.Interrupted:
        _finish(services, queue, mail_id, DeliveryState.INTERRUPTED)
        raise
    except KbError as error:
        _finish(services, queue, mail_id, DeliveryState.WAITING, mail.read_status(error))
        if not isinstance(error, TransientError) or not mail.is_open(connection):
            raise
    except Exception:
        _finish(services, queue, mail_id, DeliveryState.WAITING)
        raise
    else:
        _finish(services, queue, mail_id, DeliveryState.SENT)
        _decide(services, queue, refused)
        return True
    return False


def _decide(services: Services, queue: BulkQueue, refused: list[RefusedMail]) -> None:
    """Note what was refused since the last mail that was taken, and empty the list. Many in a row
    are the fault of the sender, whatever the server says: they wait."""
    ours = len(refused) >= MOST_REFUSED
    for one in refused:
        final = one.gone and not ours
        state = DeliveryState.REFUSED if final else DeliveryState.WAITING
        _finish(services, queue, one.id, state, one.status)
    refused.clear()


def _finish(
    services: Services, queue: BulkQueue, mail_id: str, state: DeliveryState, answer: str = ""
) -> None:
    with services.database.transaction() as session:
        queue.finish(session, mail_id, state, answer)
