"""Words looked for in one document: where they occur, page by page, and in what context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.storage.tables import Document, PageRow
from kb.text.folding import fold_text
from kb.text.occurrences import Span, find_all_words, find_spans, like_patterns, phrase_pattern
from web.presenters.page_text import ShownPiece

MOST = 2000
"""Occurrences after which the search stops."""
PER_PAGE = 5
"""Occurrences of a page that are listed with their context."""
CONTEXT = 90
"""Characters shown before and after an occurrence."""

PHRASE, ALL_WORDS, INSIDE = "phrase", "all", "inside"


@dataclass(frozen=True)
class PageHits:
    """The occurrences on a page; ``first`` is the number, from 1, of the first of them."""

    page: int
    first: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class FoundWords:
    """The occurrences of words in a document.

    ``how``: one after the other, all on one page, or inside longer words. ``cut``: there are more.
    """

    words: str
    how: str
    pages: tuple[PageHits, ...]
    cut: bool

    @property
    def total(self) -> int:
        return sum(len(hits.spans) for hits in self.pages)

    def on(self, page: int) -> PageHits | None:
        return next((hits for hits in self.pages if hits.page == page), None)

    def page_of(self, number: int) -> int | None:
        """The page of an occurrence; None if there is none of that number."""
        for hits in self.pages:
            if hits.first <= number < hits.first + len(hits.spans):
                return hits.page
        return None

    def around(self, page: int) -> tuple[int, int]:
        """Numbers of the last occurrence before a page and of the first after it."""
        before = sum(len(hits.spans) for hits in self.pages if hits.page < page)
        upto = sum(len(hits.spans) for hits in self.pages if hits.page <= page)
        return before, upto + 1


@dataclass(frozen=True)
class Turn:
    """The occurrence that a page is opened at: its number and place in the text, both None where
    the page has none, and the one before and after it as (number, page)."""

    number: int | None
    start: int | None
    previous: tuple[int, int] | None
    following: tuple[int, int] | None


def find_in_document(session: Session, document: Document, words: str) -> FoundWords:
    """Look for the words one after the other; if they stand nowhere so, for pages with all of them;
    if there are none either, inside of longer words. The caller has checked the document."""
    ways: list[tuple[str, Callable[[str], list[Span]]]] = []
    if (phrase := phrase_pattern(words)) is not None:
        ways.append((PHRASE, lambda text: find_spans(phrase, text)))
    if len(fold_text(words).split()) > 1:
        ways.append((ALL_WORDS, lambda text: find_all_words(words, text)))
    if (inside := phrase_pattern(words, inside=True)) is not None:
        ways.append((INSIDE, lambda text: find_spans(inside, text)))
    texts = _read_texts(session, document.id, words) if ways else []
    for how, find in ways:
        pages, cut = _find_on_pages(texts, find)
        if pages:
            return FoundWords(words, how, pages, cut)
    return FoundWords(words, "", (), cut=False)


def _read_texts(session: Session, document_id: str, words: str) -> list[tuple[int, str]]:
    rows = select(PageRow.number, PageRow.text).where(
        PageRow.document_id == document_id,
        *(PageRow.text.ilike(pattern) for pattern in like_patterns(words)),
    )
    return [(row.number, row.text) for row in session.execute(rows.order_by(PageRow.number))]


def _find_on_pages(
    texts: Sequence[tuple[int, str]], find: Callable[[str], list[Span]]
) -> tuple[tuple[PageHits, ...], bool]:
    found: list[PageHits] = []
    total = 0
    for page, text in texts:
        spans = find(text)
        if not spans:
            continue
        kept = spans[: MOST - total]
        if kept:
            found.append(PageHits(page, total + 1, tuple(kept)))
        total += len(kept)
        if len(kept) < len(spans):
            return tuple(found), True
    return tuple(found), False


def turn_to(found: FoundWords, page: int, asked: int) -> Turn:
    """The occurrence ``asked`` for if it is on the page, else the first of the page."""
    hits = found.on(page)
    if hits is None:
        before, after = found.around(page)
        return Turn(None, None, _place(found, before), _place(found, after))
    number = asked if hits.first <= asked < hits.first + len(hits.spans) else hits.first
    start = hits.spans[number - hits.first][0]
    return Turn(number, start, _place(found, number - 1), _place(found, number + 1))


def _place(found: FoundWords, number: int) -> tuple[int, int] | None:
    page = found.page_of(number)
    return None if page is None else (number, page)


@dataclass(frozen=True)
class HitShown:
    """An occurrence in its context."""

    number: int
    pieces: tuple[ShownPiece, ...]


def show_hits(text: str, hits: PageHits) -> list[HitShown]:
    """The first occurrences of a page, each with the words around it."""
    return [
        HitShown(hits.first + at, show_in_context(text, span))
        for at, span in enumerate(hits.spans[:PER_PAGE])
    ]


def show_in_context(text: str, span: Span) -> tuple[ShownPiece, ...]:
    """The words around a place of the text, whole, with an ellipsis where they are cut."""
    start, end = max(0, span[0] - CONTEXT), min(len(text), span[1] + CONTEXT)
    before = " ".join(text[start : span[0]].split()) + _blank(text[start : span[0]][-1:])
    after = _blank(text[span[1] : end][:1]) + " ".join(text[span[1] : end].split())
    if start:
        before = "… " + before.partition(" ")[2]
    if end < len(text):
        after = after.rpartition(" ")[0] + " …"
    return (
        ShownPiece(before),
        ShownPiece(" ".join(text[slice(*span)].split()), marked=True),
        ShownPiece(after),
    )


def _blank(edge: str) -> str:
    return " " if edge.isspace() else ""
