"""Documents: the list, one document with its metadata, and its original to download."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.citations.csl import of_document, sentence
from kb.corpus.starter_reports import load_starter_reports
from kb.domain import Status
from kb.messages import N_, Message
from kb.practices.cited_sources import look_up_sources
from kb.storage import jobs
from kb.storage.tables import Document
from web.http.addresses import site_of
from web.http.context import AccessDep, Number, RequestContext, ServicesDep, ViewDep
from web.http.finding import count_text_search
from web.http.kept_views import choose_list_view, keep_list_view
from web.http.originals import send_original
from web.presenters import queries
from web.presenters.attachments import list_attachments, list_parents, signatures_of
from web.presenters.document_lines import present_lines
from web.presenters.filters import build_list_controls
from web.presenters.first_steps import how_to_begin, may_fetch
from web.presenters.follows import offer_theme
from web.presenters.guesses import Description, build_description
from web.presenters.jobs import read_progress
from web.presenters.listing import build_address, number_pages
from web.presenters.metadata.documents import describe_document
from web.presenters.metadata.site import describe_list
from web.presenters.older_versions import find_replaced_version
from web.presenters.queries import DocumentListQuery, require_document

router = APIRouter(prefix="/documents", include_in_schema=False)
OUTLINE_DEPTH = 3


class WantedDocuments(DocumentListQuery):
    """``removed``: id of the document just deleted; ``changed`` and ``deleted``: how many were, for
    the confirmation. ``view``: cards or table, kept for the next time."""

    removed: str = ""
    changed: Number = 0
    deleted: Number = 0
    view: str = ""

    def parameters(self) -> list[tuple[str, str]]:
        own = ("removed", "changed", "deleted", "view")
        return [pair for pair in super().parameters() if pair[0] not in own]


@router.get("")
def document_list(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[WantedDocuments, Query()],
) -> Response:
    count_text_search(view, wanted.words_in_text)
    with services.database.session() as session:
        listing = queries.list_items(session, access, wanted)
        gone = queries.find_removed(session, wanted.removed, access)
        words = wanted.q if wanted.words_in_text else ""
        lines = present_lines(session, access, listing.rows, words, view.reader)
        follow = offer_theme(session, access, wanted.theme, view.reader)
    response = view.page(
        "documents/list.html",
        metadata=describe_list(
            view.site, "/documents", N_("Documents"), filters=wanted.parameters(), page=wanted.page
        ),
        lines=lines,
        follow=follow,
        gone=gone,
        wanted=wanted,
        shown_as=choose_list_view(view.request, wanted.view),
        here=build_address("/documents", _with_page(wanted)),
        total=listing.total,
        controls=build_list_controls("/documents", listing, wanted, view.reader),
        begin_with=how_to_begin(services.settings, access),
        pages=number_pages(
            "/documents", wanted.parameters(), wanted.page, listing.total, queries.PAGE_SIZE
        ),
    )
    keep_list_view(response, view.request, wanted.view)
    return response


def _with_page(wanted: WantedDocuments) -> list[tuple[str, str]]:
    page = [("page", str(wanted.page))] if wanted.page > 1 else []
    return [*wanted.parameters(), *page]


@router.get("/starter")
def starter_reports(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """Openly licensed reports to begin with, and which of them are here."""
    reports = load_starter_reports(services.settings)
    with services.database.session() as session:
        held = look_up_sources(
            session, access, [("starter", "", report.as_source()) for report in reports]
        )
    return view.page(
        "documents/starter.html",
        metadata=describe_list(view.site, "/documents/starter", N_("Reports to begin with")),
        reports=[(report, one.document) for report, one in zip(reports, held, strict=True)],
        begin_with=how_to_begin(services.settings, access),
        may_fetch=may_fetch(services.settings, access),
    )


@router.get("/{document_id}")
def document_page(
    document_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    older: Annotated[Number, Query()] = 0,
) -> Response:
    """``older``: number of a replaced version that the reader's link referred to."""
    with services.database.session() as session:
        document = require_document(session, access, document_id)
        work = read_progress(document, jobs.find_newest(session, document_id), view.reader)
        replaced = find_replaced_version(session, document_id, older)
        return view.page(
            "documents/page.html",
            metadata=describe_document(session, view.site, document_id),
            document=document,
            work=work,
            replaced=replaced,
            empty_pages=queries.find_empty_pages(session, document),
            alike=queries.find_near_duplicates(session, access, document_id),
            signatures=signatures_of(document),
            attached=list_attachments(session, access, document),
            came_with=list_parents(session, access, document),
            notes=[view.reader.say(Message.from_json(note)) for note in document.notes],
            described=_build_description(session, access, document, view),
            languages=view.reader.all_languages(),
            back=f"/documents/{document_id}",
            outline=[entry for entry in document.outline if entry["level"] <= OUTLINE_DEPTH],
            collections=queries.collections_with(session, access, document_id),
            citation=sentence(
                of_document(document, f"{site_of(view.request)}/documents/{document_id}")
            ),
        )


def _build_description(
    session: Session, access: Access, document: Document, view: RequestContext
) -> Description | None:
    """Guessed metadata to confirm, for readers who may change documents."""
    if not access.may(Right.DOCUMENTS) or document.status is not Status.READY:
        return None
    described = build_description(session, document, view.reader)
    return described if described.open else None


@router.get("/{document_id}/original")
def original(
    document_id: str, request: Request, services: ServicesDep, access: AccessDep
) -> Response:
    """The uploaded bytes."""
    with services.database.session() as session:
        document = require_document(session, access, document_id)
    return send_original(request, services.originals, document.content_sha256, document.filename)
