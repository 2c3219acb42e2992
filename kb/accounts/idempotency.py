"""Claim the key of a request, keep its answer for a day, give it back when it is sent again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.access import Access
from kb.storage.idempotency import IdempotentRequest
from kb.storage.tables import now

KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=5)
"""After so long without an answer the process that was at it is taken to have ended, and it is done
again, though it may have been done: the work of a request is written before its answer."""


@dataclass(frozen=True)
class KeptAnswer:
    status: int
    media_type: str
    body: bytes
    etag: str = ""


@dataclass(frozen=True)
class KeyClaim:
    """What is to be done about a request that came with a key.

    ``is_new``: the caller does the request, then keeps its answer or releases the key; both have an
    effect only while the key is claimed since ``begun_at``. If it is not new, ``is_same`` says
    whether the key was sent with the same request before, and ``answer`` is the answer to that one,
    None while it is being done.
    """

    is_new: bool
    is_same: bool = True
    answer: KeptAnswer | None = None
    begun_at: datetime | None = None


def digest_key(access: Access, key: str) -> str:
    """The id of a key, for this account with these rights: a token that may do less gets no answer
    that was given to one that may do more."""
    may = sorted((*map(str, access.rights), *map(str, access.visibilities), str(access.role)))
    told = "\0".join((access.account_id or "", *may, key))
    return hashlib.sha256(told.encode()).hexdigest()


def remove_old_requests(session: Session) -> None:
    """Delete the keys and answers that are older than ``KEPT``."""
    session.execute(delete(IdempotentRequest).where(IdempotentRequest.begun_at < now() - KEPT))


def claim_key(session: Session, access: Access, id: str, request_sha256: str) -> KeyClaim:
    """Claim a key in the caller's transaction, which also removes those that are too old."""
    remove_old_requests(session)
    begun_at = now()
    found = _find(session, id)
    if found is None:
        row = IdempotentRequest(
            id=id,
            account_id=access.account_id,
            request_sha256=request_sha256,
            begun_at=begun_at,
        )
        try:
            with session.begin_nested():
                session.add(row)
            return KeyClaim(is_new=True, begun_at=begun_at)
        except IntegrityError:  # another process claimed it at this moment
            found = _find(session, id)
    if found is None:
        return KeyClaim(is_new=False)
    if found.request_sha256 != request_sha256:
        return KeyClaim(is_new=False, is_same=False)
    if found.answered_at is None and found.begun_at < begun_at - ABANDONED:
        found.begun_at = begun_at
        return KeyClaim(is_new=True, begun_at=begun_at)
    if found.answered_at is None:
        return KeyClaim(is_new=False)
    answer = KeptAnswer(found.status or 200, found.media_type, found.body or b"", found.etag)
    return KeyClaim(is_new=False, answer=answer)


def keep_answer(session: Session, id: str, begun_at: datetime | None, answer: KeptAnswer) -> None:
    """Keep the answer of a claim, unless somebody else claimed the key since."""
    session.execute(
        update(IdempotentRequest)
        .where(IdempotentRequest.id == id, IdempotentRequest.begun_at == begun_at)
        .values(
            answered_at=now(),
            status=answer.status,
            media_type=answer.media_type,
            body=answer.body,
            etag=answer.etag,
        )
    )


def release_key(session: Session, id: str, begun_at: datetime | None) -> None:
    """Forget a request that did nothing, so that it can be sent again with the same key; unless
    somebody else claimed the key since."""
    session.execute(
        delete(IdempotentRequest).where(
            IdempotentRequest.id == id, IdempotentRequest.begun_at == begun_at
        )
    )


def _find(session: Session, id: str) -> IdempotentRequest | None:
    return session.scalars(
        select(IdempotentRequest).where(IdempotentRequest.id == id).with_for_update()
    ).one_or_none()
