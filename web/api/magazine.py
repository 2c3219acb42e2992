"""The published issues of the magazine in the JSON interface."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from kb.periodical.issues import list_published, read_texts, require_published
from kb.periodical.texts import EntryKind, TextFact
from kb.storage.periodical import Issue
from web.http.addresses import site_of
from web.http.api_route import ApiRoute
from web.http.context import Number, ServicesDep, ViewDep
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters.issue_texts import EntryFate, IssueEntry, show_published

router = APIRouter(
    route_class=ApiRoute, prefix="/api/v1/magazine", tags=["magazine"], responses=ALWAYS
)


class ArticleOut(BaseModel):
    """What the issue said of a thing on the day it was published. A `withdrawn` one is no longer
    for everybody: all but `kind` is empty."""

    id: str | None = Field(description="Of the item or collection; null of a note.")
    kind: EntryKind
    fate: EntryFate = Field(description="What became of it since.")
    title: str
    title_en: str
    language: str
    lead: str = Field(description="Place, authors or days, on one line.")
    summary: str
    facts: list[TextFact]
    note: str = Field(description="Markdown: why it is here, or the text of a note.")
    url: str | None = Field(description="Its page; null where it has none any more.")


class IssueSectionOut(BaseModel):
    title: str = Field(description="Empty before the first heading.")
    text: str = Field(description="Markdown.")
    articles: list[ArticleOut]


class IssueOut(BaseModel):
    number: int
    dated: date
    title: str
    title_en: str
    language: str
    url: str
    published_at: datetime | None


class WholeIssue(IssueOut):
    editorial: str = Field(description="Markdown.")
    sections: list[IssueSectionOut]


class IssueList(BaseModel):
    issues: list[IssueOut]
    next: str | None = NEXT


@router.get("", summary="The issues of the magazine, newest first", responses=problems(400, 422))
def list_issues(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    wanted: Annotated[Paged, Query()],
) -> IssueList:
    """All of them without `limit`."""
    site = site_of(view.request)
    with services.database.session() as session:
        rows = {str(one.number): one for one in list_published(session, view.access)}
        keys = [((-one.dated.toordinal(), -one.number), id) for id, one in rows.items()]
        page = cut_page(view.request, keys, wanted)
        shown = [_describe(rows[id], site) for id in page.ids]
    link_next(view.request, response, page.next)
    return IssueList(issues=shown, next=page.next)


@router.get(
    "/{number}", summary="An issue of the magazine with its articles", responses=problems(404, 422)
)
def get_issue(number: Number, view: ViewDep, services: ServicesDep) -> WholeIssue:
    site = site_of(view.request)
    with services.database.session() as session:
        issue = require_published(session, view.access, number)
        texts = read_texts(issue)
        shown = show_published(session, texts, services.settings.zone)
        return WholeIssue(
            **dict(_describe(issue, site)),
            editorial=texts.editorial,
            sections=[
                IssueSectionOut(
                    title=section.title,
                    text=section.text,
                    articles=[_describe_article(one, site) for one in section.entries],
                )
                for section in shown.sections
            ],
        )


def _describe(issue: Issue, site: str) -> IssueOut:
    named = issue.collection
    return IssueOut(
        number=issue.number,
        dated=issue.dated,
        title=named.title,
        title_en=named.title_en,
        language=named.language,
        url=f"{site}/magazine/{issue.number}",
        published_at=issue.published_at,
    )


def _describe_article(entry: IssueEntry, site: str) -> ArticleOut:
    texts = entry.texts
    named = entry.seen is not EntryFate.WITHDRAWN and texts.kind is not EntryKind.NOTE
    linked = texts.path and entry.seen in (EntryFate.SAME, EntryFate.CHANGED)
    return ArticleOut(
        id=texts.key.rpartition(":")[2] if named else None,
        kind=texts.kind,
        fate=entry.seen,
        title=texts.title,
        title_en=texts.title_en,
        language=texts.language,
        lead=texts.lead,
        summary=texts.summary,
        facts=list(texts.facts),
        note=texts.note,
        url=site + texts.path if linked else None,
    )
