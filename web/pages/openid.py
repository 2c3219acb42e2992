"""Sign-in by OpenID Connect, if configured."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from kb.accounts import openid
from kb.accounts.openid import Attempt
from kb.messages import N_, PermanentError
from web.http.addresses import local_path, site_of
from web.http.context import ServicesDep, ViewDep
from web.http.limits import RateLimited, RateLimits, address_of
from web.http.sign_in import start_session

PATH = "/login/openid"
COOKIE = "kb_openid"
TEN_MINUTES_S = 600

router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("")
def begin(request: Request, services: ServicesDep, next: str = "/") -> Response:
    """Redirect to the provider, with a cookie that binds its answer to this browser."""
    settings = services.settings
    if not openid.is_set(settings):
        raise HTTPException(404)
    limits: RateLimits = request.app.state.limits
    limits.count(RateLimited.SIGN_IN_ADDRESS, address_of(request))
    attempt = Attempt.begin(local_path(next))
    response = RedirectResponse(openid.address(settings, attempt, _return_address(request)), 303)
    kept = urlsafe_b64encode(json.dumps(asdict(attempt)).encode()).decode()
    response.set_cookie(
        COOKIE,
        kept,
        max_age=TEN_MINUTES_S,
        path=PATH,
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/return")
def come_back(request: Request, view: ViewDep, services: ServicesDep) -> Response:
    """The redirect URI: check the provider's answer and start a session."""
    settings = services.settings
    if not openid.is_set(settings):
        raise HTTPException(404)
    limits: RateLimits = request.app.state.limits
    limits.count(RateLimited.SIGN_IN_ADDRESS, address_of(request))
    attempt = _read_attempt(request)
    claims = openid.claims(settings, attempt, _return_address(request), request.query_params)
    with services.database.transaction() as session:
        account = openid.account_of(session, settings, claims)
        response = start_session(view, session, account, attempt.back)
    response.delete_cookie(COOKIE, path=PATH)
    return response


def _read_attempt(request: Request) -> Attempt:
    try:
        return Attempt(**json.loads(urlsafe_b64decode(request.cookies.get(COOKIE, ""))))
    except (ValueError, TypeError) as error:
        raise PermanentError(
            N_("This sign-in was not begun in this browser: begin again.")
        ) from error


def _return_address(request: Request) -> str:
    return site_of(request) + PATH + "/return"
