"""Collections for readers: list, contents, questions to one, cover, printed dossier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from kb.collections.enrolments import count_seats, is_open
from kb.collections.photographs import list_photographs
from kb.harvesting.dublin_core import DC, describe_collection
from kb.messages import N_, Message, NotFound, PermanentError, ServiceUnavailable
from kb.runtime.services import Services
from kb.storage.collections import Collection, CollectionKind
from kb.storage.periodical import Issue
from search.query import MAX_LENGTH
from search.results import AnswerVerdict, Question
from search.service import search
from web.exports.calendar import write_calendar
from web.exports.dossier import dossier
from web.http.addresses import site_of
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.errors import announce_retry, sentence_of, status_of
from web.http.htmx import wants_fragment
from web.http.limits import RateLimited, count_request, limited
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.collections import group_entries, group_programme
from web.presenters.cover_drawing import draw_cover
from web.presenters.follows import offer_collection
from web.presenters.issue_texts import issue_path
from web.presenters.metadata.collections import describe_collection_page
from web.presenters.metadata.site import describe_list
from web.presenters.queries import require_collection, require_curated
from web.presenters.results import ShownResult, present_result
from web.printing.download import PaperFormat, download_paper

router = APIRouter(prefix="/collections", include_in_schema=False)
MOST_FOUND = 50


@dataclass(frozen=True)
class CollectionAnswers:
    """The relevant items, best first; where there are none, the nearest few."""

    verdict: AnswerVerdict
    found: list[ShownResult]
    warning: Message | None = None
    """Where something may be missing."""


@router.get("")
def collection_list(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        rows = queries.list_curated(session, access)
        archives = [row for row in rows if row.kind is CollectionKind.EVENT]
        return view.page(
            "collections/list.html",
            metadata=describe_list(view.site, "/collections", N_("Collections")),
            total=len(rows),
            entries_seen=queries.entries_seen(session, access),
            thematic=[row for row in rows if row.kind is CollectionKind.THEMATIC],
            archives=sorted(archives, key=lambda row: str(row.held_on), reverse=True),
        )


@router.get("/{collection_id}", dependencies=[queued(QueuedWork.SEARCH, "q")])
def collection_page(
    collection_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    q: Annotated[str, Query(max_length=MAX_LENGTH)] = "",
) -> Response:
    """``q`` is a question that searches this collection only."""
    with services.database.session() as session:
        collection = require_collection(session, access, collection_id)
        issue = session.get(Issue, collection_id)
        if issue is not None:
            return RedirectResponse(issue_path(issue), 303)
        if collection.kind is CollectionKind.PATH:
            return RedirectResponse(f"/paths/{collection.id}", 303)
        groups = group_entries(session, access, collection, view.reader)
        answers, problem, status = _within(view, services, collection, q.strip())
        response = view.page(
            "collections/_within.html" if wants_fragment(view.request) else "collections/page.html",
            status=status,
            metadata=describe_collection_page(session, view.site, collection_id),
            collection=collection,
            groups=groups,
            described=describe_collection(
                collection, f"{site_of(view.request)}/collections/{collection.id}"
            ),
            programme=group_programme(collection, view.reader),
            dublin_core_schema=DC,
            photographs=list_photographs(session, collection),
            follow=offer_collection(session, access, collection, view.reader),
            question=q.strip(),
            answers=answers,
            problem=problem,
            seats=count_seats(session, collection) if collection.places is not None else None,
            enrol_open=is_open(collection, view.reader.today()),
        )
    announce_retry(response, status)
    return response


def _within(
    view: RequestContext, services: Services, collection: Collection, text: str
) -> tuple[CollectionAnswers | None, Message | None, int]:
    """What was found, or why nothing could be searched for; and the status of the answer."""
    if not text:
        return None, None, 200
    count_request(RateLimited.SEARCH, view.request, view.access)
    items = frozenset(entry.item_id for entry in collection.entries)
    question = Question(
        text, item_ids=items, page_size=MOST_FOUND, reader_language=view.reader.code
    )
    try:
        page = search(question, services, view.access)
    except (PermanentError, ServiceUnavailable) as error:
        return None, sentence_of(error), status_of(error)
    found = [present_result(result, view.reader) for result in page.results]
    return CollectionAnswers(page.verdict, found, page.warning), None, 200


@router.get("/{collection_id}/cover")
def cover(collection_id: str, services: ServicesDep, access: AccessDep) -> Response:
    """The uploaded cover, or the drawing of a collection without one."""
    with services.database.session() as session:
        row = require_collection(session, access, collection_id)
        if row.image is None:
            content, kind = draw_cover(row.id, row.cover).encode(), "image/svg+xml"
        else:
            content, kind = row.image.content, "image/webp"
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(content, media_type=kind, headers=headers)


@router.get(
    "/{collection_id}/dossier.pdf",
    dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)],
)
def printed(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    """The collection as a PDF, with what the reader may see."""
    with services.database.session() as session:
        row = require_curated(session, access, collection_id)
        paper = dossier(session, view, row, view.reader.today())
    return download_paper(collection_id, PaperFormat.PDF, paper)


@router.get("/{collection_id}/event.ics")
def event_calendar(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    """The event as an iCalendar file. Raises NotFound for a collection without a day."""
    with services.database.session() as session:
        row = require_collection(session, access, collection_id)
        if row.kind is not CollectionKind.EVENT or row.held_on is None:
            raise NotFound()
        text = write_calendar([row], site_of(view.request), services.settings.zone)
    headers = {"Content-Disposition": f'attachment; filename="{collection_id}.ics"'}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)
