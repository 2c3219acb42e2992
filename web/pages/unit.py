"""The desk of the operational unit: requests, proposed peers, meetings, what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.accounts.accounts import display_name
from kb.messages import N_, KbError, Message, PermanentError
from kb.network import profiles, requests
from kb.network.meetings import Meeting, propose_meeting
from kb.projects.due import list_due, list_still
from kb.projects.project import ENDED
from kb.projects.writing import read_project
from kb.storage.accounts import Account
from kb.storage.collections import Collection, EventType
from kb.storage.network import ContactRequest, RequestState
from kb.storage.projects import ProjectRow
from kb.storage.tables import now
from kb.text.lines import one_line, several_lines
from search.network_peers import Need, Peer
from web.exports.calendar import write_calendar
from web.http.addresses import site_of
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.errors import sentence_of
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.needs import find_need_peers
from web.presenters.network import STATES, present_peers
from web.presenters.network_mails import invite, relay_answer
from web.presenters.queries import ProjectListQuery

router = APIRouter(
    prefix="/desk", include_in_schema=False, dependencies=[requires(Right.COLLECTIONS)]
)
DUE_WITHIN = timedelta(days=30)
DECISIONS = {"accept": RequestState.ACCEPTED, "decline": RequestState.DECLINED}


class MeetingFields(BaseModel):
    """The form of a proposal. ``do``: meeting, accept, decline or settle."""

    do: str = "meeting"
    title: str = ""
    on: str = ""
    at: str = ""
    place: str = ""
    about: str = ""
    invited: list[str] = []
    reply: str = ""

    def read(self) -> tuple[Meeting, dict[str, Message]]:
        problems: dict[str, Message] = {}
        on, at = None, None
        try:
            on = date.fromisoformat(self.on.strip()) if self.on.strip() else None
        except ValueError:
            problems["on"] = Message(N_("Write the day as year-month-day, for example 2026-05-04."))
        try:
            at = time.fromisoformat(self.at.strip()) if self.at.strip() else None
        except ValueError:
            problems["at"] = Message(N_("Write the hour as hours and minutes, for example 15:30."))
        meeting = Meeting(
            title=one_line(self.title),
            on=on,
            at=at.replace(second=0, microsecond=0, tzinfo=None) if at else None,
            place=one_line(self.place),
            about=several_lines(self.about),
            invited=tuple(dict.fromkeys(self.invited)),
        )
        return meeting, problems


@dataclass(frozen=True)
class SeekingProject:
    """A project that seeks partners, with the question to the network that it leads to."""

    row: ProjectRow

    @property
    def question(self) -> dict[str, str]:
        project = read_project(self.row)
        need = "; ".join(project.seeks) or project.title
        return {"need": need[:1000], "where": project.place_name}


def _list_meetings(session: Session, access: Access, today: date) -> list[Collection]:
    """Meetings to come, the next first."""
    seen = queries.list_collections(session, access)
    coming = [
        one
        for one in seen
        if one.event_type is EventType.MEETING
        and one.held_on is not None
        and (one.held_until or one.held_on) >= today
    ]
    return sorted(coming, key=lambda one: (one.held_on or today, one.begins_at or time.min, one.id))


@router.get("")
def desk(view: ViewDep, services: ServicesDep, done: str = "") -> Response:
    today, silence = view.reader.today(), timedelta(days=services.settings.project_still_days)
    with services.database.session() as session:
        waiting = requests.list_for_unit(session)
        entered = profiles.list_entered(session)
        seeking = queries.matching_projects(session, view.access, ProjectListQuery(seeks=True))
        return view.page(
            "unit/desk.html",
            waiting=[
                (one, name, _name(session, one), one.to_unit and one.state is RequestState.ASKED)
                for one, name in waiting
            ],
            ages={one.id: (now() - one.asked_at).days for one, _ in waiting},
            due=list_due(session, view.access, today + DUE_WITHIN),
            today=today,
            still=list_still(session, view.access, now() - silence),
            still_days=silence.days,
            seeking=[SeekingProject(row) for row in seeking if row.stage not in ENDED],
            meetings=_list_meetings(session, view.access, today),
            counts=requests.count_requests(session),
            states=STATES,
            lapsed=[one for one in entered if profiles.is_lapsed(one)],
            done=done,
        )


@router.get("/requests/{request_id}", dependencies=[queued(QueuedWork.SEARCH)])
def request_page(request_id: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        request = requests.require_for_unit(session, request_id)
        sent = MeetingFields(about=request.question)
        return _show(view, services, session, request, sent, {})


@router.post("/requests/{request_id}", dependencies=[queued(QueuedWork.SEARCH)])
def decide(
    request_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[MeetingFields, Form()],
) -> Response:
    meeting, problems = sent.read()
    is_meeting = sent.do == "meeting"
    problems = meeting.problems(view.reader.today()) | problems if is_meeting else {}
    try:
        if not problems:
            with services.database.transaction() as session:
                request = requests.require_for_unit(session, request_id)
                _carry_out(view, session, services, request, sent, meeting)
            services.item_ready.set()
            return RedirectResponse(f"/desk?done={sent.do if sent.do in DONE else ''}", 303)
    except PermanentError as error:
        problems = {"": error.message}
    with services.database.session() as session:
        request = requests.require_for_unit(session, request_id)
        return _show(view, services, session, request, sent, problems)


DONE = ("meeting", "accept", "decline", "settle")


def _carry_out(  # the request and what is decided about it
    view: RequestContext,
    session: Session,
    services: ServicesDep,
    request: ContactRequest,
    sent: MeetingFields,
    meeting: Meeting,
) -> None:
    """Raises PermanentError for a decision that does not exist or is not possible any more."""
    if sent.do == "settle":
        requests.settle_report(session, request, view.access)
    elif sent.do in DECISIONS and request.to_unit:
        reply = several_lines(sent.reply)
        requests.answer(session, request, DECISIONS[sent.do], reply, view.access)
        relay_answer(session, services.settings, request)
    elif sent.do == "meeting" and request.to_unit:
        made, addresses = propose_meeting(session, view.access, request, meeting)
        calendar = write_calendar([made], site_of(view.request), services.settings.zone)
        invite(session, services.settings, meeting, addresses, calendar)
    else:
        raise PermanentError(N_("Choose what is to be done with the request."))


def _show(  # the state of the page
    view: RequestContext,
    services: ServicesDep,
    session: Session,
    request: ContactRequest,
    sent: MeetingFields,
    problems: dict[str, Message],
) -> Response:
    peers, problem = _propose(view, services, session, request)
    return view.page(
        "unit/request.html",
        status=422 if problems else 200,
        request=request,
        name=_name(session, request),
        peers=present_peers(session, view.access, peers, view.reader),
        peers_problem=problem,
        sent=sent,
        problems=problems,
        states=STATES,
        open=request.to_unit and request.state is RequestState.ASKED,
        longest=requests.TEXT_LENGTH,
    )


def _propose(
    view: RequestContext, services: ServicesDep, session: Session, request: ContactRequest
) -> tuple[list[Peer], Message | None]:
    """Who may help with the request: by its words, and from places like that of who asked."""
    sender = session.get(Account, request.account_id or "")
    place = (sender.municipality or "") if sender else ""
    need = Need(request.question[:1000], "", place, language=view.reader.code)
    if not request.question or not request.to_unit:
        return [], None
    try:
        return find_need_peers(services, session, view.access, need), None
    except KbError as error:
        return [], sentence_of(error)


def _name(session: Session, request: ContactRequest) -> str:
    return display_name(session.get(Account, request.account_id or ""))
