"""The weekly mails of news: one for each account that asked for it, with what is new at the moment
of sending.

The functions work in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from kb.accounts.sessions import digest
from kb.periodical import sending
from kb.periodical.subscriptions import MOST_REFUSALS
from kb.storage.accounts import Account
from kb.storage.following import Digest
from kb.storage.questions import Notice
from kb.storage.subscriptions import DeliveryState
from kb.storage.tables import now

WEEK = timedelta(days=7)
HOUR = time(7)
"""When on Mondays the mails of the week are due, in the time zone of the settings."""
MEMORY = timedelta(days=60)
"""News older than this are not told; what was told is remembered for as long."""
KEPT = timedelta(days=365)
"""How long a mail's address to unsubscribe is good, and the row of the mail is kept."""
ANSWER = "answer"
"""Beginning of the keys of answers to saved questions: ``answer:QUESTION:ITEM``."""
HANDED_OVER = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.INTERRUPTED)
FAILED = (DeliveryState.REFUSED, DeliveryState.BOUNCED)


@dataclass(frozen=True)
class Week:
    """``name``: ISO 8601. ``begun_at``: when its mails are due."""

    name: str
    begun_at: datetime


def find_week(at: datetime, zone: tzinfo) -> Week:
    """The week whose mails are due at a moment."""
    day = (at.astimezone(zone) - timedelta(hours=HOUR.hour)).date()
    monday = day - timedelta(days=day.weekday())
    year, number, _ = monday.isocalendar()
    return Week(f"{year}-W{number:02}", datetime.combine(monday, HOUR, zone))


def list_accounts_due(session: Session, week: Week) -> Sequence[str]:
    """Accounts that asked for the mail before it was due, and have none of this week."""
    has_it = exists().where(Digest.account_id == Account.id, Digest.week == week.name)
    wanted = select(Account.id).where(
        Account.digest_since < week.begun_at,
        Account.email != "",
        Account.disabled.is_(False),
        ~has_it,
    )
    return session.scalars(wanted.order_by(Account.id)).all()


def begin_week(session: Session, week: Week) -> int:
    """Have the mails of the week sent; what still waits from the week before is dropped. Returns
    how many were added."""
    ids = list_accounts_due(session, week)
    if ids:
        waiting = Digest.account_id.in_(ids), Digest.state == DeliveryState.WAITING
        session.execute(update(Digest).where(*waiting).values(state=DeliveryState.CANCELLED))
        session.add_all(Digest(account_id=one, week=week.name) for one in ids)
    return len(ids)


def erase_old(session: Session) -> None:
    """Delete mails that are older than ``KEPT``."""
    old = Digest.created_at < now() - KEPT
    if session.scalar(select(Digest.id).where(old).limit(1)):
        session.execute(delete(Digest).where(old))


def list_due(session: Session, per_minute: int) -> Sequence[str]:
    """Ids of the mails to try now, see ``sending.list_due``."""
    return sending.list_due(session, Digest, per_minute)


def take_digest(session: Session, digest_id: str, token: str) -> tuple[Digest, Account] | None:
    """Mark a mail as being sent; None if another process has it or it is not wanted any more."""
    row = sending.take(session, Digest, digest_id, token)
    if row is None:
        return None
    account = session.get(Account, row.account_id)
    if account is None or account.digest_since is None or not account.email or account.disabled:
        row.state = DeliveryState.CANCELLED
        return None
    return row, account


def read_told(session: Session, account_id: str) -> frozenset[str]:
    """Keys of the news that went out in earlier mails."""
    query = select(Digest.told).where(
        Digest.account_id == account_id,
        Digest.state.in_(HANDED_OVER),
        Digest.created_at > now() - MEMORY - WEEK,
    )
    return frozenset(key for told in session.scalars(query) for key in told)


def finish_digest(session: Session, digest_id: str, state: DeliveryState, answer: str = "") -> None:
    """Note what became of a mail, as ``deliveries.finish_delivery`` does. After too many
    in a row for an address that does not exist no more are sent."""
    row = sending.find_taken(session, Digest, digest_id)
    if row is None:
        return
    sending.decide(row, state, answer)
    if row.state not in HANDED_OVER:
        row.told = []
    _mark_mailed(session, row.told, mailed=True)
    if state is DeliveryState.REFUSED:
        stop_after_failures(session, row.account_id)


def note_bounced(session: Session, row: Digest) -> None:
    """Have what a mail told that came back told again, or none sent after too many failures."""
    _mark_mailed(session, row.told, mailed=False)
    stop_after_failures(session, row.account_id)


def stop_after_failures(session: Session, account_id: str) -> None:
    """Switch the mail off if the address did not exist for the last ``MOST_REFUSALS``."""
    session.flush()
    if _fails_always(session, account_id):
        session.execute(update(Account).where(Account.id == account_id).values(digest_since=None))


def was_stopped(session: Session, account: Account) -> bool:
    """Whether the mail is off, and the address did not exist for the last ``MOST_REFUSALS``."""
    return account.digest_since is None and _fails_always(session, account.id)


def forget_failures(session: Session, account_id: str) -> None:
    """Delete the mails that failed, which were for an earlier address."""
    failed = Digest.account_id == account_id, Digest.state.in_(FAILED)
    session.execute(delete(Digest).where(*failed))


def _fails_always(session: Session, account_id: str) -> bool:
    query = select(Digest).where(
        Digest.account_id == account_id,
        Digest.state.in_((DeliveryState.SENT, DeliveryState.INTERRUPTED, *FAILED)),
    )
    last = session.scalars(query.order_by(Digest.created_at.desc()).limit(MOST_REFUSALS)).all()
    return len(last) == MOST_REFUSALS and all(map(sending.is_held_against, last))


def find_last_failed(session: Session, account_id: str) -> Digest | None:
    """The last mail, if it was refused or came back."""
    decided = Digest.state.in_((*HANDED_OVER, *FAILED))
    query = select(Digest).where(Digest.account_id == account_id, decided)
    last = session.scalars(query.order_by(Digest.created_at.desc()).limit(1)).one_or_none()
    return last if last is not None and last.state in FAILED else None


def choose_digest(account: Account, wanted: bool) -> None:
    """Switch the weekly mail on or off."""
    if not wanted:
        account.digest_since = None
    elif account.digest_since is None:
        account.digest_since = now()


def find_to_leave(session: Session, token: str) -> Account | None:
    """The account of a mail, by the token in it."""
    query = select(Account).join(Digest).where(Digest.leave_sha256 == digest(token))
    return session.scalars(query).one_or_none()


def _mark_mailed(session: Session, told: Collection[str], *, mailed: bool) -> None:
    """Note which answers to saved questions went out, so that they are not mailed once more when
    the weekly mail is switched off; or that they did not arrive."""
    for key in told:
        kind, _, rest = key.partition(":")
        saved_id, _, item_id = rest.partition(":")
        if kind == ANSWER:
            this = Notice.saved_id == saved_id, Notice.item_id == item_id
            other = Notice.mailed_at.is_(None) if mailed else Notice.mailed_at.is_not(None)
            value = now() if mailed else None
            session.execute(update(Notice).where(*this, other).values(mailed_at=value))
