"""Events as units of paths: who attended, as their lists of participants say."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionKind, CollectionSection, Enrolment


def load_events(session: Session, path: Collection) -> dict[str, Collection]:
    """The event of each unit that has one, by the unit's id; without events that were deleted."""
    wanted = {one.id: one.event_id for one in path.sections if one.event_id}
    if not wanted:
        return {}
    rows = session.scalars(select(Collection).where(Collection.id.in_(wanted.values())))
    events = {row.id: row for row in rows if row.kind is CollectionKind.EVENT}
    return {unit: events[event] for unit, event in wanted.items() if event in events}


def is_on_list(session: Session, event: Collection, account_id: str) -> bool:
    """Whether an enrolment that counts for the account attended the event."""
    attended = select(Enrolment.id).where(
        Enrolment.collection_id == event.id,
        Enrolment.attended,
        Enrolment.account_id == account_id,
    )
    return session.scalars(attended.limit(1)).first() is not None


def list_units_of_event(session: Session, event: Collection) -> list[CollectionSection]:
    """The units of all paths that the event is part of."""
    return list(
        session.scalars(select(CollectionSection).where(CollectionSection.event_id == event.id))
    )


def find_participants(session: Session, event: Collection) -> dict[str, bool]:
    """Of the accounts for which an enrolment counts: whether they attended, by id."""
    rows = session.execute(
        select(Account.id, Enrolment.attended)
        .join(Enrolment, Enrolment.account_id == Account.id)
        .where(Enrolment.collection_id == event.id)
    )
    found: dict[str, bool] = {}
    for account_id, attended in rows:
        found[account_id] = found.get(account_id, False) or attended
    return found
