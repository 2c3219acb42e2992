"""The magazine for readers: list of issues by year, one issue, EPUB, Atom feed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kb.access import PUBLIC, Access, Right
from kb.messages import N_
from kb.periodical.deliveries import count_deliveries, count_without, list_answers
from kb.periodical.issues import list_published, read_texts, require_published
from kb.periodical.texts import IssueTexts
from kb.runtime.mail import is_set
from kb.runtime.services import Services
from kb.storage.periodical import Issue, IssueState
from web.exports.feeds import MOST, NEVER, Feed, FeedEntry, answer, urn
from web.exports.issue_epub import MEDIA_TYPE as EPUB
from web.exports.issue_epub import reader_of, write_epub
from web.exports.issue_paper import issue_paper
from web.http.addresses import site_of
from web.http.context import AccessDep, Number, ServicesDep, ViewDep
from web.http.limits import RateLimited, limited
from web.http.queues import QueuedWork, queued
from web.presenters.issue_texts import ShownIssue, show_published
from web.presenters.metadata.collections import describe_issue
from web.presenters.metadata.site import describe_list
from web.printing.download import PaperFormat, download_paper
from web.rendering.markdown import markdown_outside
from web.rendering.names import DELIVERY_STATES, ENTRY_KINDS, ISSUE_STATES

router = APIRouter(prefix="/magazine", include_in_schema=False)


@router.get("")
def issue_list(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        published = list_published(session, access)
        years = [(year, list(rows)) for year, rows in groupby(published, lambda i: i.dated.year)]
        unfinished = _list_unfinished(session, access)
        return view.page(
            "magazine/list.html",
            metadata=describe_list(view.site, "/magazine", N_("Magazine")),
            years=years,
            unfinished=unfinished,
            states=ISSUE_STATES,
        )


@router.get("/feed.atom")
def feed(view: ViewDep, services: ServicesDep) -> Response:
    reader, site = view.reader, site_of(view.request)
    with services.database.session() as session:
        entries = [_feed_entry(issue, site) for issue in list_published(session, PUBLIC)[:MOST]]
    made = Feed(
        id=urn("feed", "magazine"),
        title=f"Terre Comuni · {reader.gettext(N_('Magazine'))}",
        subtitle="",
        language=reader.code,
        url=f"{site}/magazine/feed.atom",
        page=f"{site}/magazine",
        updated=max((entry.updated for entry in entries), default=NEVER),
        entries=entries,
    )
    return answer(view.request, reader, made, PUBLIC)


@router.get("/{number}")
def issue_page(number: Number, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        issue, shown = _read_shown(session, services, view.access, number)
        composes = view.access.may(Right.COLLECTIONS)
        return view.page(
            "magazine/page.html",
            metadata=describe_issue(view.site, issue, shown),
            issue=issue,
            shown=shown,
            kinds=ENTRY_KINDS,
            sending=count_deliveries(session, issue.collection_id) if composes else {},
            answers=list_answers(session, issue.collection_id) if composes else (),
            without=count_without(session, issue) if composes else 0,
            can_mail=is_set(services.settings) and bool(services.settings.public_url),
            delivery_states=DELIVERY_STATES,
            before=_find_beside(session, issue, -1),
            after=_find_beside(session, issue, 1),
        )


@router.get(
    "/{number}/issue.epub", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)]
)
def epub(number: Number, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        issue, shown = _read_shown(session, services, view.access, number)
        content = write_epub(shown, issue, site_of(view.request), services.settings.zone)
    name = f"terre-comuni-{number}.epub"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=EPUB, headers=headers)


@router.get(
    "/{number}/issue.pdf", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)]
)
def printed(number: Number, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        issue, shown = _read_shown(session, services, view.access, number)
        reader = reader_of(shown, services.settings.zone)
        paper = issue_paper(shown, issue.collection, site_of(view.request), reader)
    return download_paper(f"terre-comuni-{number}", PaperFormat.PDF, paper)


def _read_shown(
    session: Session, services: Services, access: Access, number: int
) -> tuple[Issue, ShownIssue]:
    """Raises NotFound for an issue that is not published."""
    issue = require_published(session, access, number)
    return issue, show_published(session, read_texts(issue), services.settings.zone)


def _list_unfinished(session: Session, access: Access) -> Sequence[Issue]:
    """Those that the caller may compose, or approve."""
    query = select(Issue).options(joinedload(Issue.collection)).order_by(Issue.number.desc())
    if access.may(Right.COLLECTIONS):
        return session.scalars(query.where(Issue.state != IssueState.PUBLISHED)).all()
    if access.may(Right.REVIEW):
        return session.scalars(query.where(Issue.state == IssueState.PROPOSED)).all()
    return []


def _find_beside(session: Session, issue: Issue, step: int) -> Issue | None:
    """The published issue before (-1) or after (1)."""
    query = select(Issue).where(Issue.state == IssueState.PUBLISHED)
    if step < 0:
        query = query.where(Issue.number < issue.number).order_by(Issue.number.desc())
    else:
        query = query.where(Issue.number > issue.number).order_by(Issue.number)
    return session.scalars(query.limit(1)).first()


def _feed_entry(issue: Issue, site: str) -> FeedEntry:
    texts: IssueTexts = read_texts(issue)
    published = issue.published_at or NEVER
    return FeedEntry(
        id=urn("issue", issue.collection_id),
        title=texts.title,
        language=texts.language,
        url=f"{site}/magazine/{issue.number}",
        author="Terre Comuni",
        published=published,
        updated=published,
        summary=str(markdown_outside(texts.editorial, site)),
    )
