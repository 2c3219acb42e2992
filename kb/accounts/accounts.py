"""Create, change and disable accounts, and compute their access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from kb.access import OPERATOR, ROLES, Access, Role
from kb.accounts import audit
from kb.messages import N_, PermanentError
from kb.storage.accounts import Account, ApiToken, OneTimeLink, SignIn


def create(
    session: Session,
    name: str,
    role: Role,
    full_name: str = "",
    email: str | None = None,
    by: Access = OPERATOR,
) -> Account:
    """Create an account without password. If ``email`` is empty and the name is a mail address,
    mail goes to it.

    Raises:
        PermanentError: the name is invalid or taken, or the mail address is invalid.
    """
    name = name.strip().casefold()
    if not name or len(name) > 100 or not name.isprintable() or any(c.isspace() for c in name):
        raise PermanentError(N_("A name for signing in has 1 to 100 characters and no blanks."))
    if find(session, name) is not None:
        raise PermanentError(N_("The name “{name}” is taken: choose another."), name=name)
    if email is None:
        email = name if "@" in name else ""
    address = check_email(email)
    account = Account(name=name, role=role, full_name=full_name.strip()[:200], email=address)
    session.add(account)
    session.flush()
    audit.record_event(session, by, "account.create", account.id, name=name, role=role.value)
    return account


def find(session: Session, name: str) -> Account | None:
    """The account with this sign-in name, ignoring case, or None."""
    return session.scalar(select(Account).where(Account.name == name.strip().casefold()))


def get(session: Session, name: str) -> Account:
    """Raises PermanentError when there is no such account."""
    account = find(session, name)
    if account is None:
        raise PermanentError(
            N_("There is no account “{name}”: see `kb user list`."), name=name.strip()
        )
    return account


def list_accounts(session: Session) -> Sequence[Account]:
    return session.scalars(select(Account).order_by(Account.name)).all()


def any_exists(session: Session) -> bool:
    """Whether there is any account."""
    return bool(session.scalar(select(exists(select(Account.id)))))


def has_admin(session: Session) -> bool:
    """Whether an account that is not disabled is an administrator, invited ones included."""
    admins = select(Account.id).where(Account.role == Role.ADMIN, Account.disabled.is_(False))
    return bool(session.scalar(select(exists(admins))))


def display_name(account: Account | None) -> str:
    """How others are told of the account: its full name, else the name with which it signs in. Of a
    mail address no more than what stands before the @. Empty without an account."""
    if account is None:
        return ""
    return (account.full_name or account.name).partition("@")[0].strip() or "?"


def access_of(account: Account) -> Access:
    return replace(
        ROLES[account.role],
        account_id=account.id,
        name=display_name(account),
        role=account.role,
        board=account.board,
    )


def set_board(session: Session, by: Access, account: Account, board: bool) -> None:
    """Put the account's owner on the scientific board, or take them off it."""
    if board is not account.board:
        account.board = board
        audit.record_event(
            session, by, "account.board" if board else "account.no_board", account.id
        )


def set_role(session: Session, by: Access, account: Account, role: Role) -> None:
    """Raises PermanentError when no administrator would be left."""
    if role is account.role:
        return
    if role is not Role.ADMIN:
        require_other_admin(session, account)
    audit.record_event(
        session, by, "account.role", account.id, was=account.role.value, role=role.value
    )
    account.role = role


def disable(session: Session, by: Access, account: Account) -> None:
    """Disable an account: sessions and links end at once, tokens stop working.

    Raises:
        PermanentError: no administrator would be left.
    """
    require_other_admin(session, account)
    account.disabled = True
    session.execute(delete(SignIn).where(SignIn.account_id == account.id))
    session.execute(delete(OneTimeLink).where(OneTimeLink.account_id == account.id))
    audit.record_event(session, by, "account.disable", account.id)


def enable(session: Session, by: Access, account: Account) -> None:
    account.disabled = False
    audit.record_event(session, by, "account.enable", account.id)


def tokens_of(session: Session, account: Account) -> Sequence[ApiToken]:
    mine = select(ApiToken).where(ApiToken.account_id == account.id)
    return session.scalars(mine.order_by(ApiToken.created_at.desc())).all()


_NOT_IN = frozenset(" <>,;")
"""Characters that would turn one mail address into several, or into a display name with an
address."""


def check_email(email: str) -> str:
    """The address without surrounding blanks. Only its rough form is checked; whether it works
    shows when mail is sent.

    Raises:
        PermanentError: it is not a mail address.
    """
    email = email.strip()
    before, _, after = email.rpartition("@")
    if email and not (
        before and after and len(email) <= 254 and email.isprintable() and not set(email) & _NOT_IN
    ):
        raise PermanentError(N_("“{email}” is not a mail address."), email=email[:254])
    return email


def require_other_admin(session: Session, leaving: Account) -> None:
    """Raises PermanentError if no other administrator is left. Locks the administrators' rows, so
    that two who remove each other at the same time do not both succeed."""
    admins = select(Account.id).where(Account.role == Role.ADMIN, Account.disabled.is_(False))
    present = session.scalars(admins.order_by(Account.id).with_for_update()).all()
    if list(present) == [leaving.id]:
        raise PermanentError(
            N_("This is the last administrator: make another one first, then change this account.")
        )
