"""Server-side sessions (OWASP ASVS 4, chapter 3). The browser holds a random token, the database
its SHA-256, so that a copy of the database does not allow signing in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kb.storage.accounts import Account, SignIn
from kb.storage.tables import now

NOTED = timedelta(minutes=5)
"""Resolution of the last use of a session, so that most requests do not write."""
TOKEN_BYTES = 32
"""Random bytes of a token."""


def open_session(session: Session, account: Account, lifetime: timedelta, device: str = "") -> str:
    """Sign an account in and return the token for the browser. Deletes expired sessions."""
    session.execute(delete(SignIn).where(SignIn.expires_at <= now()))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        SignIn(
            token_sha256=digest(token),
            account_id=account.id,
            device=device[:300],
            expires_at=now() + lifetime,
        )
    )
    return token


def find(session: Session, token: str, idle: timedelta) -> SignIn | None:
    """The session of a token, if it is neither expired nor idle for too long and the account is not
    disabled; else None."""
    found = session.get(SignIn, digest(token))
    if found is None or found.account.disabled:
        return None
    ended = found.expires_at <= now() or found.seen_at + idle <= now()
    return None if ended else found


def is_to_be_noted(found: SignIn) -> bool:
    return found.seen_at + NOTED <= now()


def note_use(session: Session, token: str) -> None:
    found = session.get(SignIn, digest(token))
    if found is not None:
        found.seen_at = now()


def open_sessions(session: Session, account: Account) -> Sequence[SignIn]:
    """The account's sessions, last used first."""
    mine = select(SignIn).where(SignIn.account_id == account.id, SignIn.expires_at > now())
    return session.scalars(mine.order_by(SignIn.seen_at.desc())).all()


def last_seen(session: Session) -> dict[str, datetime]:
    """Time of the last request of each signed-in account, by account id."""
    rows = session.execute(
        select(SignIn.account_id, func.max(SignIn.seen_at)).group_by(SignIn.account_id)
    )
    return dict(iter(rows))


def close_session(session: Session, token: str) -> None:
    session.execute(delete(SignIn).where(SignIn.token_sha256 == digest(token)))


def close_one(session: Session, account: Account, token_sha256: str) -> None:
    """End one of the account's sessions, identified by its token's SHA-256."""
    session.execute(
        delete(SignIn).where(SignIn.token_sha256 == token_sha256, SignIn.account_id == account.id)
    )


def close_all(session: Session, account: Account, but: str = "") -> None:
    """Sign the account out everywhere except in the session of the token ``but``."""
    session.execute(
        delete(SignIn).where(SignIn.account_id == account.id, SignIn.token_sha256 != digest(but))
    )


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
