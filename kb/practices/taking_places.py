"""Take a place that was found for a figure into the card's record: page, quotation and source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import N_, PermanentError
from kb.practices.card_figures import CardFigure, figures_of
from kb.practices.drafts import open_revision
from kb.practices.quotations import RESULT, verbatim
from kb.practices.rules import QUOTE_WORDS
from kb.practices.terms import EvidenceLevel, SourceAccess
from kb.storage.tables import Document, PageRow, PracticeRow
from kb.text.slugs import slugify

KEPT = ("indicator", "indicator_en", "unit", "unit_en", "measure", "better", "nature")
"""Fields that a different figure for the same thing has in common with the first."""
UNREAD = (SourceAccess.CITED, SourceAccess.NOT_READ)


@dataclass(frozen=True)
class CardText:
    """A card as it is now: its open draft, or the published text. ``version``: of the draft, 0 for
    the published text."""

    record: dict[str, Any]
    version: int

    def figure(self, key: str) -> CardFigure:
        """Raises PermanentError if the card has no such figure any more."""
        found = next((one for one in figures_of(self.record) if one.key == key), None)
        if found is None:
            raise PermanentError(
                N_("This figure is not in the card any more: open the list again.")
            )
        return found


@dataclass(frozen=True)
class TakenPlace:
    """The words on a page that are to be taken, and the source of the card that they are from."""

    source_id: str
    document: Document
    page: PageRow
    words: str
    day: date


def card_text(session: Session, access: Access, practice_id: str) -> CardText | None:
    """The text that a change would begin from; None if there is no such practice."""
    revision = open_revision(session, practice_id)
    if revision is not None:
        return CardText(revision.record, revision.version)
    row = session.get(PracticeRow, practice_id)
    if row is None or row.visibility not in access.visibilities:
        return None
    return CardText(row.record, 0)


def quotation_around(sentence: str, start: int) -> str:
    """A sentence, or as much of it around the character ``start`` as may be quoted."""
    words = list(re.finditer(r"\S+", sentence))
    if len(words) <= QUOTE_WORDS:
        return sentence
    middle = next((n for n, word in enumerate(words) if word.end() > start), 0)
    first = max(0, min(middle - QUOTE_WORDS // 2, len(words) - QUOTE_WORDS))
    return sentence[words[first].start() : words[first + QUOTE_WORDS - 1].end()]


def take_place(
    record: Mapping[str, Any], figure: CardFigure, place: TakenPlace, *, replace: bool = False
) -> dict[str, Any]:
    """The record with page and quotation of a figure, and the document as the source's.

    Raises:
        PermanentError: the words are not on the page; or the figure has a quotation and ``replace``
            was not asked for.
    """
    quoted = _quoted_words(place)
    if figure.quote and not replace and figure.quote != quoted:
        raise PermanentError(
            N_("This figure has a quotation already: ask for it to be replaced if it is wrong.")
        )
    entries = list(record[figure.name])
    entries[figure.index] = {
        **entries[figure.index],
        "source": place.source_id,
        "page": str(place.page.number),
        "quote": quoted,
    }
    return {**record, figure.name: entries, "sources": _with_document(record, place)}


def add_other_figure(
    record: Mapping[str, Any], figure: CardFigure, place: TakenPlace, value: float | None
) -> tuple[dict[str, Any], int]:
    """The record with a different figure for the same thing, marked as a disagreement. Returns it
    with the new result's index.

    Raises:
        PermanentError: the words are not on the page, or the figure is a cost.
    """
    if figure.name != RESULT:
        raise PermanentError(N_("Only results can disagree: write the cost in the card."))
    results = list(record[RESULT])
    first = results[figure.index]
    key = first.get("disagreement") or _free_key(results, str(first.get("indicator") or ""))
    results[figure.index] = {**first, "disagreement": key}
    other = {name: first[name] for name in KEPT if first.get(name) is not None}
    other |= {
        "source": place.source_id,
        "page": str(place.page.number),
        "quote": _quoted_words(place),
        "evidence": EvidenceLevel.SECONDARY.value,
        "disagreement": key,
    }
    if value is not None:
        other["value"] = float(f"{value / figure.scale:.15g}")
    taken = {**record, RESULT: [*results, other], "sources": _with_document(record, place)}
    return taken, len(results)


def _quoted_words(place: TakenPlace) -> str:
    span = verbatim(place.page.text, place.words)
    if span is None:
        raise PermanentError(
            N_("These words are not on page {page}: select them in the text of the page."),
            page=place.page.number,
        )
    return place.page.text[slice(*span)]


def _with_document(record: Mapping[str, Any], place: TakenPlace) -> list[dict[str, Any]]:
    """The sources, with the document under the one that it holds; it was opened on that day."""
    sources = []
    for source in record.get("sources") or ():
        changed = dict(source)
        if source.get("id") == place.source_id:
            changed["document"] = place.document.id
            if source.get("accessed") in UNREAD:
                changed["accessed"] = SourceAccess.EXCERPT.value
                changed["read_on"] = place.day.isoformat()
        sources.append(changed)
    return sources


def _free_key(results: list[dict[str, Any]], indicator: str) -> str:
    wanted = slugify(indicator)[:60].strip("-") or "valore"
    taken = {result.get("disagreement") for result in results}
    return next(key for n in range(1, len(results) + 2) if (key := f"{wanted}-{n}") not in taken)
