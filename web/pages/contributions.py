"""What visitors write: an error on a page, a practice to add; and the decision on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from kb.access import Right
from kb.messages import N_, Message, PermanentError
from kb.runtime import mail
from kb.site import contributions
from kb.site.contributions import ContributionForm
from kb.storage.site import ContributionKind, ContributionState
from kb.text.lines import one_line, several_lines
from web.http.addresses import local_path
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.limits import RateLimited, limited
from web.presenters.contribution_mails import answer_contribution

router = APIRouter(include_in_schema=False)
DECIDING = [requires(Right.REVIEW)]
SENDING = [limited(RateLimited.CONTRIBUTION)]
DECISIONS = {
    "accept": ContributionState.ACCEPTED,
    "decline": ContributionState.DECLINED,
    "spam": ContributionState.DECLINED,
}
"""Spam is declined without an answer and erased at once."""
MOST_SHOWN = 50


class ContributionFields(BaseModel):
    """The form of a visitor. ``leave_empty`` is hidden from people: programs that fill it in are
    thanked, and nothing is kept."""

    text: str = ""
    address: str = ""
    title: str = ""
    place: str = ""
    name: str = ""
    email: str = ""
    leave_empty: str = ""

    def read(self, kind: ContributionKind) -> ContributionForm:
        return ContributionForm(
            kind=kind,
            text=several_lines(self.text),
            address=one_line(self.address),
            title=one_line(self.title),
            place=one_line(self.place),
            name=one_line(self.name),
            email=one_line(self.email),
        )


class DecisionFields(BaseModel):
    """``do``: accept or decline."""

    do: str = ""
    reply: str = ""


@router.get("/contribute/error")
def error_form(view: ViewDep, services: ServicesDep, page: str = "", done: str = "") -> Response:
    sent = ContributionFields(address=local_path(page[: contributions.ADDRESS_LENGTH]))
    return _show_form(view, services, ContributionKind.ERROR, sent, {}, done)


@router.post("/contribute/error", dependencies=SENDING)
def report_error(
    view: ViewDep, services: ServicesDep, sent: Annotated[ContributionFields, Form()]
) -> Response:
    return _take(view, services, ContributionKind.ERROR, sent)


@router.get("/contribute/practice")
def practice_form(view: ViewDep, services: ServicesDep, done: str = "") -> Response:
    return _show_form(view, services, ContributionKind.PRACTICE, ContributionFields(), {}, done)


@router.post("/contribute/practice", dependencies=SENDING)
def propose_practice(
    view: ViewDep, services: ServicesDep, sent: Annotated[ContributionFields, Form()]
) -> Response:
    return _take(view, services, ContributionKind.PRACTICE, sent)


@router.get("/contributions", dependencies=DECIDING)
def contribution_list(view: ViewDep, services: ServicesDep, done: str = "") -> Response:
    return _show_list(view, services, done, "", DecisionFields(), None)


@router.post("/contributions/{contribution_id}", dependencies=DECIDING)
def decide(
    contribution_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[DecisionFields, Form()],
) -> Response:
    try:
        if sent.do not in DECISIONS:
            raise PermanentError(N_("Choose whether you accept or decline."))
        with services.database.transaction() as session:
            reply = several_lines(sent.reply)
            decided = contributions.decide(
                session, access, contribution_id, DECISIONS[sent.do], reply
            )
            if sent.do == "spam":
                contributions.erase(decided)
            else:
                answer_contribution(session, decided)
            draft = decided.revision_id
    except PermanentError as error:
        return _show_list(view, services, "", contribution_id, sent, error.message)
    services.item_ready.set()
    return RedirectResponse(f"/drafts/{draft}" if draft else f"/contributions?done={sent.do}", 303)


def _take(
    view: RequestContext, services: ServicesDep, kind: ContributionKind, sent: ContributionFields
) -> Response:
    form = sent.read(kind)
    problems = form.problems()
    try:
        if not problems and not sent.leave_empty:
            with services.database.transaction() as session:
                contributions.add_contribution(session, form, view.reader.code)
    except PermanentError as error:
        problems = {"": error.message}
    if problems:
        return _show_form(view, services, kind, sent, problems, "")
    return RedirectResponse(f"/contribute/{kind}?done=sent", 303)


def _show_form(
    view: RequestContext,
    services: ServicesDep,
    kind: ContributionKind,
    sent: ContributionFields,
    problems: dict[str, Message],
    done: str,
) -> Response:
    return view.page(
        f"contributions/{kind}.html",
        status=422 if problems else 200,
        sent=sent,
        problems=problems,
        done=done,
        longest=contributions.LONGEST,
        erased_days=contributions.ERASED.days,
        with_mail=mail.is_set(services.settings),
    )


def _show_list(  # the state of the page
    view: RequestContext,
    services: ServicesDep,
    done: str,
    wrong_id: str,
    sent: DecisionFields,
    problem: Message | None,
) -> Response:
    with services.database.session() as session:
        return view.page(
            "contributions/list.html",
            status=422 if problem else 200,
            waiting=contributions.list_open(session, MOST_SHOWN),
            count=contributions.count_open(session),
            decided=contributions.list_decided(session, MOST_SHOWN),
            done=done,
            wrong_id=wrong_id,
            sent=sent,
            problem=problem,
            with_mail=mail.is_set(services.settings),
            longest=contributions.TEXT_LENGTH,
        )
