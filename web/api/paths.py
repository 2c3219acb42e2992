"""Training paths in the JSON interface: units with their readings and questions."""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from kb.collections.contents import EntryRow, list_rows
from kb.domain import Visibility
from kb.paths import progress
from kb.storage.collections import Collection, CollectionState
from kb.storage.paths import AnswerKind
from kb.text.folding import fold_text
from web.api.collections import CollectionItemOut
from web.http.addresses import site_of
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters import queries

router = APIRouter(route_class=ApiRoute, prefix="/api/v1/paths", tags=["paths"], responses=ALWAYS)


class PathOut(BaseModel):
    id: str
    title: str
    title_en: str
    language: str
    audience: str = Field(description="For whom it is.")
    hours: int | None
    argument: str = Field(description="Markdown.")
    outcomes: list[str] = Field(description="What one can do afterwards.")
    visibility: Visibility
    state: CollectionState
    url: str


class AskedQuestionOut(BaseModel):
    """A question without its answers: those are checked on the page of the unit."""

    id: str
    text: str
    kind: AnswerKind
    options: list[str] = Field(description="To choose from; empty where a number is asked.")


class UnitOut(BaseModel):
    id: str
    number: int = Field(description="From 1.")
    title: str
    text: str = Field(description="Markdown.")
    readings: list[CollectionItemOut]
    questions: list[AskedQuestionOut]
    with_event: bool = Field(description="Whether attending an event is part of it.")
    event: str | None = Field(description="Id of the event; null where it may not be seen.")
    done: bool = Field(description="Whether the caller has done it.")


class WholePath(PathOut):
    units: list[UnitOut]


class PathList(BaseModel):
    total: int
    paths: list[PathOut]
    next: str | None = NEXT


@router.get("", summary="Training paths by title", responses=problems(400, 422))
def list_paths(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[Paged, Query()],
) -> PathList:
    """All of them without `limit`."""
    site = site_of(view.request)
    with services.database.session() as session:
        rows = {row.id: row for row in queries.list_paths(session, access)}
        keys = sorted(((fold_text(row.title),), row.id) for row in rows.values())
        page = cut_page(view.request, keys, wanted)
        shown = [_describe(rows[id], site) for id in page.ids]
    link_next(view.request, response, page.next)
    return PathList(total=len(keys), paths=shown, next=page.next)


@router.get("/{path_id}", summary="A training path with its units", responses=problems(404, 422))
def get_path(path_id: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> WholePath:
    with services.database.session() as session:
        path = queries.require_path(session, access, path_id)
        seen = queries.entry_items(session, access, path).keys()
        units = progress.list_units(session, path, access.account_id)
        events = {unit.event.id for unit in units if unit.event}
        shown = {id for id in events if queries.find_collection(session, access, id) is not None}
        return WholePath(
            **dict(_describe(path, site_of(view.request))),
            units=[_describe_unit(path, unit, seen, shown) for unit in units],
        )


def _describe(path: Collection, site: str) -> PathOut:
    return PathOut(
        id=path.id,
        title=path.title,
        title_en=path.title_en,
        language=path.language,
        audience=path.audience,
        hours=path.hours,
        argument=path.argument,
        outcomes=list(path.outcomes),
        visibility=path.visibility,
        state=path.state,
        url=f"{site}/paths/{path.id}",
    )


def _describe_unit(
    path: Collection, unit: progress.Unit, seen: Set[str], events: Set[str]
) -> UnitOut:
    """``seen``: ids of the items, ``events``: of the events, that the caller may see."""
    notes = {row.id: row.note for row in list_rows(path) if isinstance(row, EntryRow)}
    event = unit.event.id if unit.event else None
    return UnitOut(
        id=unit.id,
        number=unit.number,
        title=unit.title,
        text=next(one.text for one in path.sections if one.id == unit.id),
        readings=[
            CollectionItemOut(id=id, note=notes[id])
            if id in seen
            else CollectionItemOut(id=None, note="")
            for id in unit.readings
        ],
        questions=[
            AskedQuestionOut(
                id=one.id,
                text=one.text,
                kind=one.kind,
                options=[] if one.kind is AnswerKind.NUMBER else list(one.options),
            )
            for one in unit.questions
        ],
        with_event=event is not None,
        event=event if event in events else None,
        done=unit.done,
    )
