"""What is new for an account: answers to its questions, and in what it follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts.accounts import access_of
from kb.domain import Kind
from kb.messages import N_
from kb.periodical.digests import ANSWER
from kb.periodical.follows import list_follows
from kb.storage.accounts import Account
from kb.storage.following import Follow, FollowKind
from kb.storage.questions import Notice, SavedQuestion
from kb.storage.tables import Item
from web.presenters.follows import describe_follow
from web.presenters.queries.followed import (
    items_added_since,
    items_near_since,
    items_on_theme_since,
    ready_items,
)
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

MAIL_LINES, PAGE_LINES = 10, 50
"""News that are listed of each question, collection, theme and place."""
QUESTIONS = N_("Answers to your questions")
HEADINGS = {
    FollowKind.COLLECTION: N_("New in collections you follow"),
    FollowKind.THEME: N_("New on themes you follow"),
    FollowKind.PLACE: N_("New near places you follow"),
}
AWAY = N_("{name}, {km} km away")
ITEM = "item:"
"""Beginning of the keys of items that are told, wherever that was."""


@dataclass(frozen=True)
class FollowedLine:
    """``place``: where, if that matters."""

    kind: Kind
    title: str
    language: str
    path: str
    place: str


@dataclass(frozen=True)
class FollowedGroup:
    """News of a question, collection, theme or place. ``path`` leads to it; ``language`` is empty
    for words of the account's owner. ``more``: how many are not listed."""

    title: str
    language: str
    path: str
    lines: tuple[FollowedLine, ...]
    more: int


@dataclass(frozen=True)
class FollowedPart:
    heading: str
    groups: tuple[FollowedGroup, ...]


@dataclass
class NewsSpan:
    """Which news are wanted: those after ``since`` that are not among ``told``, at most ``most`` of
    each question, collection, theme and place. With ``for_mail`` no answers that were mailed by
    themselves."""

    since: datetime
    told: frozenset[str] = frozenset()
    for_mail: bool = False
    most: int = PAGE_LINES
    named: set[str] = field(default_factory=set)
    """Ids of the items that are listed already: each is listed once."""
    keys: set[str] = field(default_factory=set)
    """By which it is remembered that the listed items were told, wherever they are news."""


def find_news(
    session: Session, account: Account, span: NewsSpan, reader: Locale
) -> tuple[FollowedPart, ...]:
    """What the account may see at this moment; parts and groups without news are left out."""
    access, follows = access_of(account), list_follows(session, account.id)
    parts = [FollowedPart(QUESTIONS, tuple(_find_answers(session, access, account, span, reader)))]
    for kind, heading in HEADINGS.items():
        of_kind = [one for one in follows if one.kind is kind]
        groups = [_find_group(session, access, one, span, reader) for one in of_kind]
        parts.append(FollowedPart(heading, tuple(group for group in groups if group)))
    return tuple(part for part in parts if part.groups)


def _find_answers(
    session: Session, access: Access, account: Account, span: NewsSpan, reader: Locale
) -> Iterator[FollowedGroup]:
    query = select(SavedQuestion, Notice.item_id).join(Notice)
    query = query.where(
        SavedQuestion.account_id == account.id,
        Notice.read_at.is_(None),
        Notice.created_at > span.since,
    )
    if span.for_mail:
        query = query.where(Notice.mailed_at.is_(None))
    by_question: dict[SavedQuestion, list[str]] = {}
    order = (SavedQuestion.created_at, SavedQuestion.id, Notice.created_at)
    for saved, item_id in session.execute(query.order_by(*order)):
        by_question.setdefault(saved, []).append(item_id)
    for saved, ids in by_question.items():
        ready = ready_items(session, access, ids)
        items = [(ready[one], "") for one in ids if one in ready]
        lines, more = _take_new(items, span, reader, f"{ANSWER}:{saved.id}:")
        if lines:
            yield FollowedGroup(saved.text, "", "/questions", lines, more)


def _find_group(
    session: Session, access: Access, one: Follow, span: NewsSpan, reader: Locale
) -> FollowedGroup | None:
    """None without news, and if what is followed is gone or may not be seen."""
    target = describe_follow(session, access, one, reader)
    if not target.path:
        return None
    since, prefix = max(span.since, one.created_at), ITEM
    if one.kind is FollowKind.COLLECTION:
        # What a collection takes in is news, also if the item was told before.
        prefix = f"collection:{one.target}:"
        items = [(item, "") for item in items_added_since(session, access, one.target, since)]
    elif one.kind is FollowKind.THEME:
        items = [(item, "") for item in items_on_theme_since(session, access, one.target, since)]
    else:
        near = items_near_since(session, access, one.target, since)
        say = reader.gettext(AWAY)
        items = [(it.item, say.format(name=it.name, km=reader.number(it.km))) for it in near]
    lines, more = _take_new(items, span, reader, prefix)
    return FollowedGroup(target.name, target.language, target.path, lines, more) if lines else None


def _take_new(
    items: Iterable[tuple[Item, str]], span: NewsSpan, reader: Locale, prefix: str
) -> tuple[tuple[FollowedLine, ...], int]:
    """The lines of items, each with what is said of its place, that are not told yet, and how many
    are beyond ``span.most``: these count as not told."""
    lines: list[FollowedLine] = []
    more = 0
    for item, place in items:
        key = f"{prefix}{item.id}"
        if item.id in span.named:
            span.keys.add(key)
        elif key not in span.told and len(lines) < span.most:
            span.named.add(item.id)
            span.keys |= {key, f"{ITEM}{item.id}"}
            title = title_of(item, reader)
            path = f"/{item.kind}s/{item.id}"
            lines.append(FollowedLine(item.kind, title.text, title.language, path, place))
        elif key not in span.told:
            more += 1
    return tuple(lines), more
