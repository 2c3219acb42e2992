"""Two to four practices side by side, and the comparison as a memo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import N_
from kb.places import municipalities
from kb.places.facts import load_facts
from kb.practices.practice import Practice
from kb.text.slugs import slugify
from search.similarity.gower import (
    choose_weights,
    compare_contexts,
    context_of_practice,
    context_of_reader,
)
from search.similarity.viewpoint import Viewpoint
from web.exports.memo import MemoHead, memo, short_places, table
from web.http.addresses import site_of
from web.http.compared import MOST, keep_compared, read_compared
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.limits import RateLimited, limited
from web.http.own_place import find_own_place
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.comparison import Comparison, OwnPlace, compare
from web.presenters.listing import Parameters, build_address
from web.presenters.similarity import VARIABLES, present_similarity, reason_in_words
from web.printing.download import PaperFormat, download_paper
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

router = APIRouter(include_in_schema=False)

PATH = "/compare"


class ComparisonQuery(BaseModel):
    """The URL parameters of a comparison."""

    id: list[str] = Field(default=[], max_length=20, description="Ids of practices.")
    place: str = Field(default="", max_length=6, description="ISTAT code of one's municipality.")


class MemoQuery(ComparisonQuery):
    """What the head of a memo says, besides."""

    author: str = Field(default="", max_length=120, description="Who writes the memo.")
    office: str = Field(default="", max_length=120, description="Of the one who writes.")
    question: str = Field(default="", max_length=400, description="What was asked.")


@dataclass(frozen=True)
class ComparisonChoice:
    """The requested practices that may be seen; ``missing`` counts the others."""

    practices: tuple[Practice, ...]
    missing: int
    too_many: bool
    place: str

    def parameters(self, less: str = "") -> Parameters:
        pairs = [("id", one.id) for one in self.practices if one.id != less]
        return pairs + ([("place", self.place)] if self.place else [])


@router.get(PATH)
def compare_page(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[ComparisonQuery, Query()],
) -> Response:
    with services.database.session() as session:
        chosen = _read_choice(session, access, wanted)
        comparison = _build_comparison(session, chosen, view.reader)
        own = find_own_place(session, view.request, access)
        picked = {practice.id for practice in chosen.practices}
        others = [
            (row.id, title_of(row, view.reader))
            for row in queries.list_practices(session, access)
            if row.id not in picked
        ]
    response = view.page(
        "compare/page.html",
        chosen=chosen,
        comparison=comparison,
        others=sorted(others, key=lambda other: other[1].text.casefold()),
        without={
            one.id: build_address(PATH, chosen.parameters(one.id)) for one in chosen.practices
        },
        query=build_address("", chosen.parameters()),
        own=own if own and own.istat_code != wanted.place else None,
        with_own=build_address(PATH, [*chosen.parameters(), ("place", own.istat_code)])
        if own
        else "",
        without_own=build_address(PATH, [("id", one.id) for one in chosen.practices]),
        most=MOST,
    )
    keep_compared(response, view.request, (one.id for one in chosen.practices))
    return response


@router.post(PATH)
def add(view: ViewDep, id: Annotated[str, Form(max_length=100)]) -> Response:
    """Add a practice to those that this browser compared last (kept in a cookie)."""
    kept = [one for one in read_compared(view.request) if one != id]
    ids = [*kept[-(MOST - 1) :], id]
    return RedirectResponse(build_address(PATH, [("id", one) for one in ids]), 303)


@router.get(PATH + ".{format}", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)])
def export(
    format: PaperFormat,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[MemoQuery, Query()],
) -> Response:
    """The comparison as a memo with numbered sources, or its table as CSV."""
    with services.database.session() as session:
        chosen = _read_choice(session, access, wanted)
        comparison = _build_comparison(session, chosen, view.reader)
    if not chosen.practices:
        raise HTTPException(404)
    here = site_of(view.request) + build_address(PATH, chosen.parameters())
    head = MemoHead(wanted.author.strip(), wanted.office.strip(), wanted.question.strip())
    today = view.reader.today()
    paper = memo(comparison, here, today, view.reader, head)
    words = " ".join([view.reader.gettext(N_("comparison")), *short_places(comparison)])
    name = f"{slugify(words)[:80]}-{today:%Y-%m-%d}"
    return download_paper(name, format, paper, table(comparison, view.reader))


def _read_choice(session: Session, access: Access, wanted: ComparisonQuery) -> ComparisonChoice:
    ids = list(dict.fromkeys(wanted.id))
    found = [queries.find_practice(session, access, id) for id in ids[:MOST]]
    seen = tuple(practice for practice in found if practice is not None)
    return ComparisonChoice(seen, len(found) - len(seen), len(ids) > MOST, wanted.place)


def _build_comparison(session: Session, chosen: ComparisonChoice, reader: Locale) -> Comparison:
    """Raises PermanentError for an unknown place."""
    own = _compare_own_place(session, chosen, reader) if chosen.place else None
    return compare(chosen.practices, own, reader)


def _compare_own_place(session: Session, chosen: ComparisonChoice, reader: Locale) -> OwnPlace:
    place = municipalities.named(chosen.place)
    viewpoint = Viewpoint(place=place.istat_code)
    mine = context_of_reader(session, viewpoint) or {}
    facts = load_facts(session, {one.place.istat_code or "" for one in chosen.practices})
    alike = (
        compare_contexts(
            mine,
            context_of_practice(one, facts.get(one.place.istat_code or "")),
            choose_weights(viewpoint),
        )
        for one in chosen.practices
    )
    words = {
        reader.gettext(VARIABLES[name]): reason_in_words(name, value, reader)
        for name, value in mine.items()
        if name not in ("country", "governance")
    }
    return OwnPlace(place.name, words, tuple(present_similarity(one, reader) for one in alike))
