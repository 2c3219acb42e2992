"""The home page: sections in the order of the caller's role."""

from __future__ import annotations

from fastapi import APIRouter, Response

from kb.domain import Kind
from kb.messages import N_
from kb.vocabulary import vocabularies
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.presenters import queries
from web.presenters.desk import build_desk, home_of
from web.presenters.first_steps import first_steps
from web.presenters.listing import FilterOption
from web.presenters.tiles import card

router = APIRouter()

EXAMPLES = (
    N_("How can we fund organic school meals without raising the price?"),
    N_("Does it pay for small municipalities to merge, or to form a union?"),
    N_("What reduces hospital admissions of the elderly in mountain areas?"),
    N_("Biomass district heating in a town of 3,000: what does it cost?"),
)
LATEST = 6
"""Number of documents shown as the latest."""


@router.get("/", include_in_schema=False)
def home(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    reader = view.reader
    with services.database.session() as session:
        counts = {choice.value: choice.count for choice in queries.theme_counts(session, access)}
        latest = queries.recently_added_documents(session, access, LATEST)
        collections = queries.list_collections(session, access)
        wanted = home_of(access).sections
        return view.page(
            "home/page.html",
            sections=[name for name in wanted if collections or name != "collections"],
            panels=build_desk(session, access, reader),
            steps=first_steps(session, access, services.settings),
            examples=[reader.gettext(example) for example in EXAMPLES],
            themes=[
                FilterOption(slug, term.label(reader.code), counts.get(slug, 0), selected=False)
                for slug, term in vocabularies.load("themes").items()
            ],
            collections=collections,
            entries_seen=queries.entries_seen(session, access),
            latest=[card(document, reader) for document in latest],
            practice_count=queries.count_items(session, access, Kind.PRACTICE),
            document_count=queries.count_items(session, access, Kind.DOCUMENT),
        )
