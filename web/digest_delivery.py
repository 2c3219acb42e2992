"""Sends the weekly mails of news, at the rate of the settings, each at most once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import NamedTuple

import structlog

from kb.messages import TransientError
from kb.periodical import digests, sending
from kb.runtime import mail
from kb.runtime.outbox import Stopping
from kb.runtime.services import Services
from kb.storage.accounts import Account
from kb.storage.following import Digest
from kb.storage.subscriptions import DeliveryState
from kb.storage.tables import now
from web.bulk_mail import BulkQueue, add_list_headers, make_leave, send_queue
from web.exports.digest_mail import DigestMail, write_digest
from web.presenters.network_mails import reader_of, site_from
from web.presenters.news import MAIL_LINES, NewsSpan, find_news

log = structlog.get_logger()

LEAVE_PATH = "/news/leave/"


class WrittenDigest(NamedTuple):
    """``told``: keys of the news in it. ``mail`` is None without news."""

    told: list[str]
    mail: DigestMail | None


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
        _begin_week(services, week)
    send_digests(services, stopping)


def _begin_week(services: Services, week: digests.Week) -> None:
    """Have the mails of the week wait, unless another process did so at this moment."""
    try:
        with services.database.transaction() as session:
            digests.begin_week(session, week)
    except TransientError as error:
        log.info("weekly mails not queued yet", reason=str(error))


def send_digests(services: Services, stopping: Stopping = lambda: False) -> int:
    """Send the mails that wait, see ``send_queue``, and return how many the server took."""

    def take(digest_id: str) -> Callable[[], EmailMessage] | None:
        return _take(services, digest_id)

    queue = BulkQueue(digests.list_due, take, digests.finish_digest)
    return send_queue(services, queue, stopping)


def _take(services: Services, digest_id: str) -> Callable[[], EmailMessage] | None:
    """The mail is written before it is taken: what breaks there is logged and leaves it waiting."""
    settings = services.settings
    leave, token = make_leave(settings, LEAVE_PATH)
    try:
        told, written = _write(services, digest_id, leave)
    except TransientError:
        raise
    except Exception:
        log.exception("weekly mail not written", digest=digest_id)
        with services.database.transaction() as session:
            sending.put_off(session, Digest, digest_id)
        return None
    with services.database.transaction() as session:
        taken = digests.take_digest(session, digest_id, token)
        if taken is None:
            return None
        row, account = taken
        if written is None:
            row.state = DeliveryState.CANCELLED
            return None
        row.told, address = told, account.email

    def build() -> EmailMessage:
        message = mail.build_message(
            settings, address, written.subject, written.text, html=written.html, unsubscribe=leave
        )
        add_list_headers(message, settings, digest_id, "news")
        return message

    return build


def _write(services: Services, digest_id: str, leave: str) -> WrittenDigest:
    """What the account may be told at this moment; ``leave``: address that ends the mails."""
    settings = services.settings
    with services.database.session() as session:
        row = session.get(Digest, digest_id)
        account = session.get(Account, row.account_id) if row else None
        if account is None or account.digest_since is None:
            return WrittenDigest([], None)
        reader = reader_of(account, settings)
        told = digests.read_told(session, account.id)
        since = max(now() - digests.MEMORY, account.digest_since - digests.WEEK)
        span = NewsSpan(since, told, for_mail=True, most=MAIL_LINES)
        parts = find_news(session, account, span, reader)
    if not parts:
        return WrittenDigest([], None)
    return WrittenDigest(sorted(span.keys), write_digest(parts, site_from(settings), leave, reader))
