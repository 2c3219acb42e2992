"""The caller's account: name, language, municipality, password, sessions and API tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.accounts import accounts, audit, passwords, sessions, tokens
from kb.messages import N_, Message, PermanentError
from kb.own_data.erasing import erase_account
from kb.own_data.taking import take_along
from kb.periodical.digests import (
    choose_digest,
    find_last_failed,
    forget_failures,
    was_stopped,
)
from kb.places import municipalities
from kb.runtime import mail
from kb.storage.accounts import Account
from web.exports.own_data import write_json_zip
from web.forms.place_name import PROPOSED, name_place, read_place_code
from web.http.context import (
    AccessDep,
    OwnAccountDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    own_account,
    services,
)
from web.http.cookies import forget_session, keep_language, keep_session, session_token
from web.http.limits import RateLimited, limited
from web.http.queues import QueuedWork, queued
from web.presenters.follows import list_followed
from web.rendering.i18n import load_locales
from web.rendering.names import RIGHTS

PATH = "/account"
router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(own_account)])

DONE = {
    "saved": N_("Saved."),
    "password": N_("The password was changed; the account was signed out everywhere else."),
    "closed": N_("The session has ended."),
    "revoked": N_("The token does not work any more."),
}
NO_STORE = {"Cache-Control": "no-store"}
Typed = Annotated[str, Form()]


class AboutMe(BaseModel):
    """The form of the account's profile."""

    full_name: str = ""
    email: str = ""
    language: str = ""
    municipality: str = ""


@dataclass(frozen=True)
class AccountView:
    """The state of the page: confirmation, new token, error and submitted profile."""

    done: str = ""
    token: str = ""
    problem: tuple[str, Message] | None = None
    own: AboutMe | None = None


@router.get("")
def own_page(
    view: ViewDep, services: ServicesDep, account_id: OwnAccountDep, done: str = ""
) -> Response:
    with services.database.session() as session:
        return _page(view, session, account_id, AccountView(done=done))


@router.post("")
def save(
    view: ViewDep,
    services: ServicesDep,
    account_id: OwnAccountDep,
    own: Annotated[AboutMe, Form()],
) -> Response:
    try:
        with services.database.transaction() as session:
            account = _own(session, account_id)
            account.municipality = read_place_code(own.municipality)
            _change_email(session, account, accounts.check_email(own.email))
            account.full_name = own.full_name.strip()[:200]
            account.language = own.language if own.language in load_locales() else ""
            audit.record_event(session, view.access, "account.change", account.id)
    except PermanentError as error:
        with services.database.session() as session:
            return _page(
                view, session, account_id, AccountView(own=own, problem=("own", error.message))
            )
    response = _back("saved")
    if account.language:
        keep_language(response, view.request, account.language)
    return response


@router.get("/data.zip", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)])
def take_data(services: ServicesDep, account_id: OwnAccountDep) -> Response:
    """All that the base holds about the caller, a JSON file for each kind."""
    with services.database.session() as session:
        found = take_along(session, _own(session, account_id))
    headers = NO_STORE | {"Content-Disposition": 'attachment; filename="terre-comuni-dati.zip"'}
    return Response(write_json_zip(found), media_type="application/zip", headers=headers)


@router.post("/erase", dependencies=[limited(RateLimited.SIGN_IN)])
def erase(
    view: ViewDep,
    services: ServicesDep,
    account_id: OwnAccountDep,
    name: Typed = "",
    password: Typed = "",
) -> Response:
    """Needs the account's name and, if it has one, the password."""
    try:
        with services.database.transaction() as session:
            account = _own(session, account_id)
            if name.strip().casefold() != account.name:
                raise PermanentError(N_("Write the name with which you sign in, to confirm."))
            if account.password_hash and not passwords.verify(account, password):
                raise PermanentError(N_("The current password is wrong: check it."))
            erase_account(session, view.access, account)
    except PermanentError as error:
        with services.database.session() as session:
            return _page(view, session, account_id, AccountView(problem=("erase", error.message)))
    response = RedirectResponse("/login?erased=true", 303)
    forget_session(response, view.request)
    return response


@router.post("/mails")
def choose_mails(
    view: ViewDep,
    services: ServicesDep,
    account_id: OwnAccountDep,
    due: Annotated[bool, Form()] = False,
    digest: Annotated[bool, Form()] = False,
) -> Response:
    with services.database.transaction() as session:
        account = _own(session, account_id)
        account.due_mails = due
        choose_digest(account, digest)
        audit.record_event(session, view.access, "account.change", account.id)
    return _back("saved")


@router.post("/password", dependencies=[limited(RateLimited.SIGN_IN)])
def change_password(
    view: ViewDep,
    services: ServicesDep,
    account_id: OwnAccountDep,
    old: Typed = "",
    new: Typed = "",
) -> Response:
    """Requires the old password, so that an unattended session does not suffice to take over the
    account."""
    try:
        with services.database.transaction() as session:
            account = _own(session, account_id)
            if not passwords.verify(account, old):
                raise PermanentError(N_("The current password is wrong: check it."))
            passwords.choose(account, new)
            sessions.close_all(session, account)
            tokens.revoke_all(session, accounts.access_of(account), account)
            audit.record_event(session, view.access, "account.password", account.id)
            response = _back("password")
            keep_session(response, view.request, session, account)
            return response
    except PermanentError as error:
        with services.database.session() as session:
            return _page(
                view, session, account_id, AccountView(problem=("password", error.message))
            )


@router.post("/sessions/close")
def close_sessions(
    view: ViewDep, services: ServicesDep, account_id: OwnAccountDep, which: Typed = ""
) -> Response:
    """End the session ``which``, or all others if it is empty."""
    with services.database.transaction() as session:
        account = _own(session, account_id)
        if which:
            sessions.close_one(session, account, which)
        else:
            sessions.close_all(session, account, but=session_token(view.request))
        audit.record_event(session, view.access, "account.sign_out", account.id)
    return _back("closed")


@router.post("/tokens")
def make_token(
    view: ViewDep,
    services: ServicesDep,
    account_id: OwnAccountDep,
    name: Typed = "",
    scopes: Annotated[list[Right] | None, Form()] = None,
    days: Annotated[int, Form()] = 90,
) -> Response:
    """The answer shows the token; it is not shown again."""
    try:
        with services.database.transaction() as session:
            account = _own(session, account_id)
            token = tokens.create(session, view.access, account, name, scopes or [], days)
    except PermanentError as error:
        with services.database.session() as session:
            return _page(view, session, account_id, AccountView(problem=("token", error.message)))
    with services.database.session() as session:
        return _page(view, session, account_id, AccountView(token=token))


@router.post("/tokens/{token_id}/revoke")
def revoke_token(
    token_id: str, access: AccessDep, services: ServicesDep, account_id: OwnAccountDep
) -> Response:
    with services.database.transaction() as session:
        tokens.revoke(session, access, _own(session, account_id), token_id)
    return _back("revoked")


def _page(view: RequestContext, session: Session, account_id: str, shown: AccountView) -> Response:
    account, settings = _own(session, account_id), services(view.request).settings
    candidates = municipalities.search(shown.own.municipality, PROPOSED) if shown.own else []
    response = view.page(
        "accounts/own.html",
        status=422 if shown.problem else 200,
        account=account,
        own=shown.own or _about(account),
        candidates=[name_place(place) for place in candidates],
        languages=list(load_locales().values()),
        open_sessions=sessions.open_sessions(session, account),
        this_session=sessions.digest(session_token(view.request)),
        tokens=accounts.tokens_of(session, account),
        scopes=_scopes(view.access),
        rights=RIGHTS,
        token=shown.token,
        followed=list_followed(session, view.access, account.id, view.reader),
        failed=find_last_failed(session, account.id),
        stopped=was_stopped(session, account),
        can_mail=mail.is_set(settings) and bool(settings.public_url),
        done=Message(DONE[shown.done]) if shown.done in DONE else None,
        problems=dict([shown.problem]) if shown.problem else {},
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )
    response.headers.update(NO_STORE)
    return response


def _change_email(session: Session, account: Account, email: str) -> None:
    """Give the account a mail address; failures of another one are not held against it."""
    if email != account.email:
        forget_failures(session, account.id)
        account.email = email


def _about(account: Account) -> AboutMe:
    place = municipalities.find(account.municipality or "")
    return AboutMe(
        full_name=account.full_name,
        email=account.email,
        language=account.language,
        municipality=name_place(place) if place else "",
    )


def _scopes(access: Access) -> list[tuple[Right, str]]:
    """Rights that a token of this account may have, in their order."""
    return [(right, RIGHTS[right]) for right in Right if access.may(right)]


def _own(session: Session, account_id: str) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise PermanentError(N_("This account is gone."))
    return account


def _back(done: str) -> RedirectResponse:
    return RedirectResponse(f"{PATH}?done={done}", 303)
