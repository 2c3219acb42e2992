"""The session that follows a successful sign-in, by password, link or OpenID Connect."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from kb.accounts import accounts, audit, sessions
from kb.storage.accounts import Account
from web.http.context import RequestContext
from web.http.cookies import keep_device, keep_session, session_token


def start_session(
    view: RequestContext, session: Session, account: Account, address: str
) -> Response:
    """Close the browser's session, start one of the account under a new token, log the sign-in.

    Returns the redirect to ``address`` that carries the cookies.
    """
    sessions.close_session(session, session_token(view.request))
    audit.record_event(session, accounts.access_of(account), "account.sign_in", account.id)
    response = RedirectResponse(address, 303)
    keep_session(response, view.request, session, account)
    keep_device(response, view.request, account)
    return response
