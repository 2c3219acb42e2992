"""What a summary is made of: passages that may be cited, statements, and what was dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kb.domain import Kind
from search.summary.numbers import StatedNumber


@dataclass(frozen=True)
class CitedPassage:
    """A passage that is sent to the model under its ``number``.

    ``spans`` are (page, start, end), empty for a card. ``passage_id`` is empty for a row that is
    one figure of a card, told because another contradicts it.
    """

    number: int
    kind: Kind
    item_id: str
    title: str
    heading: str
    language: str
    text: str
    passage_id: str = ""
    spans: tuple[tuple[int, int, int], ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The page on which the character stands; the spans are joined by line ends."""
        at = 0
        for page, start, end in self.spans:
            at += end - start + 1
            if offset < at:
                return page
        return self.spans[-1][0] if self.spans else None


@dataclass(frozen=True)
class Side:
    """One of the figures of a card that contradict each other.

    ``key``: what they are about, the same for all of them; ``number``: the row that tells it, 0 if
    there is none; ``amounts``: those that no other of them has; ``item_ids``: the card and the
    document of its source, whose passages may tell it too. ``is_alone``: the card calls it
    contested and has no other figure.
    """

    key: str
    number: int
    amounts: tuple[StatedNumber, ...]
    item_ids: frozenset[str]
    is_alone: bool = False


class Dropped(StrEnum):
    """Why a statement was dropped."""

    NO_PASSAGE = "no_passage"
    """It cites a number that no passage has."""
    NO_QUOTATION = "no_quotation"
    """It says nothing, or quotes nothing or a word or two."""
    NOT_VERBATIM = "not_verbatim"
    NUMBERS = "numbers"
    """A number in it does not stand in the cited passage."""
    LANGUAGE = "language"
    ADDRESS = "address"
    """It has an address or markup in it."""
    LONG = "long"
    """It has more than one sentence, or is one of too many."""
    DUPLICATE = "duplicate"
    CONTESTED = "contested"
    """It tells a figure that the card calls contested as if it were certain."""


@dataclass(frozen=True)
class SummaryStatement:
    """``quotation`` is verbatim in the passage, on ``page``."""

    text: str
    passage: CitedPassage
    quotation: str
    page: int | None


@dataclass(frozen=True)
class Summary:
    """``written``: statements that the model wrote. ``is_one_sided``: it told one side of figures
    that contradict each other, so that nothing of it is shown."""

    model: str
    language: str
    passages: tuple[CitedPassage, ...]
    written: int
    statements: tuple[SummaryStatement, ...]
    dropped: Mapping[Dropped, int]
    is_one_sided: bool = False

    @property
    def dropped_count(self) -> int:
        return sum(self.dropped.values())
