"""Requests: asking, answering with an account or by the link of the mail, reporting."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from kb.access import PUBLIC, Right
from kb.accounts.accounts import display_name
from kb.messages import N_, Message, NotFound, PermanentError
from kb.network import profiles, requests
from kb.network.requests import RequestForm
from kb.runtime import mail
from kb.storage.accounts import Account
from kb.storage.network import ContactRequest
from kb.text.lines import several_lines
from web.forms.contact import decide_request, send_request
from web.http.context import (
    AccessDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    require_account,
    requires,
)
from web.presenters.network import STATES

router = APIRouter(prefix="/network", include_in_schema=False)
NOTES = [requires(Right.NOTES)]
NOT_SHOWN = N_(
    "This profile is no longer shown. Your text is below: send it, and it goes to the operational "
    "unit."
)


class AskFields(BaseModel):
    """The form of a request. ``to`` is empty for one to the operational unit."""

    to: str = ""
    question: str = ""
    tried: str = ""
    gives_address: bool = False

    def read(self) -> RequestForm:
        return RequestForm(
            self.to, several_lines(self.question), several_lines(self.tried), self.gives_address
        )


class AnswerFields(BaseModel):
    """``do``: accept, decline or report."""

    do: str = ""
    reply: str = ""


@router.get("/ask", dependencies=NOTES)
def ask_form(
    view: ViewDep, services: ServicesDep, access: AccessDep, to: str = "", need: str = ""
) -> Response:
    with services.database.session() as session:
        return _show_ask(view, session, AskFields(to=to, question=need[: requests.TEXT_LENGTH]), {})


@router.post("/ask", dependencies=NOTES)
def ask(
    view: ViewDep, services: ServicesDep, access: AccessDep, sent: Annotated[AskFields, Form()]
) -> Response:
    asked = sent.read()
    require_account(access)
    problems = asked.problems()
    try:
        if not problems:
            with services.database.transaction() as session:
                send_request(session, services.settings, access, asked)
    except PermanentError as error:
        problems = {"": error.message}
    except NotFound:
        problems = {"": Message(NOT_SHOWN)}
        sent = sent.model_copy(update={"to": ""})
    if problems:
        with services.database.session() as session:
            return _show_ask(view, session, sent, problems)
    services.item_ready.set()
    return RedirectResponse("/network/requests?done=asked", 303)


@router.get("/requests", dependencies=NOTES)
def own_requests(
    view: ViewDep, services: ServicesDep, access: AccessDep, done: str = ""
) -> Response:
    with services.database.session() as session:
        return _show_requests(view, session, services, require_account(access), done)


@router.post("/requests/{request_id}", dependencies=NOTES)
def answer_request(
    request_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[AnswerFields, Form()],
) -> Response:
    account_id = require_account(access)
    try:
        with services.database.transaction() as session:
            request = requests.require_received(session, account_id, request_id)
            decide_request(session, services.settings, request, sent.do, sent.reply, access)
    except PermanentError as error:
        with services.database.session() as session:
            return _show_requests(
                view, session, services, account_id, "", (request_id, sent, error.message)
            )
    services.item_ready.set()
    return RedirectResponse(
        f"/network/requests?done={'reported' if sent.do == 'report' else 'answered'}", 303
    )


@router.get("/answer/{token}")
def answer_page(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """The page of the link in a relayed mail. Looking at it changes nothing."""
    with services.database.session() as session:
        return _show_answer(view, session, token, AnswerFields(), None)


@router.post("/answer/{token}")
def answer_by_link(
    token: str, view: ViewDep, services: ServicesDep, sent: Annotated[AnswerFields, Form()]
) -> Response:
    problem = None
    try:
        with services.database.transaction() as session:
            request = _require_link(session, token)
            decide_request(session, services.settings, request, sent.do, sent.reply, PUBLIC)
        services.item_ready.set()
    except PermanentError as error:
        problem = error.message
    with services.database.session() as session:
        again = sent if problem else AnswerFields()
        return _show_answer(view, session, token, again, problem)


def _require_link(session: Session, token: str) -> ContactRequest:
    request = requests.find_by_link(session, token)
    if request is None or request.profile_id is None:
        raise NotFound()
    return request


def _show_answer(
    view: RequestContext,
    session: Session,
    token: str,
    sent: AnswerFields,
    problem: Message | None,
) -> Response:
    request = _require_link(session, token)
    sender = session.get(Account, request.account_id or "")
    response = view.page(
        "network/answer.html",
        status=422 if problem else 200,
        request=request,
        name=display_name(sender),
        address=f"/network/answer/{token}",
        sent=sent,
        problem=problem,
        states=STATES,
        longest=requests.TEXT_LENGTH,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _show_ask(
    view: RequestContext, session: Session, sent: AskFields, problems: dict[str, Message]
) -> Response:
    """Raises NotFound for a profile that the caller may not see."""
    profile = profiles.require_visible(session, view.access, sent.to) if sent.to else None
    account = session.get(Account, view.access.account_id or "")
    return view.page(
        "network/ask.html",
        status=422 if problems else 200,
        profile=profile,
        sent=sent,
        problems=problems,
        per_week=requests.PER_WEEK,
        days=requests.LAPSES.days,
        erased_days=requests.ERASED.days,
        has_email=bool(account and account.email),
        longest=requests.TEXT_LENGTH,
    )


def _show_requests(  # the state of the page
    view: RequestContext,
    session: Session,
    services: ServicesDep,
    account_id: str,
    done: str,
    wrong: tuple[str, AnswerFields, Message] | None = None,
) -> Response:
    received = requests.list_received(session, account_id)
    senders = {one.id: session.get(Account, one.account_id or "") for one in received}
    return view.page(
        "network/requests.html",
        status=422 if wrong else 200,
        made=requests.list_made(session, account_id),
        received=[(one, display_name(senders[one.id])) for one in received],
        states=STATES,
        done=done,
        wrong_id=wrong[0] if wrong else "",
        sent=wrong[1] if wrong else AnswerFields(),
        problem=wrong[2] if wrong else None,
        has_profile=profiles.find_own(session, account_id) is not None,
        mail=mail.is_set(services.settings),
        longest=requests.TEXT_LENGTH,
    )
