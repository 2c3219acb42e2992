"""Italian municipalities in the JSON interface, with the facts that practices are compared by."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from kb.messages import NotFound
from kb.places import municipalities
from kb.places.facts import Variable, facts_of
from kb.places.municipalities import Place
from web.http.api_route import ApiRoute
from web.http.context import ServicesDep, ViewDep
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems

router = APIRouter(route_class=ApiRoute, prefix="/api/v1/places", tags=["places"], responses=ALWAYS)
USUAL = 12
"""Municipalities on a page without ``limit``."""


class MunicipalityOut(BaseModel):
    code: str = Field(description="ISTAT code: `place` of a search.")
    name: str
    province: str = Field(description="Its plate.")
    region: str
    nuts3: str
    population: int | None = Field(description="Of the census of 2011; `facts` may have a newer.")
    latitude: float | None = Field(description="WGS 84.")
    longitude: float | None


class FactOut(BaseModel):
    variable: Variable
    value: str = Field(description="Numbers without separators, with a decimal point.")
    source: str
    year: int | None


class MunicipalityWithFacts(MunicipalityOut):
    facts: list[FactOut]


class MunicipalityList(BaseModel):
    total: int
    places: list[MunicipalityOut]
    next: str | None = NEXT


class PagedPlaces(Paged):
    name: str = Field(
        min_length=1,
        max_length=100,
        description="The first letters of the name, or of a word of it.",
    )


@router.get(
    "",
    summary="Italian municipalities whose name begins like this, 12 to a page",
    responses=problems(400, 422),
)
def list_places(
    view: ViewDep, response: Response, wanted: Annotated[PagedPlaces, Query()]
) -> MunicipalityList:
    """Equal names first, then the most populous; accents and capitals do not matter."""
    found = {place.istat_code: place for place in municipalities.search(wanted.name)}
    page = cut_page(
        view.request, [((n,), code) for n, code in enumerate(found)], wanted, usual=USUAL
    )
    shown = [MunicipalityOut(**_describe(found[code])) for code in page.ids]
    link_next(view.request, response, page.next)
    return MunicipalityList(total=len(found), places=shown, next=page.next)


@router.get("/{code}", summary="An Italian municipality", responses=problems(404, 422))
def get_place(code: str, services: ServicesDep) -> MunicipalityWithFacts:
    """By its ISTAT code; that of a municipality which was merged leads to the present one."""
    place = municipalities.find(code)
    if place is None:
        raise NotFound()
    with services.database.session() as session:
        facts = facts_of(session, place)
    return MunicipalityWithFacts(
        **_describe(place),
        facts=[
            FactOut(variable=variable, value=fact.value, source=fact.source, year=fact.year)
            for variable, fact in facts.items()
        ],
    )


def _describe(place: Place) -> dict[str, Any]:
    return {
        "code": place.istat_code,
        "name": place.name,
        "province": place.province,
        "region": place.region,
        "nuts3": place.nuts3,
        "population": place.population,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }
