"""The audit log in the JSON interface, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from kb.access import Right
from kb.accounts import audit
from web.forms.audit_filters import AuditFilters
from web.http.api_route import ApiRoute
from web.http.context import ServicesDep, ViewDep, requires
from web.http.paging import NEXT, Paged, link_next, read_number, write_number
from web.http.problems import ALWAYS, problems
from web.presenters.audit import present_entries

router = APIRouter(
    route_class=ApiRoute,
    prefix="/api/v1/audit",
    tags=["administration"],
    responses=ALWAYS,
    dependencies=[requires(Right.ADMINISTER)],
)
USUAL = 50
"""Entries on a page without ``limit``."""


class AuditEntryOut(BaseModel):
    id: int
    at: datetime
    account: str = Field(description="Sign-in name; empty: the operator, or nobody signed in.")
    action: str = Field(description="Subject and verb, such as `document.delete`.")
    subject: str = Field(description="Id of what was changed; may be empty.")
    sentence: str = Field(description="What happened, in the reader's language.")


class AuditList(BaseModel):
    total: int = Field(description="Entries that meet the filters, on all pages together.")
    entries: list[AuditEntryOut]
    next: str | None = NEXT


class PagedEntries(AuditFilters, Paged):
    pass


@router.get(
    "",
    operation_id="list_audit_entries",
    summary="The audit log, newest first, 50 to a page",
    responses=problems(400, 403, 422),
)
def list_entries(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    wanted: Annotated[PagedEntries, Query()],
) -> AuditList:
    size = wanted.limit or USUAL
    before = read_number(view.request, wanted)
    with services.database.session() as session:
        found = audit.find_entries(
            session, wanted.entries(view.reader), size=size + 1, before=before
        )
        rows = found.rows[:size]
        lines = present_entries(session, rows, view.reader)
        shown = [
            AuditEntryOut(
                id=row.id,
                at=row.at,
                account=row.account_name,
                action=row.action,
                subject=row.subject_id,
                sentence=line.sentence,
            )
            for row, line in zip(rows, lines, strict=True)
        ]
    following = write_number(view.request, shown[-1].id, wanted) if len(found.rows) > size else None
    link_next(view.request, response, following)
    return AuditList(total=found.total, entries=shown, next=following)
