"""Sessions kept on the server (OWASP ASVS 4, chapter 3): the browser holds a random token, the
database its SHA-256, so that a stolen database opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from kb.storage.people import Account, SignIn
from kb.storage.tables import now

LIFETIME = timedelta(days=14)
TOKEN_BYTES = 32


def open_session(session: Session, account: Account, device: str = "") -> str:
    """Sign an account in; the token is what the browser keeps."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        SignIn(
            token_sha256=digest(token),
            account_id=account.id,
            device=device[:300],
            expires_at=now() + LIFETIME,
        )
    )
    return token


def account_of(session: Session, token: str) -> Account | None:
    """Whose session the token is, while it is valid and the account is not disabled."""
    found = session.get(SignIn, digest(token))
    if found is None or found.expires_at <= now() or found.account.disabled:
        return None
    return found.account


def close_session(session: Session, token: str) -> None:
    session.execute(delete(SignIn).where(SignIn.token_sha256 == digest(token)))


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
