"""Subscriptions without an account: asked for, confirmed by mail, left with one click, imported.

The functions work in the caller's transaction.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.accounts.sessions import TOKEN_BYTES, digest
from kb.messages import N_, Message, PermanentError
from kb.storage.network import OutgoingMail
from kb.storage.subscriptions import (
    Delivery,
    DeliveryState,
    Subscription,
    SubscriptionState,
    hash_address,
)
from kb.storage.tables import now

LAPSES = timedelta(days=7)
"""After so long a subscription that nobody confirmed is erased."""
AGAIN = timedelta(hours=1)
"""An address that asks again within it gets no second mail."""
_ADDRESS = re.compile(r"[^@\s,;<>()\[\]\\\"]+@(?:[\w-]+\.)+[^\W\d_][\w-]+")
_NAMED = re.compile(r"[^<>]*<([^<>]*)>")
_CELLS = re.compile(r"[\t;,]")
MOST_ROWS = 20_000
MOST_REFUSALS = 3
"""Issues refused in a row after which an address is erased."""


@dataclass(frozen=True)
class ImportRow:
    """A line that was not taken, numbered from 1."""

    number: int
    text: str
    reason: Message


@dataclass(frozen=True)
class ImportReport:
    added: int
    rejected: tuple[ImportRow, ...]


def normalize_address(typed: str) -> str:
    """The address of ``Name <address>`` or alone, with the host in lower case; empty if it is
    none."""
    typed = typed.strip().strip(";,\"'").strip()
    named = _NAMED.fullmatch(typed)
    address = named[1].strip() if named else typed
    local, _, host = address.rpartition("@")
    well_formed = _ADDRESS.fullmatch(address) and ".." not in address
    if not well_formed or not address.isprintable() or len(address) > 254:
        return ""
    if local.startswith(".") or local.endswith("."):
        return ""
    return f"{local}@{host.lower()}"


def ask_subscription(session: Session, address: str, language: str, consent: str) -> str | None:
    """Note that an address wants the magazine. Returns the token of the link that confirms it;
    None if it is subscribed already or was mailed a short while ago.

    Raises:
        PermanentError: it is no mail address.
    """
    known = normalize_address(address)
    if not known:
        raise PermanentError(N_("“{email}” is not a mail address."), email=address[:254])
    row = find_address(session, known)
    if row is not None and (
        row.state is not SubscriptionState.PENDING or row.asked_at > now() - AGAIN
    ):
        return None
    if row is None:
        row = Subscription(address=known)
        session.add(row)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row.language, row.consent = language, consent
    row.asked_at, row.confirm_sha256 = now(), digest(token)
    session.flush()
    return token


def find_address(session: Session, address: str) -> Subscription | None:
    """The subscription of an address, whichever case it is written in."""
    query = select(Subscription).where(
        Subscription.address_sha256 == hash_address(address), Subscription.address.is_not(None)
    )
    return session.scalars(query).first()


def find_pending(session: Session, token: str) -> Subscription | None:
    """The subscription that the link of the first mail confirms."""
    query = select(Subscription).where(Subscription.confirm_sha256 == digest(token))
    return session.scalars(query).one_or_none()


def find_to_leave(session: Session, token: str) -> Subscription | None:
    """The subscription of a mail, by the token in it."""
    query = select(Subscription).join(Delivery).where(Delivery.leave_sha256 == digest(token))
    return session.scalars(query).one_or_none() or find_pending(session, token)


def confirm_subscription(row: Subscription) -> None:
    """The link stays good, for whoever opens it twice."""
    if row.state is SubscriptionState.PENDING:
        row.state, row.confirmed_at = SubscriptionState.CONFIRMED, now()


def leave_subscription(
    session: Session, row: Subscription, state: SubscriptionState = SubscriptionState.LEFT
) -> None:
    """End a subscription and erase its address, of which the hash stays. Again, nothing changes."""
    if row.address is None:
        return
    ours = OutgoingMail.address == row.address, OutgoingMail.unsubscribe != ""
    session.execute(delete(OutgoingMail).where(*ours))
    waiting = Delivery.subscription_id == row.id, Delivery.state == DeliveryState.WAITING
    session.execute(update(Delivery).where(*waiting).values(state=DeliveryState.CANCELLED))
    row.address, row.state, row.left_at = None, state, now()
    row.refusals = 0


def erase_address(session: Session, access: Access, address: str) -> None:
    """End the subscription of an address for its owner.

    Raises:
        PermanentError: there is none.
    """
    row = find_address(session, normalize_address(address))
    if row is None:
        raise PermanentError(N_("There is no subscription of “{email}”."), email=address[:254])
    leave_subscription(session, row)
    audit.record_event(session, access, "subscriptions.erase", "magazine")


def erase_lapsed(session: Session) -> None:
    """Delete subscriptions that nobody confirmed in time."""
    lapsed = (
        Subscription.state == SubscriptionState.PENDING,
        Subscription.asked_at < now() - LAPSES,
    )
    if session.scalar(select(Subscription.id).where(*lapsed).limit(1)):
        session.execute(delete(Subscription).where(*lapsed))


def count_subscriptions(session: Session) -> Mapping[SubscriptionState, int]:
    rows = session.execute(select(Subscription.state, func.count()).group_by(Subscription.state))
    return {row[0]: row[1] for row in rows}


def import_addresses(
    session: Session, access: Access, text: str, language: str, consent: str
) -> ImportReport:
    """Add addresses that agreed elsewhere, one on a line or in the first cell with an ``@``.

    ``consent``: where and how they agreed, which is kept with each.

    Raises:
        PermanentError: there are no lines, too many, or nothing is said of the consent.
    """
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not consent:
        raise PermanentError(N_("Say where and how these people agreed."))
    if not lines:
        raise PermanentError(N_("Paste addresses, one on a line, or choose a file with them."))
    if len(lines) > MOST_ROWS:
        raise PermanentError(N_("At most {most} lines at once."), most=MOST_ROWS)
    known = _load_known(session)
    taken: dict[str, int] = {}
    rejected = []
    added = 0
    for number, line in lines:
        address = normalize_address(_find_cell(line))
        hashed = hash_address(address)
        reason = _find_objection(address, line, number, taken.get(hashed), known.get(hashed))
        if reason is not None:
            rejected.append(ImportRow(number, line[:200], reason))
            continue
        taken[hashed] = number
        row = Subscription(address=address, language=language, consent=consent)
        row.state, row.confirmed_at = SubscriptionState.CONFIRMED, now()
        session.add(row)
        added += 1
    session.flush()
    if added:
        audit.record_event(session, access, "subscriptions.import", "magazine", count=added)
    return ImportReport(added, tuple(rejected))


def _load_known(session: Session) -> Mapping[str, SubscriptionState]:
    """States by hash of the address; that of the present subscription, if it was ended before."""
    query = select(Subscription.address_sha256, Subscription.state)
    rows = session.execute(query.order_by(Subscription.address.is_not(None))).all()
    return {row[0]: row[1] for row in rows if row[0]}


_KNOWN: Mapping[SubscriptionState, str] = {
    SubscriptionState.PENDING: N_("It was asked for and is not confirmed yet: its owner decides."),
    SubscriptionState.CONFIRMED: N_("It is subscribed already."),
    SubscriptionState.LEFT: N_("Its owner unsubscribed: only they can subscribe it again."),
    SubscriptionState.STOPPED: N_("Its mail server refused several issues in a row."),
}


def _find_objection(
    address: str, line: str, number: int, first: int | None, known: SubscriptionState | None
) -> Message | None:
    """``first``: the line with the same address; ``known``: the state of its subscription."""
    if not address:
        if number == 1 and "@" not in line:
            return Message(N_("A heading, no address."))
        return Message(N_("Not a mail address: check how it is written."))
    if first is not None:
        return Message(N_("It stands on line {line} already."), {"line": first})
    return Message(_KNOWN[known]) if known is not None else None


def _find_cell(line: str) -> str:
    """The first cell with an ``@`` of a line of CSV; the line itself if there is none."""
    return next((cell for cell in _CELLS.split(line) if "@" in cell), line)
