"""Enrolment in events: the form, withdrawing, who takes part, certificates of attendance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Right
from kb.accounts.accounts import display_name
from kb.collections import enrolments
from kb.collections import participants as people
from kb.collections.enrolments import EnrolmentForm
from kb.messages import N_, Message, NotFound, PermanentError
from kb.paths.event_units import pass_on_attendance
from kb.runtime.services import Services
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionKind, Enrolment
from kb.text.lines import one_line
from web.exports.attendance import certificate, describe_event, list_participants
from web.http.addresses import site_of
from web.http.context import (
    AccessDep,
    OwnAccountDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    own_account,
    requires,
)
from web.http.limits import RateLimited, limited
from web.http.queues import QueuedWork, queued
from web.presenters.enrolment_mails import can_mail, hold_of, tell_enrolled, tell_moved_up
from web.presenters.queries import require_collection
from web.printing.download import PaperFormat, download_paper

router = APIRouter(include_in_schema=False)
CURATING = [requires(Right.COLLECTIONS)]


class EnrolmentFields(BaseModel):
    """The form. ``leave_empty`` is hidden from people: programs that fill it in are not
    enrolled."""

    name: str = ""
    body: str = ""
    email: str = ""
    leave_empty: str = ""

    def read(self) -> EnrolmentForm:
        return EnrolmentForm(one_line(self.name), one_line(self.body), one_line(self.email))


class AttendanceFields(BaseModel):
    """Ids of enrolments: ``before`` were marked when the form was opened, ``present`` are now."""

    before: list[str] = []
    present: list[str] = []


@router.get("/collections/{collection_id}/enrol")
def enrol_form(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, done: str = ""
) -> Response:
    return _show_form(view, services, collection_id, EnrolmentFields(), {}, done)


@router.post("/collections/{collection_id}/enrol", dependencies=[limited(RateLimited.ENROLMENT)])
def enrol(
    collection_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[EnrolmentFields, Form()],
) -> Response:
    form = sent.read()
    problems = form.problems()
    try:
        if sent.leave_empty:
            problems = {"": Message(N_("Not sent: a hidden field was filled in by a program."))}
        if not problems:
            with services.database.transaction() as session:
                event = _require_event(require_collection(session, access, collection_id))
                made, token = enrolments.enrol(
                    session,
                    event,
                    form,
                    view.reader.code,
                    view.reader.today(),
                    hold_of(services.settings),
                )
                tell_enrolled(session, services.settings, event, made, token)
                done = str(made.state)
                own = "" if can_mail(services.settings) else token
    except PermanentError as error:
        problems = {"": error.message}
    if problems:
        return _show_form(view, services, collection_id, sent, problems, "")
    services.item_ready.set()
    address = f"/enrolments/{own}" if own else f"/collections/{collection_id}/enrol"
    return RedirectResponse(f"{address}?done={done}", 303)


@router.get("/enrolments/{token}")
def enrolment_page(token: str, view: ViewDep, services: ServicesDep, done: str = "") -> Response:
    """The page of the link in the confirmation. Looking at it changes nothing."""
    return _show_own(view, services, token, done, None)


@router.post("/enrolments/{token}/confirm")
def confirm(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """Confirm the place, or the turn on the waiting list, by the button of the page."""
    try:
        with services.database.transaction() as session:
            enrolments.confirm(session, token, view.reader.today())
    except PermanentError as error:
        return _show_own(view, services, token, "", error.message)
    return RedirectResponse(f"/enrolments/{token}?done=confirmed", 303)


@router.post("/enrolments/{token}/account", dependencies=[Depends(own_account)])
def count_for_account(
    token: str, view: ViewDep, services: ServicesDep, account_id: OwnAccountDep
) -> Response:
    """Make the attendance count in the paths of the signed-in account."""
    try:
        with services.database.transaction() as session:
            event = enrolments.count_for_account(session, token, account_id)
            pass_on_attendance(session, event)
    except PermanentError as error:
        return _show_own(view, services, token, "", error.message)
    return RedirectResponse(f"/enrolments/{token}?done=counted", 303)


@router.post("/enrolments/{token}")
def withdraw(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """Give the place back; the first who waits moves up and is told by mail."""
    try:
        with services.database.transaction() as session:
            _, event = enrolments.require_enrolment(session, token)
            hold = hold_of(services.settings)
            for moved in enrolments.withdraw(session, token, view.reader.today(), hold):
                tell_moved_up(session, services.settings, event, moved)
    except PermanentError as error:
        return _show_own(view, services, token, "", error.message)
    services.item_ready.set()
    return RedirectResponse(f"/enrolments/{token}?done=withdrawn", 303)


@router.get("/collections/{collection_id}/participants", dependencies=CURATING)
def participants(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, done: str = ""
) -> Response:
    with services.database.session() as session:
        event = _require_event(require_collection(session, access, collection_id))
        listed = people.list_enrolments(session, event, view.reader.today())
        return view.page(
            "enrolments/participants.html",
            event=event,
            people=listed,
            accounts=_name_accounts(session, listed),
            seats=enrolments.count_seats(session, event),
            begun=people.has_begun(event, view.reader.today()),
            done=done,
        )


@router.post("/collections/{collection_id}/participants", dependencies=CURATING)
def note_attendance(
    collection_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[AttendanceFields, Form()],
) -> Response:
    with services.database.transaction() as session:
        event = _require_event(require_collection(session, access, collection_id))
        noted = people.Attendance(
            frozenset(sent.before),
            frozenset(sent.present),
            view.reader.today(),
            describe_event(event, view.reader),
        )
        people.note_attendance(session, access, event, noted)
        session.flush()
        pass_on_attendance(session, event)
    return RedirectResponse(f"/collections/{collection_id}/participants?done=saved", 303)


@router.get("/collections/{collection_id}/participants.{format}", dependencies=CURATING)
def participants_paper(
    collection_id: str,
    format: PaperFormat,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
) -> Response:
    """The list of those enrolled, to sign or to work with."""
    with services.database.session() as session:
        event = _require_event(require_collection(session, access, collection_id))
        listed = list_participants(
            event, people.list_enrolments(session, event, view.reader.today()), view.reader
        )
    return download_paper(f"{collection_id}-participants", format, listed)


@router.get("/certificates/{code}")
def certificate_page(code: str, view: ViewDep, services: ServicesDep) -> Response:
    """What verifies a certificate: who attended what, when."""
    with services.database.session() as session:
        found = people.find_certificate(session, code)
        response = view.page("enrolments/certificate.html", enrolment=found)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@router.get(
    "/certificates/{code}/certificate.pdf",
    dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)],
)
def certificate_paper(code: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        found = people.find_certificate(session, code)
        address = f"{site_of(view.request)}/certificates/{code}"
        paper = certificate(found, address, view.reader)
    return download_paper(f"certificate-{code}", PaperFormat.PDF, paper)


def _name_accounts(session: Session, listed: Sequence[Enrolment]) -> dict[str, str]:
    """Names of the accounts for which enrolments count, by id."""
    ids = {one.account_id for one in listed if one.account_id}
    rows = session.scalars(select(Account).where(Account.id.in_(ids)))
    return {row.id: display_name(row) for row in rows}


def _require_event(row: Collection) -> Collection:
    """Raises NotFound for a collection in which nobody enrols."""
    if row.kind is not CollectionKind.EVENT or row.places is None:
        raise NotFound()
    return row


def _show_form(  # the event, what was sent and what is wrong in it
    view: RequestContext,
    services: ServicesDep,
    collection_id: str,
    sent: EnrolmentFields,
    problems: dict[str, Message],
    done: str,
) -> Response:
    with services.database.session() as session:
        event = _require_event(require_collection(session, view.access, collection_id))
        return view.page(
            "enrolments/form.html",
            status=422 if problems else 200,
            event=event,
            open=enrolments.is_open(event, view.reader.today()),
            seats=enrolments.count_seats(session, event),
            sent=sent,
            problems=problems,
            done=done,
            longest=enrolments.LONGEST,
            erased_days=people.ERASED.days,
            hold_hours=services.settings.enrolment_hold_hours,
            with_mail=can_mail(services.settings),
        )


def _show_own(
    view: RequestContext, services: Services, token: str, done: str, problem: Message | None
) -> Response:
    with services.database.session() as session:
        found, event = enrolments.require_enrolment(session, token)
        response = view.page(
            "enrolments/own.html",
            status=422 if problem else 200,
            enrolment=found,
            event=event,
            open=enrolments.is_open(event, view.reader.today()),
            seats=enrolments.count_seats(session, event),
            token=token,
            owner=view.access.account_id if view.access.role is not None else None,
            done=done,
            problem=problem,
            with_mail=can_mail(services.settings),
        )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
