"""The queue of addresses to visit: rows of ``fetched_sources`` with leases, so that a visit that a
killed process began is done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from ingest.fetching.addresses import parse_address, site_of
from ingest.fetching.refusal import NotFetched
from kb.messages import N_, Message, PermanentError
from kb.settings import Settings
from kb.storage.sources import Asked, FetchedSource, FetchSite, SourceState, address_id
from kb.storage.tables import now

LEASE = timedelta(seconds=120)
MAX_ATTEMPTS = 3
"""Attempts before a site that does not answer is given up."""
MAX_STARTS = 8
"""Times a visit is begun, counting those that the end of the program cut short."""


@dataclass(frozen=True)
class VisitClaim:
    """A visit that one worker holds until its lease expires."""

    id: str
    asked: Asked
    attempt: int
    worker: str


def require_enabled(settings: Settings) -> None:
    """Raises PermanentError if the settings do not allow sources to be fetched."""
    if not settings.fetch:
        raise PermanentError(
            N_(
                "Nothing is fetched from the network: set KB_FETCH=true, and KB_FETCH_CONTACT to a "
                "mail address or web page for those who run the sites that are asked."
            )
        )


def ask_for(
    session: Session, urls: Iterable[str], asked: Asked, account_id: str | None = None
) -> list[str]:
    """Queue visits. Returns the ids of the addresses, without repetitions. A check under way when
    fetching is asked for is given up."""
    ids = []
    for url in dict.fromkeys(one.strip() for one in urls):
        row = session.get(FetchedSource, address_id(url))
        if row is None:
            row = FetchedSource(id=address_id(url), url=url, site=_site(url))
            session.add(row)
        ids.append(row.id)
        if row.asked in (asked, Asked.FETCH) and _is_under_way(row):
            continue
        row.asked = Asked.FETCH if row.asked is Asked.FETCH else asked
        row.account_id, row.asked_at = account_id, now()
        row.attempts, row.run_after = 0, None
        row.claimed_by, row.lease_until = "", None
    session.flush()
    return ids


def claim(session: Session, worker: str) -> VisitClaim | None:
    """Claim the next due visit to a site that is free, or None."""
    moment = now()
    due = (
        select(FetchedSource.id)
        .where(_is_waiting(moment), _is_site_free(moment), FetchedSource.attempts < MAX_STARTS)
        .order_by(FetchedSource.asked_at, FetchedSource.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        update(FetchedSource)
        .where(FetchedSource.id == due.scalar_subquery())
        .values(
            claimed_by=worker,
            lease_until=moment + LEASE,
            attempts=FetchedSource.attempts + 1,
        )
        .returning(FetchedSource.id, FetchedSource.asked, FetchedSource.attempts)
    ).first()
    return VisitClaim(*taken, worker) if taken else None


def _is_waiting(moment: datetime) -> ColumnElement[bool]:
    due = or_(FetchedSource.run_after.is_(None), FetchedSource.run_after <= moment)
    free = or_(FetchedSource.lease_until.is_(None), FetchedSource.lease_until < moment)
    return (FetchedSource.asked != Asked.NOTHING) & due & free


def _is_site_free(moment: datetime) -> ColumnElement[bool]:
    other = aliased(FetchedSource)
    visited = select(other.id).where(other.site == FetchedSource.site, other.lease_until >= moment)
    resting = select(FetchSite.site).where(
        FetchSite.site == FetchedSource.site,
        or_(FetchSite.next_at > moment, FetchSite.busy_until > moment),
    )
    return ~exists(visited) & ~exists(resting)


def hold(session: Session, ids: Iterable[str], worker: str) -> None:
    """Renew the leases of visits under way."""
    session.execute(
        update(FetchedSource)
        .where(FetchedSource.id.in_(ids), FetchedSource.claimed_by == worker)
        .values(lease_until=now() + LEASE)
    )


def finish(session: Session, claim: VisitClaim, values: Mapping[str, Any]) -> bool:
    """Store the outcome. False if another worker has taken the visit over."""
    free = {"asked": Asked.NOTHING, "claimed_by": "", "lease_until": None, "run_after": None}
    return _update_held(session, claim, {**values, **free, "checked_at": now()})


def postpone(session: Session, claim: VisitClaim, reason: Message, wait_s: float) -> bool:
    """Leave the visit to a later attempt."""
    values = {
        "run_after": now() + timedelta(seconds=wait_s),
        "lease_until": None,
        "reason": reason.as_json(),
    }
    return _update_held(session, claim, values)


def release(session: Session, worker: str | None = None) -> None:
    """Give visits back to the queue: of one worker that stops, or of all for the owner of the data
    folder at start. What was begun too often is given up."""
    held: ColumnElement[bool] = FetchedSource.lease_until.is_not(None)
    if worker is not None:
        held = held & (FetchedSource.claimed_by == worker)
    session.execute(update(FetchedSource).where(held).values(lease_until=None, claimed_by=""))
    session.execute(
        update(FetchedSource)
        .where(FetchedSource.asked != Asked.NOTHING, FetchedSource.attempts >= MAX_STARTS)
        .values(asked=Asked.NOTHING, state=SourceState.FAILED, reason=STOPPED.as_json())
    )


def _is_under_way(row: FetchedSource) -> bool:
    return row.lease_until is not None and row.lease_until > now()


def count_waiting(session: Session, ids: Iterable[str]) -> int:
    rows = select(FetchedSource.id).where(
        FetchedSource.id.in_(ids), FetchedSource.asked != Asked.NOTHING
    )
    return len(session.scalars(rows).all())


STOPPED = Message(N_("The program stopped each time it fetched this: download it by hand."))


def _update_held(session: Session, claim: VisitClaim, values: Mapping[str, Any]) -> bool:
    ours = (
        (FetchedSource.id == claim.id)
        & (FetchedSource.claimed_by == claim.worker)
        & (FetchedSource.attempts == claim.attempt)
    )
    changed = session.execute(
        update(FetchedSource).where(ours).values(**values).returning(FetchedSource.id)
    )
    return changed.first() is not None


def _site(url: str) -> str:
    try:
        return site_of(parse_address(url))
    except NotFetched:
        return ""
