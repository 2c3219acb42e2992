"""The entries of the main menu and the right that each needs."""

from __future__ import annotations

from dataclasses import dataclass

from kb.access import Access, Right
from kb.messages import N_


@dataclass(frozen=True)
class MenuEntry:
    address: str
    label: str
    right: Right | None = None
    """None: shown to every reader."""


ENTRIES = (
    MenuEntry("/search", N_("Search")),
    MenuEntry("/practices", N_("Practices")),
    MenuEntry("/projects", N_("Projects")),
    MenuEntry("/collections", N_("Collections")),
    MenuEntry("/magazine", N_("Magazine")),
    MenuEntry("/documents", N_("Documents")),
    MenuEntry("/network", N_("Network")),
    MenuEntry("/questions", N_("My questions"), Right.NOTES),
    MenuEntry("/worksheets", N_("My worksheets"), Right.NOTES),
    MenuEntry("/upload", N_("Upload"), Right.DOCUMENTS),
    MenuEntry("/drafts", N_("Drafts"), Right.PRACTICES),
    MenuEntry("/review", N_("Review"), Right.REVIEW),
    MenuEntry("/unanswered", N_("Unanswered"), Right.DOCUMENTS),
)


def list_menu_entries(access: Access) -> tuple[MenuEntry, ...]:
    return tuple(e for e in ENTRIES if e.right is None or access.may(e.right))
