"""What an account follows, as it is listed: with its name, and the page that it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.messages import N_
from kb.periodical.follows import is_followed, list_follows
from kb.places import municipalities
from kb.storage.collections import Collection
from kb.storage.following import Follow, FollowKind
from kb.vocabulary import vocabularies
from web.presenters import queries
from web.presenters.listing import build_address
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

GONE = N_("It is not here any more")


@dataclass(frozen=True)
class FollowedTarget:
    """``path`` is empty if it is gone, or may not be seen any more."""

    kind: FollowKind
    target: str
    name: str
    language: str
    path: str


class FollowChoice(NamedTuple):
    """For the button that follows or stops following what a page is about."""

    kind: FollowKind
    target: str
    name: str
    followed: bool


def list_followed(
    session: Session, access: Access, account_id: str, reader: Locale
) -> Sequence[FollowedTarget]:
    follows = list_follows(session, account_id)
    return [describe_follow(session, access, one, reader) for one in follows]


def describe_follow(
    session: Session, access: Access, one: Follow, reader: Locale
) -> FollowedTarget:
    name, language, path = reader.gettext(GONE), reader.code, ""
    if one.kind is FollowKind.COLLECTION:
        row = queries.find_collection(session, access, one.target)
        if row is not None:
            (name, language), path = title_of(row, reader), f"/collections/{row.id}"
    elif one.kind is FollowKind.THEME:
        if term := vocabularies.load("themes").get(one.target):
            name = term.label(reader.code)
            path = build_address("/practices", [("theme", one.target), ("sort", "newest")])
    elif place := municipalities.find(one.target):
        name, path = (
            f"{place.name} ({place.province})",
            build_address("/places", [("q", place.name)]),
        )
    return FollowedTarget(one.kind, one.target, name, language, path)


def offer_collection(
    session: Session, access: Access, row: Collection, reader: Locale
) -> FollowChoice | None:
    name = title_of(row, reader).text
    return offer_to_follow(session, access, FollowKind.COLLECTION, row.id, name)


def offer_theme(
    session: Session, access: Access, theme: str, reader: Locale
) -> FollowChoice | None:
    """The choice on a list that is filtered by a theme."""
    term = vocabularies.load("themes").get(theme)
    if term is None:
        return None
    return offer_to_follow(session, access, FollowKind.THEME, theme, term.label(reader.code))


def offer_to_follow(
    session: Session, access: Access, kind: FollowKind, target: str, name: str
) -> FollowChoice | None:
    """None for who has no account, and where there is nothing to follow."""
    if not target or access.account_id is None or not access.may(Right.NOTES):
        return None
    followed = is_followed(session, access.account_id, kind, target)
    return FollowChoice(kind, target, name, followed)
