"""The revisions of a practice in the JSON interface."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from kb.access import Right
from kb.domain import Visibility
from kb.messages import NotFound
from kb.storage.revisions import RevisionState
from web.forms.card_history import RevisionView, list_history
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, ServicesDep, ViewDep, requires
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters import queries

router = APIRouter(
    route_class=ApiRoute,
    prefix="/api/v1/practices/{practice_id}/revisions",
    tags=["practices"],
    responses=ALWAYS,
    dependencies=[requires(Right.PRACTICES)],
)


class RevisionOut(BaseModel):
    id: str
    number: int
    state: RevisionState
    public: bool = Field(description="Whether readers see this one now.")
    visibility: Visibility
    written_by: list[str] = Field(description="Names; none: it came with the starter corpus.")
    decided_by: str = Field(description="Who approved, returned or withdrew it; may be empty.")
    note: str = Field(description="Of whom returned or withdrew it.")
    saved_at: datetime
    decided_at: datetime | None
    changes: list[str] = Field(
        description="What differs from the one before, as sentences in the reader's language."
    )


class RevisionList(BaseModel):
    revisions: list[RevisionOut]
    next: str | None = NEXT


@router.get(
    "",
    summary="The revisions of a practice, newest first",
    responses=problems(400, 403, 404, 422),
)
def list_revisions(
    practice_id: str,
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[Paged, Query()],
) -> RevisionList:
    """All of them without `limit`; none of a card of the starter corpus that was never changed."""
    with services.database.session() as session:
        told = list_history(session, access, practice_id, view.reader)
        if not told and queries.find_practice(session, access, practice_id) is None:
            raise NotFound()
    rows = {one.revision.id: one for one in told}
    page = cut_page(
        view.request, [((-one.revision.number,), id) for id, one in rows.items()], wanted
    )
    link_next(view.request, response, page.next)
    return RevisionList(revisions=[_describe(rows[id]) for id in page.ids], next=page.next)


def _describe(shown: RevisionView) -> RevisionOut:
    row = shown.revision
    return RevisionOut(
        id=row.id,
        number=row.number,
        state=row.state,
        public=shown.public,
        visibility=row.visibility,
        written_by=[str(one["name"]) for one in row.contributors],
        decided_by=row.reviewer_name,
        note=row.note,
        saved_at=row.updated_at,
        decided_at=row.decided_at,
        changes=list(shown.told.sentences) if shown.told else [],
    )
