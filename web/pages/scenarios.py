"""Scenarios: what happened elsewhere to a measure, beside a value of one's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.messages import N_, Message, PermanentError
from kb.places import municipalities
from kb.places.municipalities import Place
from kb.practices.scenarios import count_without_effect, highest
from kb.projects.local_results import list_local_results
from kb.vocabulary.measures import Measure, load_measures
from kb.worksheets import commands
from web.exports.scenario import blocks_of, table_of
from web.forms.numbers import read_decimal
from web.http.context import (
    AccessDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    require_account,
    requires,
)
from web.http.limits import RateLimited, limited
from web.http.own_place import find_own_place
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.scenarios import ComparedResults, list_measures, present_scenario
from web.printing.download import PaperFormat, download_paper
from web.printing.paper import Paper
from web.rendering.i18n import Locale

router = APIRouter(prefix="/scenarios", include_in_schema=False)


class ScenarioQuery(BaseModel):
    """``id``: practices that one comes from; their themes say what else is told. ``worksheet``:
    one's own, into which the scenario can be put. ``project``: the one that one comes from; what it
    measured itself is left out."""

    measure: str = Field(default="", max_length=60)
    value: str = Field(default="", max_length=40)
    place: str = Field(default="", max_length=6)
    id: list[str] = Field(default=[], max_length=20)
    worksheet: str = Field(default="", max_length=36)
    project: str = Field(default="", max_length=100)


@router.get("")
def scenario_page(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[ScenarioQuery, Query()],
) -> Response:
    with services.database.session() as session:
        practices = queries.read_all_practices(session, access)
        local = list_local_results(session, access, but=wanted.project)
        results = ComparedResults(practices, local)
        measures = list_measures(results, view.reader)
        place = _find_place(session, view, access, wanted)
        measure, own, problems = _read(wanted, view.reader)
        shown = None
        if measure is not None:
            shown = present_scenario(session, results, measure, own, place, view.reader)
        themes = {theme for one in practices if one.id in wanted.id for theme in one.themes}
        alike = [one for one in practices if themes.intersection(one.themes)]
    return view.page(
        "scenarios/page.html",
        status=422 if problems else 200,
        wanted=wanted,
        measures=measures,
        shown=shown,
        problems=problems,
        place=place,
        alike=len(alike),
        without_effect=count_without_effect(alike),
        query=_query(wanted),
    )


@router.get(".{format}", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)])
def export_scenario(
    format: PaperFormat,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[ScenarioQuery, Query()],
) -> Response:
    measure, own, problems = _read(wanted, view.reader)
    if measure is None:
        raise HTTPException(404)
    if problems:
        first = next(iter(problems.values()))
        raise PermanentError(first.template, **first.params)
    with services.database.session() as session:
        practices = queries.read_all_practices(session, access)
        place = _find_place(session, view, access, wanted)
        local = list_local_results(session, access, measure.slug, wanted.project)
        results = ComparedResults(practices, local)
        shown = present_scenario(session, results, measure, own, place, view.reader)
    title = view.reader.gettext(N_("If it held here too"))
    day = view.reader.date(view.reader.today())
    paper = Paper(title, day, view.reader.code, blocks_of(shown, view.reader))
    return download_paper(
        view.reader.gettext(N_("scenario")), format, paper, table_of(shown, view.reader)
    )


@router.post("", dependencies=[requires(Right.NOTES)])
def keep_scenario(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[ScenarioQuery, Form()],
) -> Response:
    """Put the scenario into one's worksheet, and so into its memo."""
    measure, own, problems = _read(wanted, view.reader)
    if measure is None or own is None or problems:
        raise PermanentError(NO_VALUE)
    with services.database.transaction() as session:
        worksheet = commands.require_worksheet(session, require_account(access), wanted.worksheet)
        commands.keep_scenario(worksheet, measure.slug, own)
    return RedirectResponse(f"/worksheets/{wanted.worksheet}?saved=1", 303)


NO_VALUE = N_("Choose a measure and give your own value first.")


def _read(
    wanted: ScenarioQuery, reader: Locale
) -> tuple[Measure | None, float | None, dict[str, Message]]:
    """The measure, one's own value, and what is wrong, by field."""
    if not wanted.measure:
        return None, None, {}
    measure = load_measures().get(wanted.measure)
    if measure is None:
        return (
            None,
            None,
            {"measure": Message(N_("There is no such measure: choose one of the list."))},
        )
    typed = wanted.value.strip()
    if not typed:
        return measure, None, {}
    own = read_decimal(typed, reader)
    if own is None:
        template = N_("“{value}” is not a number: write for example 210 or 12,5.")
        return measure, None, {"value": Message(template, {"value": typed})}
    if not 0 <= own <= highest(measure):
        template = (
            N_("A share lies between 0 and 100.")
            if highest(measure) == 100
            else N_("The value cannot be less than zero.")
        )
        return measure, None, {"value": Message(template)}
    return measure, own, {}


def _find_place(
    session: Session, view: RequestContext, access: Access, wanted: ScenarioQuery
) -> Place | None:
    """The municipality to compare with: the one asked for, else one's own."""
    asked = municipalities.find(wanted.place) if wanted.place else None
    return asked or find_own_place(session, view.request, access)


def _query(wanted: ScenarioQuery) -> list[tuple[str, str]]:
    pairs = [(name, getattr(wanted, name)) for name in ("measure", "value", "place", "project")]
    return [(name, value) for name, value in pairs if value]
