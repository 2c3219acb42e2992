"""Which documents have words on their pages. Access is that of the documents that are given."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kb.storage.tables import PageRow
from kb.text.occurrences import like_patterns, phrase_pattern

AT_ONCE = 100
"""Pages read from the database at a time."""


def find_holders(
    session: Session, documents: Select[tuple[str]], words: Iterable[str]
) -> dict[str, set[str]]:
    """For each word the ids of those ``documents`` that have a word beginning so on a page."""
    return {word: _find_holders(session, documents, word) for word in dict.fromkeys(words)}


def _find_holders(session: Session, documents: Select[tuple[str]], word: str) -> set[str]:
    pattern = phrase_pattern(word)
    found: set[str] = set()
    if pattern is None:
        return found
    pages = select(PageRow.document_id, PageRow.text).where(
        PageRow.document_id.in_(documents),
        *(PageRow.text.ilike(like) for like in like_patterns(word)),
    )
    for row in session.execute(pages.execution_options(yield_per=AT_ONCE)):
        if row.document_id not in found and pattern.search(row.text):
            found.add(row.document_id)
    return found
