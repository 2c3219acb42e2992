"""The network: what somebody needs, who may help and why, and the page of a profile."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from kb.access import Right
from kb.messages import KbError, Message
from kb.network import profiles
from kb.storage.network import Profile
from search.network_peers import Need
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.errors import announce_retry, sentence_of, status_of
from web.http.limits import RateLimited, limited
from web.http.own_place import find_own_place
from web.http.queues import QueuedWork, queued
from web.presenters.needs import find_need_peers, list_wheres, read_where
from web.presenters.network import present_peers, present_profiles

router = APIRouter(prefix="/network", include_in_schema=False)


class NeedQuery(BaseModel):
    """The two fields of the question. ``where``: a theme or a municipality."""

    need: str = Field(default="", max_length=1000)
    where: str = Field(default="", max_length=200)


@router.get(
    "", dependencies=[limited(RateLimited.SEARCH), queued(QueuedWork.SEARCH, "need", "where")]
)
def network_page(
    view: ViewDep, services: ServicesDep, access: AccessDep, wanted: Annotated[NeedQuery, Query()]
) -> Response:
    need, where = wanted.need.strip(), wanted.where.strip()
    status, problem = 200, None
    with services.database.session() as session:
        every = present_profiles(
            session, access, profiles.list_visible(session, access), view.reader
        )
        own = find_own_place(session, view.request, access)
        found = None
        if need or where:
            theme, place, problem = read_where(where)
            try:
                near = place or (own.istat_code if own else "")
                looked_for = Need(need, theme, near, language=view.reader.code)
                peers = find_need_peers(services, session, access, looked_for)
                found = present_peers(session, access, peers, view.reader)
            except KbError as error:
                problem, status = sentence_of(error), status_of(error)
    return _show(view, wanted, every, found, problem, status)


def _show(  # what the page shows
    view: RequestContext,
    wanted: NeedQuery,
    every: object,
    found: object,
    problem: Message | None,
    status: int,
) -> Response:
    response = view.page(
        "network/page.html",
        status=422 if problem and status == 200 else status,
        wanted=wanted,
        every=every,
        found=found,
        problem=problem,
        wrong_place=problem is not None and status == 200,
        wheres=list_wheres(view.reader),
        may_ask=view.access.may(Right.NOTES) and view.access.account_id is not None,
    )
    announce_retry(response, status)
    return response


@router.get("/{profile_id}")
def profile_page(
    profile_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    with services.database.session() as session:
        profile = profiles.require_visible(session, access, profile_id)
        (shown,) = present_profiles(session, access, [profile], view.reader)
        entered = session.get(Profile, profile_id)
        agreed = entered is not None and entered.account_id is None
    return view.page(
        "network/profile.html",
        shown=shown,
        agreed_on=entered.agreed_on if entered and agreed else None,
        own=profile.account_id is not None and profile.account_id == access.account_id,
        may_edit=agreed and access.may(Right.COLLECTIONS),
        may_ask=access.may(Right.NOTES) and access.account_id is not None,
    )
