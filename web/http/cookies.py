"""Cookies: choices of the reader, session and known device."""

from __future__ import annotations

import hmac
from datetime import timedelta
from hmac import compare_digest

from fastapi import Request, Response
from sqlalchemy.orm import Session

from kb.accounts import sessions
from kb.constants import A_YEAR_S
from kb.settings import Settings
from kb.storage.accounts import Account

LANGUAGE_COOKIE = "lang"
SESSION_COOKIE = "kb_session"
DEVICE_COOKIE = "kb_device"


def keep(
    response: Response, request: Request, name: str, value: str, age_s: int = A_YEAR_S
) -> None:
    """Set a cookie for this site, not readable by scripts, for ``age_s`` seconds."""
    secure = _settings(request).is_https
    response.set_cookie(name, value, max_age=age_s, secure=secure, httponly=True, samesite="lax")


def keep_language(response: Response, request: Request, code: str) -> None:
    keep(response, request, LANGUAGE_COOKIE, code)


def session_cookie(settings: Settings) -> str:
    """The name of the session cookie; with https prefixed ``__Host-``, which binds it to host and
    https."""
    return f"__Host-{SESSION_COOKIE}" if settings.is_https else SESSION_COOKIE


def session_token(request: Request) -> str:
    """The session token in the request; empty if there is none."""
    return request.cookies.get(session_cookie(_settings(request)), "")


def keep_session(response: Response, request: Request, session: Session, account: Account) -> None:
    """Open a session of the account and set its cookie and that of the account's language."""
    settings = _settings(request)
    lifetime = timedelta(hours=settings.session_hours)
    device = request.headers.get("user-agent", "")
    token = sessions.open_session(session, account, lifetime, device)
    keep(response, request, session_cookie(settings), token, int(lifetime.total_seconds()))
    if account.language:
        keep_language(response, request, account.language)


def keep_device(response: Response, request: Request, account: Account) -> None:
    """Set the cookie that proves a former sign-in of the account with this browser."""
    if account.password_hash:
        keep(response, request, DEVICE_COOKIE, _device_token(account))


def is_known_device(request: Request, account: Account) -> bool:
    """Whether the account has signed in with this browser since its password was set."""
    shown = request.cookies.get(DEVICE_COOKIE, "")
    return bool(account.password_hash) and compare_digest(
        shown.encode(), _device_token(account).encode()
    )


def _device_token(account: Account) -> str:
    """HMAC-SHA-256 of the account's id, keyed by the hash of its password."""
    return hmac.new(account.password_hash.encode(), account.id.encode(), "sha256").hexdigest()


def forget_session(response: Response, request: Request) -> None:
    """Delete the session cookie and make the browser clear the pages it cached."""
    settings = _settings(request)
    response.delete_cookie(
        session_cookie(settings), secure=settings.is_https, httponly=True, samesite="lax"
    )
    response.headers["Clear-Site-Data"] = '"cache"'


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.services.settings
    return settings
