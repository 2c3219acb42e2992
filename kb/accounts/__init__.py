"""Accounts: making them, signing in and out, and the access each gives."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from kb.access import ROLES, Access, Role
from kb.messages import N_, PermanentError
from kb.storage.people import Account


def create(session: Session, name: str, role: Role, full_name: str = "") -> Account:
    """Make an account that cannot sign in yet.

    Raises:
        PermanentError: the name is empty or taken.
    """
    name = name.strip().casefold()
    if not name or len(name) > 100 or any(c.isspace() for c in name):
        raise PermanentError(N_("A name for signing in has 1 to 100 characters and no blanks."))
    if session.scalar(select(exists().where(Account.name == name))):
        raise PermanentError(N_("The name “{name}” is taken: choose another."), name=name)
    account = Account(name=name, role=role, full_name=full_name)
    session.add(account)
    session.flush()
    return account


def exist(session: Session) -> bool:
    """Whether the installation has been claimed."""
    return bool(session.scalar(select(exists(select(Account.id)))))


def access_of(account: Account) -> Access:
    return replace(ROLES[account.role], account_id=account.id)
