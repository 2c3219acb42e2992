"""What the base of practices holds, and how to add to it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from fastapi import APIRouter, Response

from kb import vocabulary
from kb.messages import N_
from kb.practice import SECTIONS
from kb.practice.counts import Tally, tally
from kb.practice.rules import BODY_WORDS, SECTION_WORDS, SUMMARY_WORDS
from web.http.deps import AccessDep, ServicesDep, ViewDep
from web.rendering.i18n import Reader
from web.views import visible

router = APIRouter(include_in_schema=False)

HEADINGS = {
    "theme": N_("Themes"),
    "sector": N_("Sectors"),
    "strand": N_("Strands"),
    "country": N_("Countries"),
    "size": N_("Size of the place"),
    "outcome": N_("Outcomes"),
    "status": N_("Statuses"),
    "evidence": N_("How far figures can be trusted"),
}


@router.get("/about/corpus")
def contents(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        practices = visible.all_practices(session, access)
        collections = len(visible.collections(session, access))
    return view.page(
        "corpus/contents.html",
        total=len(practices),
        results=sum(len(practice.results) for practice in practices),
        collections=collections,
        tallies=[
            (view.reader.gettext(HEADINGS[one.name]), one, _naming(one, view.reader))
            for one in tally(practices)
        ],
    )


@router.get("/contribute")
def contribute(view: ViewDep) -> Response:
    return view.page(
        "corpus/contribute.html",
        sections=list(SECTIONS.values()),
        summary_words=SUMMARY_WORDS,
        section_words=SECTION_WORDS,
        body_words=BODY_WORDS,
        evidence=vocabulary.load("evidence").values(),
        example=files("kb.practice").joinpath("example.md").read_text("utf-8"),
    )


def _naming(one: Tally, reader: Reader) -> Callable[[str], str]:
    """What a value is called in the reader's language."""
    if not one.vocabulary:
        return reader.country
    terms = vocabulary.load(one.vocabulary)
    return lambda value: terms[value].label(reader.code)
