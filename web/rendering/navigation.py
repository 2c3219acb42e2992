"""The entries of the main menu, and the right that each needs."""

from __future__ import annotations

from dataclasses import dataclass

from kb.access import Access, Right
from kb.messages import N_


@dataclass(frozen=True)
class Entry:
    address: str
    label: str
    right: Right | None = None
    """``None``: everybody sees it."""


ENTRIES = (
    Entry("/search", N_("Search")),
    Entry("/practices", N_("Practices")),
    Entry("/collections", N_("Collections")),
    Entry("/documents", N_("Documents")),
    Entry("/questions", N_("My questions"), Right.NOTES),
    Entry("/worksheets", N_("My worksheets"), Right.NOTES),
    Entry("/upload", N_("Upload"), Right.DOCUMENTS),
    Entry("/drafts", N_("Drafts"), Right.PRACTICES),
    Entry("/review", N_("Review"), Right.REVIEW),
    Entry("/unanswered", N_("Unanswered"), Right.DOCUMENTS),
)


def entries_for(access: Access) -> tuple[Entry, ...]:
    return tuple(e for e in ENTRIES if e.right is None or access.may(e.right))
