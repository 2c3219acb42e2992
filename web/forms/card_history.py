"""The revisions of a card, each with its changes to the one before."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.practices import drafts
from kb.storage.revisions import PracticeRevision, RevisionState
from web.forms.card_changes import ChangeSummary, summarize_changes
from web.presenters import queries
from web.rendering.i18n import Locale


@dataclass(frozen=True)
class RevisionView:
    """A revision in the history with its changes to the one before."""

    revision: PracticeRevision
    told: ChangeSummary | None
    public: bool
    """Whether readers see this revision now."""


def list_history(
    session: Session, access: Access, practice_id: str, reader: Locale
) -> list[RevisionView]:
    """The revisions of the visibilities of ``access``, newest first."""
    every = drafts.list_revisions(session, practice_id)
    known = [one for one in every if one.visibility in access.visibilities]
    shown = queries.find_practice(session, access, practice_id) is not None
    public = next((one for one in known if one.state is RevisionState.PUBLISHED), None)
    told = []
    for n, one in enumerate(known):
        before = known[n + 1].record if n + 1 < len(known) else None
        changed = summarize_changes(before, one.record, reader) if before else None
        told.append(RevisionView(one, changed, shown and one is public))
    return told
