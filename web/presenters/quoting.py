"""The form with which words of a document's page are taken into a draft card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.messages import N_
from kb.practices import drafts
from kb.practices.quotations import COST, RESULT
from web.presenters.story import STORY
from web.rendering.i18n import Locale

NEW_DRAFT = "new"
"""In place of a draft's id: begin a new draft."""
TARGETS: Mapping[str, str] = {
    RESULT: N_("a measured result"),
    COST: N_("a cost"),
    **{part.value: section.evidence for part, section in STORY.items()},
}
"""What quoted words may become in a card."""


@dataclass(frozen=True)
class QuoteForm:
    """The choices of the form: open drafts (id, title) and targets (value, label)."""

    drafts: list[tuple[str, str]]
    targets: list[tuple[str, str]]


def build_quote_form(session: Session, access: Access, reader: Locale) -> QuoteForm | None:
    """The drafts that can be changed, the caller's own first. None without the right to write."""
    if not access.may(Right.PRACTICES):
        return None
    changeable = [
        draft for draft in drafts.list_unfinished(session) if draft.state in drafts.CHANGEABLE
    ]
    own_first = sorted(
        changeable,
        key=lambda draft: all(by["id"] != access.account_id for by in draft.contributors),
    )
    return QuoteForm(
        [(draft.id, str(draft.record.get("title", ""))) for draft in own_first],
        [(value, reader.gettext(label)) for value, label in TARGETS.items()],
    )
