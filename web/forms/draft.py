"""What the form of a draft card is filled with: a stored revision, or one that was not saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kb.domain import Visibility
from kb.practices.older_records import upgrade_record
from kb.storage.revisions import PracticeRevision, RevisionState
from web.forms.card_reading import fingerprint
from web.forms.card_steps import CHECK, CardStep


@dataclass(frozen=True)
class DraftForm:
    """``record`` holds fields of a ``Practice``, maybe incomplete; ``version`` counts saves.

    ``note`` and ``reviewer_name`` are those of a revision that was sent back.
    """

    id: str
    record: dict[str, Any]
    version: int
    visibility: Visibility
    number: int = 1
    state: RevisionState = RevisionState.DRAFT
    note: str = ""
    reviewer_name: str = ""
    updated_at: datetime | None = None
    practice_id: str = ""

    @classmethod
    def of(cls, revision: PracticeRevision) -> DraftForm:
        return cls(
            id=revision.id,
            record=upgrade_record(revision.record),
            version=revision.version,
            visibility=revision.visibility,
            number=revision.number,
            state=revision.state,
            note=revision.note,
            reviewer_name=revision.reviewer_name,
            updated_at=revision.updated_at,
            practice_id=revision.practice_id,
        )

    @classmethod
    def lost(cls, revision_id: str) -> DraftForm:
        """Of a draft that was deleted while it was being written."""
        return cls(revision_id, {}, 0, Visibility.PUBLIC)

    def print_of(self, step: CardStep) -> str:
        """Changes with everything that the step shows or writes; of the last step also with who
        may see the card."""
        own = fingerprint(self.record, step)
        return f"{own}-{self.visibility.value}" if step.id == CHECK else own

    def with_record(self, record: dict[str, Any]) -> DraftForm:
        """The same revision with other fields, as typed but not saved."""
        return replace(self, record=record)
