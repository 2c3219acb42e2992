"""The network in the JSON interface."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from kb.messages import PermanentError
from kb.network import profiles
from kb.storage.network import ProfileKind
from search.network_peers import Need
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.limits import RateLimited, limited
from web.http.problems import ALWAYS, problems
from web.http.queues import Work, queued
from web.presenters.needs import find_need_peers, read_where
from web.presenters.network import ProfileView, present_peers, present_profiles

router = APIRouter(prefix="/api/v1/network", tags=["network"], responses=ALWAYS)


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


@router.get(
    "",
    summary="List people and bodies of the network, or find who may help",
    description="`need`: what is looked for, in words; `where`: a theme or an Italian municipality,"
    " by name or code. Without either, all profiles that may be seen. There are no addresses: a"
    " question is sent on the page of the profile.",
    responses=problems(422, 429),
    dependencies=[limited(RateLimited.SEARCH), queued(Work.SEARCH, "need", "where")],
)
def list_profiles(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    need: Annotated[str, Query(max_length=1000)] = "",
    where: Annotated[str, Query(max_length=200)] = "",
) -> list[ProfileOut]:
    theme, place, problem = read_where(where.strip())
    if problem:
        raise PermanentError(problem.template, **problem.params)
    with services.database.session() as session:
        if need.strip() or theme or place:
            looked_for = Need(need.strip(), theme, place, language=view.reader.code)
            peers = find_need_peers(services, session, access, looked_for)
            shown = present_peers(session, access, peers, view.reader)
        else:
            every = profiles.list_visible(session, access)
            shown = present_profiles(session, access, every, view.reader)
    return [_out(one) for one in shown]


@router.get("/{profile_id}", summary="One profile", responses=problems(404))
def get_profile(
    profile_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> ProfileOut:
    with services.database.session() as session:
        profile = profiles.require_visible(session, access, profile_id)
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
