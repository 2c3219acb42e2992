"""Sends the weekly mails of news, at the rate of the settings, each at most once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

from kb.periodical import digests
from kb.runtime import mail
from kb.runtime.services import Services
from kb.storage.subscriptions import DeliveryState
from kb.storage.tables import now
from web.bulk_mail import BulkQueue, Stopping, add_list_headers, make_leave, send_queue
from web.exports.digest_mail import write_digest
from web.presenters.network_mails import reader_of, site_from
from web.presenters.news import NewsSpan, find_news, list_keys

LEAVE_PATH = "/news/leave/"


def keep_digests(
    services: Services, stopping: Stopping = lambda: False, at: datetime | None = None
) -> None:
    """Queue the mails of the week when they are due, and send what waits until ``stopping``.

    ``at``: by default the present moment.
    """
    settings = services.settings
    if not mail.is_set(settings) or not settings.public_url:
        return
    week = digests.find_week(at or now(), settings.zone)
    with services.database.session() as session:
        due = digests.list_accounts_due(session, week)
    if due:
        with services.database.transaction() as session:
            digests.begin_week(session, week)
    send_digests(services, stopping)


def send_digests(services: Services, stopping: Stopping = lambda: False) -> int:
    """Send the mails that wait, see ``send_queue``, and return how many the server took."""

    def take(digest_id: str) -> Callable[[], EmailMessage] | None:
        return _take(services, digest_id)

    queue = BulkQueue(digests.list_due, take, digests.finish_digest)
    return send_queue(services, queue, stopping)


def _take(services: Services, digest_id: str) -> Callable[[], EmailMessage] | None:
    """What is told is read and noted in the transaction that takes the mail."""
    settings = services.settings
    leave, token = make_leave(settings, LEAVE_PATH)
    with services.database.transaction() as session:
        taken = digests.take_digest(session, digest_id, token)
        if taken is None:
            return None
        row, account = taken
        reader, address = reader_of(account, settings), account.email
        told = digests.read_told(session, account.id)
        span = NewsSpan(now() - digests.MEMORY, told, for_mail=True)
        parts = find_news(session, account, span, reader)
        row.told = list_keys(parts)
        if not parts:
            row.state = DeliveryState.CANCELLED
            return None

    def build() -> EmailMessage:
        written = write_digest(parts, site_from(settings), leave, reader)
        message = mail.build_message(
            settings, address, written.subject, written.text, html=written.html, unsubscribe=leave
        )
        add_list_headers(message, settings, digest_id, "news")
        return message

    return build
