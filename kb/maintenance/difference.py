"""A place where SQL, content store and index disagree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kb.messages import Message

REPAIR = "kb check --repair"
REINDEX = "kb reindex"
RESTORE = "kb restore FILE"
ADD_AGAIN = "kb ingest FILE"


class Mend(StrEnum):
    """A repair that loses nothing."""

    NOTHING = "nothing"
    QUEUE_AGAIN = "queued again"
    QUEUE_DELETION = "deletion queued again"
    CANCEL_JOB = "job cancelled"
    DELETE_POINTS = "points deleted"
    REMOVE_FILE = "file removed"
    REMOVE_UNFINISHED = "unfinished upload removed"
    DROP_INDEX = "index removed"


@dataclass(frozen=True)
class Difference:
    """``where``: an item's id, a file's sha256, the name of an index or of a table."""

    what: Message
    where: str
    command: str = REPAIR
    """Mends it, or is the first step."""
    mend: Mend = Mend.NOTHING
    notice: bool = False
    """Worth knowing, but nothing is wrong."""
    points: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "what": str(self.what),
            "where": self.where,
            "command": self.command,
            "notice": self.notice,
        }
