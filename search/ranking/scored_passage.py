"""The passages that compete for a question: found by the index, known by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.storage.tables import Item, ItemTheme, PassageRow
from kb.vectors.opening import Hit


class Owner(NamedTuple):
    """The item that a passage belongs to."""

    id: str
    kind: Kind
    title: str
    language: str
    country: str
    year: int | None
    themes: tuple[str, ...]


@dataclass(slots=True)
class Found:
    """A passage that competes. ``score`` changes as it is looked at more closely; ``scores``
    has the unweighted one from each arm of the query, ``None`` where the arm did not find it."""

    id: str
    language: str
    score: float
    scores: tuple[float | None, ...]
    owner: Owner

    @property
    def cosine(self) -> float:
        """Of question and passage: from whichever dense arm found it."""
        own, others, _ = self.scores
        return next((score for score in (own, others) if score is not None), -1.0)


def best_first(found: Found) -> tuple[float, str]:
    """A key to sort by."""
    return (-found.score, found.id)


def known(session: Session, hits: Sequence[Hit], access: Access) -> list[Found]:
    """The hits that SQL knows, in their order.

    The index has applied the filters; here SQL, the truth, has the last word on which passages
    exist, what is ready and what may be seen.
    """
    given = {"ids": [hit.id for hit in hits], "visibilities": list(access.visibilities)}
    owners: dict[str, Owner] = {}
    passages: dict[str, tuple[str, Owner]] = {}
    for id, language, item_id, *of_item, themes in session.connection().execute(_PASSAGES, given):
        if item_id is None:
            continue
        owner = owners.get(item_id)
        if owner is None:
            owner = owners[item_id] = Owner._make((item_id, *of_item, _listed(themes)))
        passages[id] = (language, owner)
    return [
        Found(hit.id, passages[hit.id][0], hit.score, hit.scores, passages[hit.id][1])
        for hit in hits
        if hit.id in passages
    ]


def _listed(themes: str | None) -> tuple[str, ...]:
    return tuple(sorted(themes.split(","))) if themes else ()


_item, _passage = Item.__table__.c, PassageRow.__table__.c  # the classes would join more tables
_themes = (
    select(func.aggregate_strings(ItemTheme.theme, ","))
    .where(ItemTheme.item_id == _item.id)
    .scalar_subquery()
)
_may_be_found = and_(
    _item.id == _passage.item_id,
    _item.status == Status.READY,
    _item.visibility.in_(bindparam("visibilities", expanding=True)),
)
_PASSAGES = (
    select(
        _passage.id, _passage.language,
        _item.id, _item.kind, _item.title, _item.language, _item.country, _item.year, _themes,
    )
    # An outer join: SQLite then begins with the few passages, not with all items that are ready.
    .join_from(PassageRow.__table__, Item.__table__, _may_be_found, isouter=True)
    .where(_passage.id.in_(bindparam("ids", expanding=True)))
)  # fmt: skip
