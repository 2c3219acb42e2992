"""What an account follows: collections, themes and places. The functions work in the caller's
transaction, and the caller checks that the target is there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kb.messages import N_, PermanentError
from kb.storage.accounts import Account
from kb.storage.following import Follow, FollowKind

MOST = 100
"""Follows per account."""


def follow(session: Session, account_id: str, kind: FollowKind, target: str) -> None:
    """Begin to follow; what is followed already stays as it is.

    Raises:
        PermanentError: the account follows ``MOST`` already.
    """
    session.get_one(Account, account_id, with_for_update=True)
    if is_followed(session, account_id, kind, target):
        return
    own = select(func.count()).select_from(Follow).where(Follow.account_id == account_id)
    if (session.scalar(own) or 0) >= MOST:
        raise PermanentError(
            N_("You follow {count} things, which is the limit: stop following one first."),
            count=MOST,
        )
    session.add(Follow(account_id=account_id, kind=kind, target=target))


def stop_following(session: Session, account_id: str, kind: FollowKind, target: str) -> None:
    """What is not followed stays so."""
    session.execute(
        delete(Follow).where(
            Follow.account_id == account_id, Follow.kind == kind, Follow.target == target
        )
    )


def is_followed(session: Session, account_id: str | None, kind: FollowKind, target: str) -> bool:
    found = select(Follow.id).where(
        Follow.account_id == account_id, Follow.kind == kind, Follow.target == target
    )
    return account_id is not None and session.scalar(found) is not None


def list_follows(session: Session, account_id: str) -> Sequence[Follow]:
    """By kind, the oldest first."""
    own = select(Follow).where(Follow.account_id == account_id)
    return session.scalars(own.order_by(Follow.kind, Follow.created_at, Follow.id)).all()
