"""Authentication: the access of a request's sender."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from secrets import compare_digest

from fastapi import Request

from kb.access import OPERATOR, PUBLIC, UNCLAIMED, Access
from kb.accounts import accounts, sessions, tokens
from kb.messages import TransientError
from kb.runtime.services import Services
from web.http.cookies import session_token
from web.http.programs import is_for_programs

FORWARDED = {"forwarded", "x-forwarded-for", "x-real-ip"}


class BadToken(Exception):
    """The request has an API token that is unknown, revoked or expired."""


def is_operator(request: Request, services: Services) -> bool:
    """Whether the request has the operator token, which only users of the data folder can read."""
    owner = services.ownership.owner
    return owner is not None and compare_digest(_bearer(request).encode(), owner.token.encode())


def access_of(request: Request, services: Services) -> Access:
    """What the sender of the request may see and do.

    Raises:
        BadToken: the request has an API token that is not valid.
    """
    if is_operator(request, services):
        return OPERATOR
    if shows_token(request):
        return _of_token(services, _bearer(request))
    if token := session_token(request):
        account = _of_session(services, token)
        if account is not None:
            return account
    if is_at_the_machine(request):
        with services.database.session() as session:
            if not accounts.any_exists(session):
                return UNCLAIMED
    return PUBLIC


def _of_session(services: Services, token: str) -> Access | None:
    """The access of the account whose session cookie the request has, while the session lasts."""
    idle = timedelta(minutes=services.settings.session_idle_minutes)
    with services.database.session() as session:
        found = sessions.find(session, token, idle)
        if found is None:
            return None
        access, stale = accounts.access_of(found.account), sessions.is_to_be_noted(found)
    if stale:
        with suppress(TransientError), services.database.transaction() as session:
            sessions.note_use(session, token)
    return access


def _of_token(services: Services, token: str) -> Access:
    with services.database.session() as session:
        row = tokens.find(session, token)
        if row is None:
            raise BadToken
        access, stale = tokens.access_of(row), tokens.is_to_be_noted(row)
    if stale:
        with suppress(TransientError), services.database.transaction() as session:
            tokens.note_use(session, row.id)
    return access


def is_anonymous(request: Request) -> bool:
    """Whether the request says nothing of its sender and comes from elsewhere: it is public."""
    return not (_bearer(request) or session_token(request) or is_at_the_machine(request))


def shows_token(request: Request) -> bool:
    """Whether the request authenticates by a token instead of cookie: one of ours, or any at an
    address for programs. On pages another one, as a proxy may send, says nothing."""
    scheme, token = _split_authorization(request)
    return scheme == "bearer" and (token.startswith(tokens.PREFIX) or is_for_programs(request))


def _bearer(request: Request) -> str:
    scheme, token = _split_authorization(request)
    return token if scheme == "bearer" else ""


def _split_authorization(request: Request) -> tuple[str, str]:
    """The scheme in lower case, and what follows it."""
    scheme, _, shown = request.headers.get("authorization", "").strip().partition(" ")
    return scheme.lower(), shown.strip()


def is_at_the_machine(request: Request) -> bool:
    """Whether the request comes from this machine and not through a proxy."""
    host = request.client.host if request.client else ""
    return host in ("127.0.0.1", "::1") and not FORWARDED.intersection(request.headers.keys())
