"""API tokens: secrets for programs, which act for an account with at most its rights."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.accounts import accounts, audit
from kb.accounts.sessions import NOTED, TOKEN_BYTES, digest
from kb.messages import N_, PermanentError
from kb.storage.accounts import Account, ApiToken
from kb.storage.tables import now

PREFIX = "kbt_"
"""Recognised by scanners for leaked secrets."""
MOST_DAYS = 366
"""Longest validity."""


def create(
    session: Session,
    by: Access,
    account: Account,
    name: str,
    scopes: Iterable[Right],
    days: int = 90,
) -> str:
    """Create a token and return it; only its checksum is stored.

    Raises:
        PermanentError: no name, too long a validity, or rights that the account does not have.
    """
    wanted = list(dict.fromkeys(scopes))
    if not name.strip() or len(name) > 100:
        raise PermanentError(N_("A token needs a name of 1 to 100 characters: say what it is for."))
    if not 1 <= days <= MOST_DAYS:
        raise PermanentError(N_("A token lasts 1 to {most} days."), most=MOST_DAYS)
    if not accounts.access_of(account).rights.issuperset(wanted):
        raise PermanentError(N_("A token may not do more than its account may."))
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = ApiToken(
        token_sha256=digest(token),
        account_id=account.id,
        name=name.strip(),
        scopes=[scope.value for scope in wanted],
        expires_at=now() + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.record_event(session, by, "token.create", row.id, name=row.name, scopes=row.scopes)
    return token


def find(session: Session, token: str) -> ApiToken | None:
    """The token's row, if it is valid and its account is not disabled; else None."""
    row = session.scalar(select(ApiToken).where(ApiToken.token_sha256 == digest(token)))
    if row is None or row.account.disabled:
        return None
    return None if row.expires_at is not None and row.expires_at <= now() else row


def access_of(row: ApiToken) -> Access:
    """The account's access, limited to the token's scopes."""
    whole = accounts.access_of(row.account)
    return replace(
        whole, rights=whole.rights & {Right(scope) for scope in row.scopes}, role=None, board=False
    )


def is_to_be_noted(row: ApiToken) -> bool:
    return row.used_at is None or row.used_at + NOTED <= now()


def note_use(session: Session, token_id: str) -> None:
    row = session.get(ApiToken, token_id)
    if row is not None:
        row.used_at = now()


def revoke_all(session: Session, by: Access, account: Account) -> None:
    """Revoke every token of the account, because tokens may have been made by someone who knew its
    password."""
    for row in session.scalars(select(ApiToken).where(ApiToken.account_id == account.id)):
        audit.record_event(session, by, "token.revoke", row.id, name=row.name)
        session.delete(row)


def revoke(session: Session, by: Access, account: Account, token_id: str) -> None:
    """Revoke one of the account's tokens; no effect if it does not exist."""
    row = session.get(ApiToken, token_id)
    if row is not None and row.account_id == account.id:
        audit.record_event(session, by, "token.revoke", row.id, name=row.name)
        session.delete(row)
