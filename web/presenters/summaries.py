"""A cited summary for display: each statement with the address of what it quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from kb.domain import Kind
from kb.messages import N_, Message
from search.summary.results import CitedPassage, Dropped, Summary, SummaryStatement
from web.presenters.listing import Parameters
from web.presenters.story import field_label, section_anchor
from web.rendering.i18n import Locale

REASONS: Mapping[Dropped, str] = {
    Dropped.NO_PASSAGE: N_("cites a passage that is not there"),
    Dropped.NO_QUOTATION: N_("quotes nothing"),
    Dropped.NOT_VERBATIM: N_("quotes words that do not stand in the passage"),
    Dropped.NUMBERS: N_("has a number that does not stand in the passage"),
    Dropped.LANGUAGE: N_("is in another language"),
    Dropped.ADDRESS: N_("contains addresses or markup"),
    Dropped.LONG: N_("is too long, or one of too many"),
    Dropped.DUPLICATE: N_("repeats another"),
    Dropped.CONTESTED: N_("gives a contested figure as certain"),
}


@dataclass(frozen=True)
class ShownStatement:
    """``place``: where in the source the quotation stands, in words; may be empty."""

    text: str
    quotation: str
    quotation_language: str
    title: str
    place: str
    address: str


@dataclass(frozen=True)
class ShownSummary:
    """``reasons``: why statements were dropped, with how many for each."""

    model: str
    written: int
    dropped: int
    statements: tuple[ShownStatement, ...]
    reasons: tuple[tuple[str, int], ...]
    is_one_sided: bool


@dataclass(frozen=True)
class SummaryBlock:
    """The block above the results: a button, what it brought, or why it brought nothing."""

    parameters: Parameters = field(default_factory=list)
    """Of the form: the question with its filters and page."""
    shown: ShownSummary | None = None
    problem: Message | None = None


def present_summary(summary: Summary, reader: Locale) -> ShownSummary:
    return ShownSummary(
        summary.model,
        summary.written,
        summary.dropped_count,
        tuple(_present(one, reader) for one in summary.statements),
        tuple((reader.gettext(REASONS[why]), count) for why, count in summary.dropped.items()),
        summary.is_one_sided,
    )


def _present(statement: SummaryStatement, reader: Locale) -> ShownStatement:
    passage = statement.passage
    place = field_label(passage.heading, reader) if passage.kind is not Kind.DOCUMENT else ""
    if statement.page is not None:
        place = reader.gettext(N_("page {number}")).format(number=statement.page)
    return ShownStatement(
        statement.text,
        " ".join(statement.quotation.split()),
        passage.language,
        passage.title,
        place,
        address_of(statement),
    )


def address_of(statement: SummaryStatement) -> str:
    """Path of the page of a document with the quotation highlighted, or of the section of a
    card."""
    passage = statement.passage
    home = f"/{passage.kind}s/{passage.item_id}"
    if passage.kind is Kind.DOCUMENT and statement.page is not None:
        return f"{home}/pages/{statement.page}?{_highlight(passage, statement.quotation)}"
    return home + (section_anchor(passage.heading) if passage.kind is Kind.PRACTICE else "")


def _highlight(passage: CitedPassage, quotation: str) -> str:
    """The passage is marked where the quotation runs over the end of the page."""
    return urlencode({"passage": passage.passage_id, "quote": quotation})
