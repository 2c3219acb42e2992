"""The audit log, for administrators, as a page and as CSV."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Right
from kb.accounts import audit
from kb.messages import N_
from kb.storage.accounts import Account
from web.forms.audit_filters import AuditFilters
from web.http.context import ServicesDep, ViewDep, requires
from web.presenters.audit import AuditLine, action_labels, present_entries
from web.presenters.listing import build_address, number_pages
from web.printing.csv import as_csv
from web.printing.paper import PaperTable
from web.rendering.i18n import Locale

PATH = "/admin/audit"
router = APIRouter(
    prefix="/admin", include_in_schema=False, dependencies=[requires(Right.ADMINISTER)]
)
SHOWN = 50
MOST_ROWS = 100_000
"""Entries in a CSV file, the newest; near the limit of spreadsheets."""


class WantedEntries(AuditFilters):
    page: int = Field(default=1, ge=1, le=10_000)

    def parameters(self) -> list[tuple[str, str]]:
        """Name and value of every filter that is set, without the page number."""
        said = self.model_dump(mode="json", exclude={"page"}).items()
        return [(name, value) for name, value in said if value]


@router.get("/audit")
def audit_log(
    view: ViewDep, services: ServicesDep, wanted: Annotated[WantedEntries, Query()]
) -> Response:
    with services.database.session() as session:
        found = audit.find_entries(
            session, wanted.entries(view.reader), page=wanted.page, size=SHOWN
        )
        shown = present_entries(session, found.rows, view.reader)
        actions = action_labels(view.reader, audit.list_actions(session))
        people = _people(session)
    parameters = wanted.parameters()
    return view.page(
        "accounts/audit.html",
        lines=shown,
        total=found.total,
        actions=actions,
        people=people,
        wanted=wanted,
        csv=build_address(f"{PATH}.csv", parameters),
        pages=number_pages(PATH, parameters, wanted.page, found.total, SHOWN),
    )


@router.get("/audit.csv")
def as_file(
    view: ViewDep, services: ServicesDep, wanted: Annotated[WantedEntries, Query()]
) -> Response:
    """The filtered entries, newest first, with times in the reader's time zone."""
    with services.database.session() as session:
        found = audit.find_entries(session, wanted.entries(view.reader), page=1, size=MOST_ROWS)
        table = _table(present_entries(session, found.rows, view.reader), view.reader)
    name = view.reader.gettext(N_("audit-log"))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{view.reader.today():%Y-%m-%d}.csv"',
        "Cache-Control": "private, no-store",
    }
    content = as_csv(table, view.reader.code)
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _table(shown: list[AuditLine], reader: Locale) -> PaperTable:
    header = (N_("When"), N_("Time zone"), N_("Account"), N_("What happened"), N_("Id"))
    return PaperTable(
        [reader.gettext(name) for name in header],
        [
            [reader.moment(one.at), str(reader.zone), one.account, one.sentence, one.subject_id]
            for one in shown
        ],
        missing="",
    )


def _people(session: Session) -> list[tuple[str, str]]:
    """Accounts with entries in the log, as (id, name) pairs."""
    names = audit.list_people(session)
    named = session.execute(select(Account.name, Account.full_name).where(Account.name.in_(names)))
    known = dict(iter(named))
    return [(name, f"{known[name]} ({name})" if known.get(name) else name) for name in names]
