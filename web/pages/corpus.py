"""Statistics of the practices, and how to contribute one."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from fastapi import APIRouter, Response

from kb.messages import N_
from kb.practices.counts import Tally, tally
from kb.practices.practice import SECTIONS
from kb.practices.rules import BODY_WORDS, SECTION_WORDS, SUMMARY_WORDS
from kb.vocabulary import vocabularies
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.presenters import queries
from web.presenters.metadata.site import describe_list
from web.rendering.i18n import Locale

router = APIRouter(include_in_schema=False)

HEADINGS = {
    "theme": N_("Themes"),
    "sector": N_("Sectors"),
    "strand": N_("Strands"),
    "country": N_("Countries"),
    "size": N_("Size of the place"),
    "outcome": N_("Outcomes"),
    "status": N_("Statuses"),
    "evidence": N_("Reliability of figures"),
}


@router.get("/about/corpus")
def contents(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        practices = queries.read_all_practices(session, access)
        collections = len(queries.list_collections(session, access))
    return view.page(
        "corpus/contents.html",
        metadata=describe_list(
            view.site, "/about/corpus", N_("What the library covers"), "AboutPage"
        ),
        total=len(practices),
        results=sum(len(practice.results) for practice in practices),
        collections=collections,
        tallies=[
            (view.reader.gettext(HEADINGS[one.name]), one, _choose_label(one, view.reader))
            for one in tally(practices)
        ],
    )


@router.get("/contribute")
def contribute(view: ViewDep) -> Response:
    return view.page(
        "corpus/contribute.html",
        metadata=describe_list(view.site, "/contribute", N_("How to contribute"), "WebPage"),
        sections=list(SECTIONS.values()),
        summary_words=SUMMARY_WORDS,
        section_words=SECTION_WORDS,
        body_words=BODY_WORDS,
        evidence=vocabularies.load("evidence").values(),
        example=files("kb.practices").joinpath("example.md").read_text("utf-8"),
    )


def _choose_label(one: Tally, reader: Locale) -> Callable[[str], str]:
    """Return the function from a value to its label."""
    if not one.vocabulary:
        return reader.country
    terms = vocabularies.load(one.vocabulary)
    return lambda value: terms[value].label(reader.code)
