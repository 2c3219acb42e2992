"""The card that was made of a project and its measurement sheet, as the project's page shows
them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ingest.versions import find_added_at
from kb.access import Access, Right
from kb.messages import N_
from kb.practices.drafts import list_revisions
from kb.projects.card import may_make_card
from kb.projects.project import ENDED
from kb.storage.projects import ProjectRow
from kb.storage.revisions import OPEN, RevisionState
from kb.storage.tables import Document
from web.presenters import queries
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

STATES: Mapping[RevisionState, str] = {
    RevisionState.DRAFT: N_("in writing"),
    RevisionState.REVIEW: N_("under review"),
    RevisionState.RETURNED: N_("sent back to its author"),
}


@dataclass(frozen=True)
class ShownCard:
    """``title`` and ``url``: of the card, empty where the reader may not open it. ``state``: of the
    draft, empty without one. ``is_withdrawn``: it was published, then removed from the base.
    ``sheet``: the document that the reader may open; ``sheet_at``: when its version was added."""

    may_make: bool
    has_ended: bool
    title: str = ""
    url: str = ""
    is_published: bool = False
    is_withdrawn: bool = False
    state: str = ""
    draft_url: str = ""
    sheet: Document | None = None
    sheet_at: datetime | None = None

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.title or self.state or self.sheet or (self.may_make and self.has_ended))


def present_card(session: Session, access: Access, row: ProjectRow, reader: Locale) -> ShownCard:
    """Read what this reader may see of the card and the sheet."""
    may_make = may_make_card(row, access)
    sheet = queries.find_document(session, access, row.sheet_id) if row.sheet_id else None
    published = queries.find_practice(session, access, row.card_id) if row.card_id else None
    known = list_revisions(session, row.card_id) if row.card_id and may_make else []
    draft = known[0] if known and known[0].state in OPEN else None
    return ShownCard(
        may_make=may_make,
        has_ended=row.stage in ENDED,
        title=title_of(published, reader).text if published else "",
        url=f"/practices/{row.card_id}" if published else "",
        is_published=published is not None,
        is_withdrawn=bool(known) and known[0].state is RevisionState.WITHDRAWN,
        state=reader.gettext(STATES[draft.state]) if draft else "",
        draft_url=f"/drafts/{draft.id}" if draft and access.may(Right.PRACTICES) else "",
        sheet=sheet,
        sheet_at=find_added_at(session, sheet) if sheet else None,
    )
