"""Sends issues to subscriptions, at the rate of the settings, each mail at most once."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog

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


def keep_subscriptions(services: Services) -> None:
    """Erase subscriptions that were never confirmed, and send what waits."""
    with services.database.transaction() as session:
        erase_lapsed(session)
        deliveries.mark_interrupted(session)
    if mail.is_set(services.settings) and services.settings.public_url:
        send_deliveries(services)


def send_deliveries(services: Services) -> int:
    """Send what waits, as many as a minute may have. Returns how many the server took."""
    with services.database.session() as session:
        due = deliveries.list_due(session, services.settings.mail_per_minute)
    if not due:
        return 0
    write, sent = _build_writer(services), 0
    try:
        with mail.open_connection(services.settings) as connection:
            for delivery_id in due:
                sent += _send(services, connection, delivery_id, write)
    except KbError as error:
        log.warning("issues not sent yet", reason=str(error))
    return sent


def _send(services: Services, connection: smtplib.SMTP, delivery_id: str, write: WriteMail) -> bool:
    """Send one mail. Raises KbError where the next one would fare no better."""
    with services.database.transaction() as session:
        taken = deliveries.take_delivery(session, delivery_id)
        if taken is None:
            return False
        delivery, row, token = taken
        issue_id, address, language = delivery.issue_id, row.address or "", row.language
    site = site_from(services.settings)
    leave = f"{site}/magazine/leave/{token}"
    subject, written = write(issue_id, language, leave)
    state, answer = DeliveryState.SENT, ""
    problem: KbError | None = None
    try:
        message = mail.build_message(
            services.settings, address, subject, written.text, html=written.html, unsubscribe=leave
        )
        host = urlsplit(site).hostname or "localhost"
        message["Message-ID"] = f"<{delivery_id}@{host}>"
        message["List-Id"] = f"Terre Comuni <magazine.{host}>"
        message["Precedence"] = "bulk"
        mail.deliver(connection, message)
    except mail.RecipientRefused as error:
        state, answer = DeliveryState.REFUSED, str(error)
    except mail.Interrupted as error:
        state, answer, problem = DeliveryState.INTERRUPTED, str(error), error
    except KbError as error:
        state, answer = DeliveryState.WAITING, str(error)
        problem = None if isinstance(error, TransientError) and _is_open(connection) else error
    with services.database.transaction() as session:
        deliveries.finish_delivery(session, delivery_id, state, answer)
    if problem is not None:
        raise problem
    return state is DeliveryState.SENT


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
