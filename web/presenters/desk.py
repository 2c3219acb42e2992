"""What the home page shows to each role: its sections and the panels of the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access, Role
from web.presenters.desk_panels import (
    DeskPanel,
    build_accounts,
    build_answers,
    build_changes,
    build_draft_collections,
    build_drafts,
    build_failed,
    build_new_items,
    build_reviews,
    build_unanswered,
    build_worksheets,
)
from web.presenters.desk_projects import build_projects, build_values
from web.rendering.i18n import Locale

PanelBuilder = Callable[[Session, Access, Locale], DeskPanel]


@dataclass(frozen=True)
class RoleHome:
    """Sections of the home page (names of its template) and panels of the desk, in order."""

    sections: tuple[str, ...]
    panels: tuple[PanelBuilder, ...] = ()


PUBLIC_HOME = RoleHome(("ask", "example", "near", "themes", "collections", "latest"))
DEFAULT_HOME = RoleHome(
    ("ask", "desk", "example", "near", "themes", "collections"),
    (build_projects, build_answers, build_worksheets, build_new_items),
)
"""For roles that ``HOMES`` does not name."""
HOMES: Mapping[Role, RoleHome] = {
    Role.MEMBER: RoleHome(
        ("desk", "collections", "ask", "near", "themes"),
        (build_new_items, build_projects, build_answers, build_worksheets),
    ),
    Role.RESEARCHER: RoleHome(
        ("desk", "ask", "latest", "themes"),
        (build_unanswered, build_values, build_drafts, build_reviews, build_failed),
    ),
    Role.CURATOR: RoleHome(
        ("desk", "collections", "ask", "latest"),
        (build_draft_collections, build_reviews, build_values, build_unanswered, build_new_items),
    ),
    Role.ADMIN: RoleHome(
        ("desk", "ask", "latest"), (build_accounts, build_changes, build_failed, build_reviews)
    ),
}


def home_of(access: Access) -> RoleHome:
    """The home page of the caller; ``PUBLIC_HOME`` without a role."""
    return HOMES.get(access.role, DEFAULT_HOME) if access.role else PUBLIC_HOME


def build_desk(session: Session, access: Access, reader: Locale) -> list[DeskPanel]:
    """The panels of the caller's role; none without a role."""
    return [build(session, access, reader) for build in home_of(access).panels]
