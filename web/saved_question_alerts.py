"""Re-runs saved questions when items become searchable, queues mails of new answers, and has the
network kept in order."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from kb.accounts import accounts
from kb.accounts.idempotency import remove_old_requests
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_, KbError, Message, ServiceRefuses, ServiceUnavailable
from kb.runtime import mail
from kb.runtime.alone import SharedWork, working_alone
from kb.runtime.original_files import remove_leftovers
from kb.runtime.outbox import Stopping, queue_mail
from kb.runtime.services import Services
from kb.storage.accounts import Account
from kb.storage.questions import Notice, SavedQuestion
from kb.storage.tables import now
from search.saved_questions import find_new_answers
from web.digest_delivery import keep_digests
from web.issue_delivery import keep_subscriptions
from web.network_upkeep import keep_network
from web.presenters import queries
from web.rendering.i18n import Locale, load_locales
from web.rendering.titles import title_of

log = structlog.get_logger()

LOOK_S = 60.0
"""Longest wait in seconds for a new answer to be noticed, if another process indexes or documents
keep coming in."""
QUIET_S = 2.0
"""Seconds without a new document before questions are run, so that an upload of many files runs
them once."""
MAIL_FOR = timedelta(days=2)
"""Answers found longer ago are not queued for a mail; the page lists them in any case."""
SUBJECT = N_("New answers to “{question}”")
TEXT = N_(
    "These are new in the base and answer the question you keep:\n\n{titles}\n\n{address}\n"
    "You get this because you keep the question; there you can stop keeping it."
)


class Watcher:
    """The thread of the web process that runs saved questions."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="watcher")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._services.item_ready.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping:
            self._services.item_ready.wait(LOOK_S)
            self._wait_for_quiet()
            if not self._stopping and self._services.ready.is_set():
                self._look()

    def _wait_for_quiet(self) -> None:
        arrived, until = self._services.item_ready, time.monotonic() + LOOK_S
        while arrived.is_set() and not self._stopping and time.monotonic() < until:
            arrived.clear()
            arrived.wait(QUIET_S)

    def _look(self) -> None:
        try:
            do_upkeep(self._services, lambda: self._stopping)
        except KbError as error:
            log.warning("saved questions not asked or mails not sent", reason=str(error))
        except Exception:
            log.exception("saved questions not asked or mails not sent")


def do_upkeep(services: Services, stopping: Stopping = lambda: False) -> bool:
    """Ask saved questions, send mails and delete what is due, unless another process is at it.
    Returns whether this process did so. No mail is begun once ``stopping``.

    Raises:
        KbError: something did not answer; the rest is done the next time.
    """
    with working_alone(services, SharedWork.UPKEEP) as alone:
        if alone:
            remove_leftovers(services)
            with services.database.transaction() as session:
                remove_old_requests(session)
            _find_new_answers(services)
            if mail.is_set(services.settings):
                queue_answer_mails(services)
            keep_network(services, stopping)
            keep_subscriptions(services, stopping)
            keep_digests(services, stopping)
    return bool(alone)


def _find_new_answers(services: Services) -> None:
    """Questions are asked later where they cannot be now; mails do not wait for that."""
    try:
        find_new_answers(services)
    except (ServiceUnavailable, ServiceRefuses) as error:
        log.warning("saved questions not asked yet", reason=str(error))


def queue_answer_mails(services: Services) -> int:
    """Queue a mail for each question with new answers to its owner, if the account has an address
    and does not get them with the weekly mail; each answer once.

    Returns the number of mails queued.
    """
    with services.database.session() as session:
        waiting = session.scalars(
            select(SavedQuestion.id)
            .join(Account)
            .where(
                Account.email != "",
                Account.disabled.is_(False),
                Account.digest_since.is_(None),
                SavedQuestion.notices.any(_is_unmailed()),
            )
        ).all()
    return sum(_queue(services, saved_id) for saved_id in waiting)


def _is_unmailed() -> ColumnElement[bool]:
    return and_(
        Notice.mailed_at.is_(None), Notice.read_at.is_(None), Notice.created_at > now() - MAIL_FOR
    )


def _queue(services: Services, saved_id: str) -> bool:
    """The mail and the marks that its answers were mailed are one transaction, so that there are
    both or neither."""
    with services.database.transaction() as session:
        saved = session.get(SavedQuestion, saved_id)
        if saved is None:
            return False
        reader = _reader_of(saved.account, services)
        titles = _load_titles(session, saved, reader)
        marked = session.scalars(
            update(Notice)
            .where(Notice.saved_id == saved_id, Notice.item_id.in_(titles), _is_unmailed())
            .values(mailed_at=now())
            .returning(Notice.item_id)
        ).all()
        if marked:
            told = _format_titles([titles[item_id] for item_id in titles if item_id in marked])
            subject = reader.say(Message(SUBJECT, {"question": saved.text}))
            text = reader.say(Message(TEXT, {"titles": told, "address": _build_address(services)}))
            queue_mail(session, saved.account.email, subject, text)
    return bool(marked)


def _reader_of(account: Account, services: Services) -> Locale:
    locales = load_locales()
    chosen = locales.get(account.language) or locales[DEFAULT_LANGUAGE]
    return chosen.in_zone(services.settings.zone)


def _load_titles(session: Session, saved: SavedQuestion, reader: Locale) -> dict[str, str]:
    """Titles of the answers not mailed yet that the owner may see, by item id, oldest first."""
    unmailed = select(Notice.item_id).where(Notice.saved_id == saved.id, _is_unmailed())
    waiting = session.scalars(unmailed.order_by(Notice.created_at)).all()
    seen = queries.items_by_id(session, accounts.access_of(saved.account), waiting)
    return {item_id: title_of(seen[item_id], reader).text for item_id in waiting if item_id in seen}


def _format_titles(titles: list[str]) -> str:
    return "\n".join(f"- {title}" for title in titles)


def _build_address(services: Services) -> str:
    """The address of the saved questions; only the path, if no public address is set."""
    return (services.settings.public_url or "") + "/questions"
