"""The network in the JSON interface."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from kb.messages import PermanentError
from kb.network import profiles
from kb.storage.network import Profile, ProfileKind
from search.network_peers import Need
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.entity_tags import note_state
from web.http.limits import RateLimited, limited
from web.http.paging import Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.http.queues import QueuedWork, queued
from web.presenters.needs import find_need_peers, read_where
from web.presenters.network import ProfileView, present_peers, present_profiles

router = APIRouter(
    route_class=ApiRoute, prefix="/api/v1/network", tags=["network"], responses=ALWAYS
)


class ProfileOut(BaseModel):
    """A person or body who agreed to be found; only what they agreed to have shown."""

    id: str
    kind: ProfileKind
    name: str
    offers: str = Field(description="What they can help with.")
    seeks: str = Field(description="What they look for.")
    themes: list[str]
    languages: list[str]
    municipality: str | None = Field(description="ISTAT code.")
    known: list[str] = Field(description="Ids of practices and projects known at first hand.")
    confirmed_at: datetime = Field(description="When they last said that it is true.")
    reasons: list[str] = Field(description="Why it is named, in the reader's language.")


class PagedProfiles(Paged):
    need: str = Field(default="", max_length=1000, description="What is looked for, in words.")
    where: str = Field(
        default="", max_length=200, description="A theme or an Italian municipality."
    )


@router.get(
    "",
    summary="List people and bodies of the network, or find who may help",
    description="`need`: what is looked for, in words; `where`: a theme or an Italian municipality,"
    " by name or code. With either, the twelve that fit best; without, all that may be"
    " seen, by name. There are no addresses: a question is sent on the page of the profile.",
    responses=problems(400, 422, 429),
    dependencies=[limited(RateLimited.SEARCH), queued(QueuedWork.SEARCH, "need", "where")],
)
def list_profiles(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PagedProfiles, Query()],
) -> list[ProfileOut]:
    theme, place, problem = read_where(wanted.where.strip())
    following = None
    if problem:
        raise PermanentError(problem.template, **problem.params)
    with services.database.session() as session:
        if wanted.need.strip() or theme or place:
            looked_for = Need(wanted.need.strip(), theme, place, language=view.reader.code)
            peers = find_need_peers(services, session, access, looked_for)
            shown = present_peers(session, access, peers, view.reader)
        else:
            every = {one.id: one for one in profiles.list_visible(session, access)}
            keys = [((one.name.casefold(),), one.id) for one in every.values()]
            page = cut_page(view.request, keys, wanted)
            chosen = [every[id] for id in page.ids]
            following = page.next
            shown = present_profiles(session, access, chosen, view.reader)
    link_next(view.request, response, following)
    return [_out(one) for one in shown]


@router.get("/{profile_id}", summary="One profile", responses=problems(404, 422))
def get_profile(
    profile_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> ProfileOut:
    with services.database.session() as session:
        profile = profiles.require_visible(session, access, profile_id)
        note_state(view.request, session.get_one(Profile, profile.id))
        (shown,) = present_profiles(session, access, [profile], view.reader)
    return _out(shown)


def _out(shown: ProfileView) -> ProfileOut:
    """``known`` are those that the reader may see."""
    profile = shown.profile
    return ProfileOut(
        id=profile.id,
        kind=profile.kind,
        name=profile.name,
        offers=profile.offers,
        seeks=profile.seeks,
        themes=list(profile.themes),
        languages=list(profile.languages),
        municipality=profile.municipality,
        known=[one.url.rpartition("/")[2] for one in shown.known],
        confirmed_at=profile.confirmed_at,
        reasons=list(shown.reasons),
    )
