"""Sends issues to subscriptions, at the rate of the settings, each mail at most once."""

from __future__ import annotations

import secrets
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urlsplit

import structlog

from kb.accounts.sessions import TOKEN_BYTES
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import KbError, TransientError
from kb.periodical import deliveries
from kb.periodical.issues import read_texts
from kb.periodical.subscriptions import erase_lapsed
from kb.runtime import mail
from kb.runtime.services import Services
from kb.storage.periodical import Issue
from kb.storage.subscriptions import DeliveryState
from web.exports.issue_mail import IssueMail, write_mail
from web.presenters.issue_texts import ShownIssue, show_published
from web.presenters.network_mails import site_from
from web.rendering.i18n import load_locales

log = structlog.get_logger()

WriteMail = Callable[[str, str, str], tuple[str, IssueMail]]
"""From issue, language and address to leave, to subject and texts."""
Stopping = Callable[[], bool]
MOST_REFUSED = 5
"""After so many mails refused in a row no more are tried for now."""


@dataclass(frozen=True)
class RefusedMail:
    """A mail that the server refused with ``status``. ``gone``: it says that there is no such
    address."""

    delivery_id: str
    status: str
    gone: bool


def keep_subscriptions(services: Services, stopping: Stopping = lambda: False) -> None:
    """Erase subscriptions that were never confirmed, and send what waits until ``stopping``."""
    with services.database.transaction() as session:
        erase_lapsed(session)
        deliveries.mark_interrupted(session)
    if mail.is_set(services.settings) and services.settings.public_url:
        send_deliveries(services, stopping)


def send_deliveries(services: Services, stopping: Stopping = lambda: False) -> int:
    """Send what waits, as many as a minute may have, and return how many the server took.

    Ends early where the next mail would fare no better. ``stopping`` is asked before each.
    """
    with services.database.session() as session:
        due = deliveries.list_due(session, services.settings.mail_per_minute)
    if not due:
        return 0
    write, sent = _build_writer(services), 0
    refused: list[RefusedMail] = []
    try:
        with mail.open_connection(services.settings) as connection:
            for delivery_id in due:
                if stopping():
                    break
                sent += _send(services, connection, delivery_id, write, refused)
    except KbError as error:
        log.warning("issues not sent yet", reason=str(error))
    finally:
        _decide(services, refused)
    return sent


def _send(
    services: Services,
    connection: smtplib.SMTP,
    delivery_id: str,
    write: WriteMail,
    refused: list[RefusedMail],
) -> bool:
    """Send one mail; one that was refused joins ``refused``. Raises KbError where the next one
    would fare no better."""
    leave, token = _make_leave(services)
    with services.database.session() as session:
        recipient = deliveries.find_recipient(session, delivery_id)
    if recipient is None:
        return False
    subject, written = write(*recipient, leave)
    with services.database.transaction() as session:
        address = deliveries.take_delivery(session, delivery_id, token)
    if address is None:
        return False
    try:
        message = _build(services, delivery_id, address, subject, written, leave)
        mail.deliver(connection, message)
    except mail.NotTaken as error:
        gone = isinstance(error, mail.RecipientRefused)
        refused.append(RefusedMail(delivery_id, mail.read_status(error), gone))
        if len(refused) >= MOST_REFUSED:
            raise
    except mail.Interrupted:
        _finish(services, delivery_id, DeliveryState.INTERRUPTED)
        raise
    except KbError as error:
        _finish(services, delivery_id, DeliveryState.WAITING, mail.read_status(error))
        if not isinstance(error, TransientError) or not _is_open(connection):
            raise
    except Exception:
        _finish(services, delivery_id, DeliveryState.WAITING)
        raise
    else:
        _finish(services, delivery_id, DeliveryState.SENT)
        _decide(services, refused)
        return True
    return False


def _decide(services: Services, refused: list[RefusedMail]) -> None:
    """Note what was refused since the last mail that was taken, and empty the list. Many in a row
    are the fault of the sender, whatever the server says: they wait."""
    ours = len(refused) >= MOST_REFUSED
    for one in refused:
        final = one.gone and not ours
        state = DeliveryState.REFUSED if final else DeliveryState.WAITING
        _finish(services, one.delivery_id, state, one.status)
    refused.clear()


def _finish(services: Services, delivery_id: str, state: DeliveryState, answer: str = "") -> None:
    with services.database.transaction() as session:
        deliveries.finish_delivery(session, delivery_id, state, answer)


def _make_leave(services: Services) -> tuple[str, str]:
    """The address that ends a subscription, and its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return f"{site_from(services.settings)}/magazine/leave/{token}", token


def _build(
    services: Services,
    delivery_id: str,
    address: str,
    subject: str,
    written: IssueMail,
    leave: str,
) -> EmailMessage:
    message = mail.build_message(
        services.settings, address, subject, written.text, html=written.html, unsubscribe=leave
    )
    host = urlsplit(site_from(services.settings)).hostname or "localhost"
    message["Message-ID"] = f"<{delivery_id}@{host}>"
    message["List-Id"] = f"Terre Comuni <magazine.{host}>"
    message["Precedence"] = "bulk"
    return message


def _is_open(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _build_writer(services: Services) -> WriteMail:
    """Return a function that writes the mail of an issue; reads each issue once."""
    known: dict[str, ShownIssue] = {}
    locales = load_locales()

    def write(issue_id: str, language: str, leave: str) -> tuple[str, IssueMail]:
        if issue_id not in known:
            with services.database.session() as session:
                texts = read_texts(session.get_one(Issue, issue_id))
                known[issue_id] = show_published(session, texts, services.settings.zone)
        reader = (locales.get(language) or locales[DEFAULT_LANGUAGE]).in_zone(
            services.settings.zone
        )
        shown = known[issue_id]
        title = shown.texts.title_en if reader.code == "en" else ""
        written = write_mail(shown, site_from(services.settings), leave, reader)
        return title or shown.texts.title, written

    return write
