"""Sign-in by password, sign-out, and links for choosing a password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from kb.accounts import accounts, links, openid, passwords, sessions
from kb.messages import N_, Message, PermanentError
from kb.storage.accounts import Account, OneTimeLink
from web.http.addresses import local_path
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.cookies import forget_session, is_known_device, session_token
from web.http.limits import RateLimited, RateLimits, address_of
from web.http.sign_in import start_session

router = APIRouter(include_in_schema=False)

WRONG = Message(N_("Wrong name or password: check both."))
LINK_PAGE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Headers of pages whose address is a secret."""
Typed = Annotated[str, Form()]


@router.get("/login")
def login_form(view: ViewDep, access: AccessDep, next: str = "/", erased: bool = False) -> Response:
    """``erased``: whether the caller has just erased the account."""
    if access.account_id is not None:
        return RedirectResponse(local_path(next), 303)
    return _show_login(view, local_path(next), erased=erased)


@router.post("/login")
def login(
    view: ViewDep,
    services: ServicesDep,
    name: Typed = "",
    password: Typed = "",
    next: Typed = "/",
) -> Response:
    """A wrong name gets the same answer as a wrong password, in the same time."""
    with services.database.session() as session:
        account = accounts.find(session, name[:200])
    tries = _SignInTries(view.request, name.strip().casefold()[:200], account)
    tries.count()
    if not passwords.verify(account, password) or account is None:
        return _show_login(view, local_path(next), name, WRONG)
    tries.forgive()
    with services.database.transaction() as session:
        return start_session(view, session, session.get_one(Account, account.id), local_path(next))


@router.post("/logout")
def logout(view: ViewDep, services: ServicesDep) -> Response:
    with services.database.transaction() as session:
        sessions.close_session(session, session_token(view.request))
    response = RedirectResponse("/", 303)
    forget_session(response, view.request)
    return response


@router.get(links.PATH + "{token}")
def invitation(token: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        return _show_choose(view, _require_link(session, token))


@router.post(links.PATH + "{token}")
def choose_password(
    token: str,
    view: ViewDep,
    services: ServicesDep,
    password: Typed = "",
    name: Typed = "",
    full_name: Typed = "",
) -> Response:
    """Set the password, invalidate the link, and sign the account in."""
    try:
        with services.database.transaction() as session:
            link = _require_link(session, token)
            if link.account is None:
                account = links.claim(session, link, name, full_name, password)
            else:
                account = links.redeem(session, link, password)
            return start_session(view, session, account, "/")
    except PermanentError as error:
        with services.database.session() as session:
            link = _require_link(session, token)
            return _show_choose(view, link, name, full_name, error.message)


class _SignInTries:
    """Counts sign-in attempts for a name.

    Unknown browsers are counted by name and address and, with a higher limit, by name alone; a
    browser that has signed in before has its own count, so that the owner cannot be locked out
    (OWASP, device cookies).
    """

    def __init__(self, request: Request, name: str, account: Account | None) -> None:
        self._limits: RateLimits = request.app.state.limits
        self._address = address_of(request)
        self._known = account is not None and is_known_device(request, account)
        source = "device" if self._known else self._address
        self._name, self._key = name, f"{source} {name}"

    def count(self) -> None:
        """Count an attempt. Raises TooManyRequests beyond a limit."""
        self._limits.count(RateLimited.SIGN_IN_ADDRESS, self._address)
        self._limits.count(RateLimited.SIGN_IN, self._key)
        if not self._known:
            self._limits.count(RateLimited.SIGN_IN_NAME, self._name)

    def forgive(self) -> None:
        self._limits.forgive(RateLimited.SIGN_IN, self._key)


def _show_login(
    view: RequestContext,
    back: str,
    name: str = "",
    problem: Message | None = None,
    *,
    erased: bool = False,
) -> Response:
    return view.page(
        "accounts/login.html",
        status=422 if problem else 200,
        name=name,
        back=back,
        problem=problem,
        erased=erased,
        elsewhere=openid.is_set(view.request.app.state.services.settings),
    )


def _require_link(session: Session, token: str) -> OneTimeLink:
    link = links.find(session, token)
    if link is None:
        raise HTTPException(410)
    return link


def _show_choose(
    view: RequestContext,
    link: OneTimeLink,
    name: str = "",
    full_name: str = "",
    problem: Message | None = None,
) -> Response:
    response = view.page(
        "accounts/choose.html",
        status=422 if problem else 200,
        purpose=link.purpose,
        account=link.account,
        name=name,
        full_name=full_name,
        problem=problem,
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )
    response.headers.update(LINK_PAGE)
    return response
