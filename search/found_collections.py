"""Curated collections on the subject of a question, beside the practices and documents found."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.runtime.services import Services
from kb.storage.collections import Collection, CollectionEntry, CollectionState
from kb.storage.kept import keep_until_change
from kb.storage.tables import Item
from search.query import EmbeddedQuestion
from search.results import FoundCollection
from search.subject_texts import find_on_subject
from search.subject_vectors import SubjectPart, SubjectText

MOST = 2
EMBEDDED_AT_ONCE = 4


class _Text(NamedTuple):
    id: str
    title: str
    title_en: str
    language: str
    argument: str

    def as_subject(self) -> SubjectText:
        """The title in both languages, and the argument."""
        english = self.title_en or self.title
        parts = (
            SubjectPart(self.title, self.language),
            SubjectPart(english, "en" if self.title_en else self.language),
            SubjectPart(f"{self.title}\n{self.argument}", self.language),
        )
        return SubjectText("collection", self.id, parts)


def find_collections(
    services: Services, session: Session, access: Access, question: EmbeddedQuestion
) -> list[FoundCollection]:
    """At most ``MOST`` published collections that ``access`` may see, most like first."""
    key = find_collections, access.visibilities
    loaded = keep_until_change(session, (*key, "texts"), lambda: _load_texts(session, access))
    texts = {one.id: one for one in loaded}
    chosen = find_on_subject(
        services,
        session,
        access,
        question,
        [one.as_subject() for one in texts.values()],
        embed_most=EMBEDDED_AT_ONCE,
    )[:MOST]
    counts = keep_until_change(session, (*key, "counts"), lambda: _count_practices(session, access))
    return [
        FoundCollection(
            one.id,
            texts[one.id].title,
            texts[one.id].title_en,
            texts[one.id].language,
            counts.get(one.id, 0),
            one.likeness,
        )
        for one in chosen
    ]


def _load_texts(session: Session, access: Access) -> list[_Text]:
    column = Collection.__table__.c
    rows = session.connection().execute(
        select(column.id, column.title, column.title_en, column.language, column.argument).where(
            column.state == CollectionState.PUBLISHED,
            column.visibility.in_(access.visibilities),
        )
    )
    return [_Text._make(row) for row in rows]


def _count_practices(session: Session, access: Access) -> dict[str, int]:
    """How many practices of each collection the reader may see."""
    entry, item = CollectionEntry.__table__.c, Item.__table__.c
    rows = session.connection().execute(
        select(entry.collection_id, func.count())
        .join_from(CollectionEntry.__table__, Item.__table__, item.id == entry.item_id)
        .where(
            item.kind == Kind.PRACTICE,
            item.status == Status.READY,
            item.visibility.in_(access.visibilities),
        )
        .group_by(entry.collection_id)
    )
    return dict(iter(rows))
