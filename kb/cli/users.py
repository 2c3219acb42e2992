"""``kb user``: accounts; works while the server runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from kb.access import Right, Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from kb.settings import Settings
    from kb.storage.accounts import Account

Name = Annotated[str, typer.Argument(help="What the person signs in with.")]

users = typer.Typer(help="Accounts: who may sign in, and as what.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(users, name="user")


@users.command()
def add(
    name: Annotated[str, typer.Argument(help="A short name or a mail address, without blanks.")],
    role: Annotated[Role, typer.Option(help="What the account is for.")],
    full_name: Annotated[str, typer.Option(help="What the person is called.")] = "",
    email: Annotated[str, typer.Option(help="Where to write to.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Make an account; prints the link with which its owner chooses a password."""
    from kb.access import OPERATOR
    from kb.accounts import accounts, links, passwords

    token = ""
    with _transaction() as (settings, session):
        account = accounts.create(session, name, role, full_name, email or None)
        if password_stdin:
            passwords.choose(account, sys.stdin.readline().rstrip("\r\n"))
        else:
            token = links.invite(session, OPERATOR, account)
    if token:
        typer.echo(_link(settings, token))
    else:
        typer.echo(f"{account.name} may sign in as {account.role}.")


@users.command("list")
def every(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Show all accounts."""
    from kb.accounts import accounts

    with _transaction() as (_, session):
        rows = [_row(account) for account in accounts.list_accounts(session)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        state = "disabled" if row["disabled"] else "" if row["password"] else "no password yet"
        typer.echo(f"{row['name']:30} {row['role']:10} {row['full_name']:30} {state}".rstrip())


def _row(account: Account) -> dict[str, str | bool]:
    return {
        "name": account.name,
        "role": account.role.value,
        "full_name": account.full_name,
        "email": account.email,
        "disabled": account.disabled,
        "password": bool(account.password_hash),
    }


@users.command("role")
def change_role(name: Name, role: Annotated[Role, typer.Argument(help="The new role.")]) -> None:
    """Change what an account may do; holds from its next request on."""
    from kb.access import OPERATOR
    from kb.accounts import accounts

    with _transaction() as (_, session):
        accounts.set_role(session, OPERATOR, accounts.get(session, name), role)


@users.command()
def disable(name: Name) -> None:
    """Let nobody in with an account; its sessions end at once."""
    from kb.access import OPERATOR
    from kb.accounts import accounts

    with _transaction() as (_, session):
        accounts.disable(session, OPERATOR, accounts.get(session, name))


@users.command()
def enable(name: Name) -> None:
    """Let the owner of a disabled account in again."""
    from kb.access import OPERATOR
    from kb.accounts import accounts

    with _transaction() as (_, session):
        accounts.enable(session, OPERATOR, accounts.get(session, name))


@users.command()
def reset(name: Name) -> None:
    """Print a link for choosing a new password; the old one works until it is used."""
    from kb.access import OPERATOR
    from kb.accounts import accounts, links

    with _transaction() as (settings, session):
        token = links.invite(session, OPERATOR, accounts.get(session, name))
    typer.echo(_link(settings, token))


@users.command("token")
def make_token(
    name: Name,
    purpose: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[
        list[Right] | None, typer.Option(help="What it may do beyond reading; may be repeated.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 90,
) -> None:
    """Print a new API token of an account; it is shown only this time."""
    from kb.access import OPERATOR
    from kb.accounts import accounts, tokens

    with _transaction() as (_, session):
        account = accounts.get(session, name)
        token = tokens.create(session, OPERATOR, account, purpose, scope or [], days)
    typer.echo(token)


@contextmanager
def _transaction() -> Iterator[tuple[Settings, Session]]:
    """Settings and a transaction; accounts need the database only, not the index."""
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    with open_services(settings) as services, services.database.transaction() as session:
        yield settings, session


def _link(settings: Settings, token: str) -> str:
    """The absolute address of a link: of the configured site, else of the running server."""
    from kb.accounts import links
    from kb.cli.operation import HOST, PORT
    from kb.runtime.ownership import find_owner

    owner = find_owner(settings.data_dir) if settings.embedded else None
    base = settings.public_url or (owner.url if owner else f"http://{HOST}:{PORT}")
    return links.address(base, token)
