"""Enrolment in events: the form, withdrawing, who takes part, certificates of attendance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from kb.access import Right
from kb.collections import enrolments
from kb.collections.enrolments import EnrolmentForm
from kb.messages import Message, NotFound, PermanentError
from kb.runtime import mail
from kb.storage.collections import Collection, CollectionKind
from kb.text.lines import one_line
from web.exports.attendance import certificate, list_participants
from web.http.addresses import site_of
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.limits import RateLimited, limited
from web.presenters.enrolment_mails import confirm, tell_moved_up
from web.presenters.queries import require_collection
from web.printing.download import PaperFormat, download_paper

router = APIRouter(include_in_schema=False)
CURATING = [requires(Right.COLLECTIONS)]


class EnrolmentFields(BaseModel):
    """The form. ``website`` is hidden from people: programs that fill it in are not enrolled."""

    name: str = ""
    body: str = ""
    email: str = ""
    website: str = ""

    def read(self) -> EnrolmentForm:
        return EnrolmentForm(one_line(self.name), one_line(self.body), one_line(self.email))


class AttendanceFields(BaseModel):
    """``present``: ids of the enrolments of those who attended."""

    present: list[str] = []


@router.get("/collections/{collection_id}/enrol")
def enrol_form(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, done: str = ""
) -> Response:
    return _show_form(view, services, collection_id, EnrolmentFields(), {}, done)


@router.post("/collections/{collection_id}/enrol", dependencies=[limited(RateLimited.CONTRIBUTION)])
def enrol(
    collection_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[EnrolmentFields, Form()],
) -> Response:
    form = sent.read()
    problems = form.problems()
    done = "sent"
    try:
        if not problems and not sent.website:
            with services.database.transaction() as session:
                event = _require_event(require_collection(session, access, collection_id))
                made, token = enrolments.enrol(
                    session, event, form, view.reader.code, view.reader.today()
                )
                confirm(session, services.settings, event, made, token)
                done = str(made.state)
    except PermanentError as error:
        problems = {"": error.message}
    if problems:
        return _show_form(view, services, collection_id, sent, problems, "")
    services.item_ready.set()
    return RedirectResponse(f"/collections/{collection_id}/enrol?done={done}", 303)


@router.get("/enrolments/{token}")
def enrolment_page(token: str, view: ViewDep, services: ServicesDep, done: str = "") -> Response:
    """The page of the link in the confirmation. Looking at it changes nothing."""
    with services.database.session() as session:
        found, event = enrolments.require_enrolment(session, token)
        return view.page(
            "enrolments/own.html", enrolment=found, event=event, token=token, done=done
        )


@router.post("/enrolments/{token}")
def withdraw(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """Give the place back; the first who waits moves up and is told by mail."""
    with services.database.transaction() as session:
        _, event = enrolments.require_enrolment(session, token)
        for moved in enrolments.withdraw(session, token):
            tell_moved_up(session, services.settings, event, moved)
    services.item_ready.set()
    return RedirectResponse(f"/enrolments/{token}?done=withdrawn", 303)


@router.get("/collections/{collection_id}/participants", dependencies=CURATING)
def participants(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, done: str = ""
) -> Response:
    with services.database.session() as session:
        event = _require_event(require_collection(session, access, collection_id))
        return view.page(
            "enrolments/participants.html",
            event=event,
            people=enrolments.list_enrolments(session, event),
            seats=enrolments.count_seats(session, event),
            begun=event.held_on is not None and event.held_on <= view.reader.today(),
            done=done,
        )


@router.post("/collections/{collection_id}/participants", dependencies=CURATING)
def note_attendance(
    collection_id: str,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[AttendanceFields, Form()],
) -> Response:
    with services.database.transaction() as session:
        event = _require_event(require_collection(session, access, collection_id))
        enrolments.note_attendance(session, access, event, frozenset(sent.present))
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
        listed = list_participants(event, enrolments.list_enrolments(session, event), view.reader)
    return download_paper(f"{collection_id}-participants", format, listed)


@router.get("/certificates/{code}")
def certificate_page(code: str, view: ViewDep, services: ServicesDep) -> Response:
    """What verifies a certificate: who attended what, when."""
    with services.database.session() as session:
        found, event = enrolments.find_certificate(session, code)
        return view.page("enrolments/certificate.html", enrolment=found, event=event)


@router.get("/certificates/{code}/certificate.pdf", dependencies=[limited(RateLimited.PAPER)])
def certificate_paper(code: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        found, event = enrolments.find_certificate(session, code)
        paper = certificate(
            event, found, f"{site_of(view.request)}/certificates/{code}", view.reader
        )
    return download_paper(f"certificate-{code}", PaperFormat.PDF, paper)


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
            longest={"name": enrolments.LINE_LENGTH, "body": enrolments.LINE_LENGTH, "email": 254},
            erased_days=enrolments.ERASED.days,
            with_mail=mail.is_set(services.settings),
        )
