"""KeyClaim the key of a request, keep its answer for a day, give it back when it is sent again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.access import Access
from kb.storage.idempotency import IdempotentRequest
from kb.storage.tables import now

KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=5)
"""After so long without an answer the process that was at it has ended, and it is done again."""


@dataclass(frozen=True)
class KeptAnswer:
    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True)
class KeyClaim:
    """``is_new``: the caller does the request, then keeps or releases it. Otherwise ``answer`` is
    what was answered, None while it is being done; ``is_same``: whether it is the same request."""

    is_new: bool
    is_same: bool = True
    answer: KeptAnswer | None = None


def digest_key(access: Access, key: str) -> str:
    """The id of a key, for this account with these rights: a token that may do less gets no answer
    that was given to one that may do more."""
    may = sorted((*map(str, access.rights), *map(str, access.visibilities), str(access.role)))
    told = "\0".join((access.account_id or "", *may, key))
    return hashlib.sha256(told.encode()).hexdigest()


def claim_key(session: Session, access: Access, id: str, request_sha256: str) -> KeyClaim:
    """KeyClaim a key in the caller's transaction, which also removes those that are too old."""
    session.execute(delete(IdempotentRequest).where(IdempotentRequest.begun_at < now() - KEPT))
    found = _find(session, id)
    if found is None:
        row = IdempotentRequest(id=id, account_id=access.account_id, request_sha256=request_sha256)
        try:
            with session.begin_nested():
                session.add(row)
            return KeyClaim(is_new=True)
        except IntegrityError:  # another process claimed it at this moment
            found = _find(session, id)
    if found is None:
        return KeyClaim(is_new=False)
    if found.request_sha256 != request_sha256:
        return KeyClaim(is_new=False, is_same=False)
    if found.answered_at is None and found.begun_at < now() - ABANDONED:
        found.begun_at = now()
        return KeyClaim(is_new=True)
    if found.answered_at is None:
        return KeyClaim(is_new=False)
    answer = KeptAnswer(found.status or 200, found.media_type, found.body or b"")
    return KeyClaim(is_new=False, answer=answer)


def keep_answer(session: Session, id: str, answer: KeptAnswer) -> None:
    row = session.get(IdempotentRequest, id)
    if row is not None:
        row.answered_at, row.status = now(), answer.status
        row.media_type, row.body = answer.media_type, answer.body


def release_key(session: Session, id: str) -> None:
    """Forget a request that did nothing, so that it can be sent again with the same key."""
    session.execute(delete(IdempotentRequest).where(IdempotentRequest.id == id))


def _find(session: Session, id: str) -> IdempotentRequest | None:
    return session.scalars(
        select(IdempotentRequest).where(IdempotentRequest.id == id).with_for_update()
    ).one_or_none()
