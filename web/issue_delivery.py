"""Sends issues to subscriptions, at the rate of the settings, each mail at most once."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

from kb.domain import DEFAULT_LANGUAGE
from kb.periodical import deliveries, digests
from kb.periodical.issues import read_texts
from kb.periodical.sending import mark_interrupted
from kb.periodical.subscriptions import erase_lapsed
from kb.runtime import mail
from kb.runtime.outbox import Stopping
from kb.runtime.services import Services
from kb.storage.periodical import Issue
from web.bulk_mail import BulkQueue, add_list_headers, make_leave, send_queue
from web.exports.issue_mail import IssueMail, write_mail
from web.presenters.issue_texts import ShownIssue, show_published
from web.presenters.network_mails import site_from
from web.rendering.i18n import load_locales

WriteMail = Callable[[str, str, str], tuple[str, IssueMail]]
"""From issue, language and address to leave, to subject and texts."""
LEAVE_PATH = "/magazine/leave/"


def keep_subscriptions(services: Services, stopping: Stopping = lambda: False) -> None:
    """Erase subscriptions that were never confirmed and old weekly mails, and send the issues that
    wait until ``stopping``."""
    with services.database.transaction() as session:
        erase_lapsed(session)
        digests.erase_old(session)
        mark_interrupted(session)
    if mail.is_set(services.settings) and services.settings.public_url:
        send_deliveries(services, stopping)


def send_deliveries(services: Services, stopping: Stopping = lambda: False) -> int:
    """Send the issues that wait, see ``send_queue``, and return how many the server took."""
    write = _build_writer(services)

    def take(delivery_id: str) -> Callable[[], EmailMessage] | None:
        return _take(services, delivery_id, write)

    queue = BulkQueue(deliveries.list_due, take, deliveries.finish_delivery)
    return send_queue(services, queue, stopping)


def _take(
    services: Services, delivery_id: str, write: WriteMail
) -> Callable[[], EmailMessage] | None:
    """The mail is written before it is taken: what breaks there leaves it waiting."""
    settings = services.settings
    leave, token = make_leave(settings, LEAVE_PATH)
    with services.database.session() as session:
        recipient = deliveries.find_recipient(session, delivery_id)
    if recipient is None:
        return None
    subject, written = write(*recipient, leave)
    with services.database.transaction() as session:
        address = deliveries.take_delivery(session, delivery_id, token)
    if address is None:
        return None

    def build() -> EmailMessage:
        message = mail.build_message(
            settings, address, subject, written.text, html=written.html, unsubscribe=leave
        )
        add_list_headers(message, settings, delivery_id, "magazine")
        return message

    return build


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
