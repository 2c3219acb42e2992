"""Accounts, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from kb.access import Right, Role
from kb.accounts import accounts, links, sessions
from kb.messages import N_, KbError, Message, PermanentError
from kb.runtime import mail
from kb.runtime.services import Services
from kb.settings import Settings
from kb.storage.accounts import Account, LinkPurpose
from web.http.addresses import site_of
from web.http.context import RequestContext, ServicesDep, ViewDep, requires
from web.rendering.i18n import load_locales
from web.rendering.names import ROLES

PATH = "/admin/accounts"
router = APIRouter(
    prefix="/admin", include_in_schema=False, dependencies=[requires(Right.ADMINISTER)]
)

DONE = {
    "role": N_("The role was changed."),
    "disabled": N_("The account is closed: nobody gets in with it any more."),
    "enabled": N_("The account is open again."),
    "board": N_("The scientific board was changed."),
}
LINK_TEXT = N_("With this link you choose the password of your account “{name}”. It works once.")
SUBJECTS = {
    LinkPurpose.INVITATION: N_("Welcome to Terre Comuni"),
    LinkPurpose.RESET: N_("A new password for Terre Comuni"),
}
SENT = N_("It was also sent to {email}.")
NOT_SENT = N_("It could not be sent by mail: {reason}")
Typed = Annotated[str, Form()]


class NewAccount(BaseModel):
    """The form of an invitation."""

    name: str = ""
    role: Role = Role.MEMBER
    full_name: str = ""
    email: str = ""


@router.get("/accounts")
def account_list(view: ViewDep, services: ServicesDep, done: str = "") -> Response:
    with services.database.session() as session:
        return _accounts(view, session, done=done)


@router.post("/accounts")
def invite(view: ViewDep, services: ServicesDep, new: Annotated[NewAccount, Form()]) -> Response:
    """Create an account; the answer shows its invitation link, which is not shown again."""
    try:
        with services.database.transaction() as session:
            account = accounts.create(
                session, new.name, new.role, new.full_name, new.email or None, by=view.access
            )
            token = links.invite(session, view.access, account)
    except PermanentError as error:
        with services.database.session() as session:
            return _accounts(view, session, new=new, problem=error.message)
    return _link_page(view, services, account, token)


@router.post("/accounts/{account_id}/link")
def hand_over(account_id: str, view: ViewDep, services: ServicesDep) -> Response:
    """Create a link for a new password; the answer shows it, and it is not shown again."""
    with services.database.transaction() as session:
        account = _account(session, account_id)
        token = links.invite(session, view.access, account)
    return _link_page(view, services, account, token)


@router.post("/accounts/{account_id}/role")
def change_role(
    account_id: str, view: ViewDep, services: ServicesDep, role: Annotated[Role, Form()]
) -> Response:
    with services.database.transaction() as session:
        accounts.set_role(session, view.access, _account(session, account_id), role)
    return RedirectResponse(f"{PATH}?done=role", 303)


@router.post("/accounts/{account_id}/board")
def change_board(
    account_id: str,
    view: ViewDep,
    services: ServicesDep,
    board: Annotated[bool, Form()] = False,
) -> Response:
    with services.database.transaction() as session:
        accounts.set_board(session, view.access, _account(session, account_id), board)
    return RedirectResponse(f"{PATH}?done=board", 303)


@router.post("/accounts/{account_id}/disable")
def disable(account_id: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.transaction() as session:
        accounts.disable(session, view.access, _account(session, account_id))
    return RedirectResponse(f"{PATH}?done=disabled", 303)


@router.post("/accounts/{account_id}/enable")
def enable(account_id: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.transaction() as session:
        accounts.enable(session, view.access, _account(session, account_id))
    return RedirectResponse(f"{PATH}?done=enabled", 303)


def _accounts(
    view: RequestContext,
    session: Session,
    *,
    done: str = "",
    new: NewAccount | None = None,
    problem: Message | None = None,
) -> Response:
    return view.page(
        "accounts/list.html",
        status=422 if problem else 200,
        accounts=accounts.list_accounts(session),
        last_seen=sessions.last_seen(session),
        roles=ROLES,
        new=new or NewAccount(),
        done=Message(DONE[done]) if done in DONE else None,
        problem=problem,
    )


def _link_page(view: RequestContext, services: Services, account: Account, token: str) -> Response:
    """Show the link, and mail it if mail is configured."""
    address = links.address(site_of(view.request), token)
    purpose = links.purpose_of(account)
    response = view.page(
        "accounts/link.html",
        account=account,
        address=address,
        days=links.VALID[purpose].days,
        sent=_send(view, services.settings, account, purpose, address),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _send(
    view: RequestContext, settings: Settings, account: Account, purpose: LinkPurpose, address: str
) -> Message | None:
    """Mail the link and return what happened. Requires a configured site address, because the
    ``Host`` of a request can be forged."""
    if not (mail.is_set(settings) and settings.public_url and account.email):
        return None
    reader = load_locales().get(account.language, view.reader).in_zone(settings.zone)
    text = reader.gettext(LINK_TEXT).format(name=account.name)
    try:
        mail.send(
            settings, account.email, reader.gettext(SUBJECTS[purpose]), f"{text}\n\n{address}\n"
        )
    except KbError as error:
        return Message(NOT_SENT, {"reason": view.reader.say(error.message)})
    return Message(SENT, {"email": account.email})


def _account(session: Session, account_id: str) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise HTTPException(404)
    return account
