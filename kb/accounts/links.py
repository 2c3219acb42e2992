"""One-time links: invitation, new password, first administrator."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete
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
    """A token with which the account's owner sets a password; earlier ones stop working."""
    purpose = purpose_of(account)
    audit.record_event(session, by, f"account.{purpose}", account.id)
    return _make_link(session, purpose, account.id)


def purpose_of(account: Account) -> LinkPurpose:
    """INVITATION for an account without a password, else RESET."""
    return LinkPurpose.RESET if account.password_hash else LinkPurpose.INVITATION


def offer_claim(session: Session, *, one_process: bool = True) -> str:
    """A token that creates the first administrator. An earlier one stops working, unless several
    processes each offer one."""
    return _make_link(session, LinkPurpose.CLAIM, None, keep_others=not one_process)


def find(session: Session, token: str) -> OneTimeLink | None:
    """The unused and unexpired link of a token, or None."""
    link = session.get(OneTimeLink, digest(token))
    if link is None or link.expires_at <= now():
        return None
    if link.account is None:
        return None if accounts.has_admin(session) else link
    return None if link.account.disabled else link


def redeem(session: Session, link: OneTimeLink, password: str) -> Account:
    """Set the password of the link's account and sign it out everywhere.

    Raises:
        PermanentError: the password is not acceptable, or the link was used in the meantime.
    """
    account = _use_up(session, link)
    if account is None:
        raise _used_error()
    passwords.choose(account, password)
    sessions.close_all(session, account)
    tokens.revoke_all(session, accounts.access_of(account), account)
    audit.record_event(
        session, accounts.access_of(account), "account.password", account.id, by="link"
    )
    return account


def claim(session: Session, link: OneTimeLink, name: str, full_name: str, password: str) -> Account:
    """Create the first administrator.

    Raises:
        PermanentError: name or password is not acceptable, or the link was used in the meantime.
    """
    _use_up(session, link)
    account = accounts.create(session, name, Role.ADMIN, full_name, by=OPERATOR)
    passwords.choose(account, password)
    return account


def _use_up(session: Session, link: OneTimeLink) -> Account | None:
    """Mark the link as used and return its account. Of concurrent calls only one succeeds."""
    account = link.account
    of_all = OneTimeLink.account_id.is_(None)  # of those for the first administrator
    this = of_all if account is None else OneTimeLink.token_sha256 == link.token_sha256
    deleted = session.scalars(delete(OneTimeLink).where(this).returning(OneTimeLink.token_sha256))
    if link.token_sha256 not in deleted.all():
        raise _used_error()
    return account


def _used_error() -> PermanentError:
    return PermanentError(N_("This link was used or is too old: ask for another."))


def _make_link(
    session: Session, purpose: LinkPurpose, account_id: str | None, *, keep_others: bool = False
) -> str:
    gone = OneTimeLink.expires_at <= now()
    if not keep_others:
        mine = OneTimeLink.account_id
        gone = gone | (mine == account_id if account_id else mine.is_(None))
    session.execute(delete(OneTimeLink).where(gone))
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
    """The link's address on a site at ``site``."""
    return site.rstrip("/") + PATH + token
