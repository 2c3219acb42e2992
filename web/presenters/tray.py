"""The practices chosen in the results of a search, to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from web.presenters import queries
from web.presenters.listing import build_address
from web.rendering.i18n import Locale
from web.rendering.titles import TitleText, title_of


@dataclass(frozen=True)
class Tray:
    """``chosen`` are ids with titles; ``refused``: one more was chosen than can be compared."""

    chosen: tuple[tuple[str, TitleText], ...]
    refused: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(id for id, _ in self.chosen)

    @property
    def address(self) -> str:
        """The address of the comparison."""
        return build_address("/compare", [("id", id) for id in self.ids])


def build_tray(
    session: Session, access: Access, ids: Sequence[str], reader: Locale, *, most: int
) -> Tray:
    """The first ``most`` of ``ids`` that are practices which may be seen, in their order."""
    asked = [id for id in ids if id.isprintable()]
    found = queries.items_by_id(session, access, asked) if asked else {}
    seen = [id for id in asked if id in found and found[id].kind is Kind.PRACTICE]
    chosen = tuple((id, title_of(found[id], reader)) for id in seen[:most])
    return Tray(chosen, refused=len(seen) > most)
