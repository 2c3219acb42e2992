"""Links that work once: an invitation, a new password, the first administrator."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from kb.access import OPERATOR, Access, Role
from kb.accounts import accounts, audit, passwords, sessions, tokens
from kb.accounts.sessions import TOKEN_BYTES, digest
from kb.messages import N_, PermanentError
from kb.storage.accounts import Account, LinkPurpose, OneTimeLink
from kb.storage.tables import now

VALID = {
    LinkPurpose.INVITATION: timedelta(days=7),
    LinkPurpose.RESET: timedelta(days=1),
    LinkPurpose.CLAIM: timedelta(days=1),
}
PATH = "/invitations/"


def invite(session: Session, by: Access, account: Account) -> str:
    """A token with which the account's owner chooses a password; earlier ones stop working."""
    purpose = purpose_of(account)
    audit.record_event(session, by, f"account.{purpose}", account.id)
    return _make(session, purpose, account.id)


def purpose_of(account: Account) -> LinkPurpose:
    """An account without a password is being invited."""
    return LinkPurpose.RESET if account.password_hash else LinkPurpose.INVITATION


def offer_claim(session: Session) -> str:
    """A token that makes the first administrator; an earlier one stops working."""
    return _make(session, LinkPurpose.CLAIM, None)


def find(session: Session, token: str) -> OneTimeLink | None:
    """The link of a token, while it may be used."""
    link = session.get(OneTimeLink, digest(token))
    if link is None or link.expires_at <= now():
        return None
    if link.account is None:
        return None if accounts.has_admin(session) else link
    return None if link.account.disabled else link


def redeem(session: Session, link: OneTimeLink, password: str) -> Account:
    """Choose the password of the link's account, once; it is signed out everywhere.

    Raises:
        PermanentError: the password is not good enough, or the link was used meanwhile.
    """
    account = _spend(session, link)
    if account is None:
        raise _used()
    passwords.choose(account, password)
    sessions.close_all(session, account)
    tokens.revoke_all(session, accounts.access_of(account), account)
    audit.record_event(
        session, accounts.access_of(account), "account.password", account.id, by="link"
    )
    return account


def claim(session: Session, link: OneTimeLink, name: str, full_name: str, password: str) -> Account:
    """Make the first administrator.

    Raises:
        PermanentError: the name or the password cannot be used, or the link was used meanwhile.
    """
    _spend(session, link)
    account = accounts.create(session, name, Role.ADMIN, full_name, by=OPERATOR)
    passwords.choose(account, password)
    return account


def _spend(session: Session, link: OneTimeLink) -> Account | None:
    """Whose link it is. Of several who use it at once, one gets past this."""
    account = link.account
    this = delete(OneTimeLink).where(OneTimeLink.token_sha256 == link.token_sha256)
    if session.scalar(this.returning(OneTimeLink.token_sha256)) is None:
        raise _used()
    return account


def _used() -> PermanentError:
    return PermanentError(N_("This link was used or is too old: ask for another."))


def _make(session: Session, purpose: LinkPurpose, account_id: str | None) -> str:
    mine = OneTimeLink.account_id == account_id if account_id else OneTimeLink.account_id.is_(None)
    session.execute(delete(OneTimeLink).where(or_(mine, OneTimeLink.expires_at <= now())))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        OneTimeLink(
            token_sha256=digest(token),
            account_id=account_id,
            purpose=purpose,
            expires_at=now() + VALID[purpose],
        )
    )
    return token


def address(site: str, token: str) -> str:
    """Where the link leads, on a site at ``site``."""
    return site.rstrip("/") + PATH + token
