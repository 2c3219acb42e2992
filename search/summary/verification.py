"""Check what the model wrote against the passages, and drop what they do not say.

Whether a statement turns the meaning of its quotation round («non» left out) cannot be checked
here: that is why quotation and address are shown beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from kb.text.folding import fold_text
from kb.text.language import detect
from kb.text.lines import one_line
from kb.text.occurrences import phrase_pattern
from kb.text.sentences import sentences
from search.summary.answer import WrittenStatement
from search.summary.number_check import has_its_numbers
from search.summary.numbers import normalise, read_amounts
from search.summary.results import CitedPassage, Dropped, Side, SummaryStatement

LONGEST_STATEMENT = 400
LONGEST_QUOTATION = 600
"""Characters."""
MOST_STATEMENTS = 8
FEWEST_LETTERS = 12
"""Letters and digits of a quotation: fewer stand in any text."""

_ADDRESS = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]{1,9}://|(?:javascript|mailto|tel):\S|data:\w+/)|\bwww\.|"
    r"[\w.+-]+@[\w-]+\.\w|(?<![\w.])(?:[a-z0-9-]+\.)+"
    r"(?:com|org|net|info|eu|it|io|gov|edu|de|fr|es|uk|at|ch|ru|cn|xyz|top|site|online|app|dev|me|"
    r"co|tv|biz|link|click|onion)(?![\w])|<[a-z!/?]|\]\s?\(|&(?:#\d|[a-z]{2,8};)|\{\{|\$\{",
    re.IGNORECASE,
)
"""Addresses of all kinds, with or without scheme, and markup of HTML, Markdown and templates."""
_LIKE_A_HOST = re.compile(r"[^\W\d_][\w-]+(?:\.[^\W\d_][\w-]+)+")
"""Words joined by points, whatever the last is: an address unless the passage has it."""
_HIDDEN_HOST = re.compile(
    r"\w\s?[\[({]\s?(?:\.|dot|punto)\s?[\])}]\s?\w|\w[。．｡]\w|\w@\w", re.IGNORECASE
)
_NO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_CITATION = re.compile(r"\s*[\[(【]\d{1,2}(?:\s?[,;–-]\s?\d{1,2})*[\])】](?=\s*[.!?…]?\s*$)")
"""«[3]» at the end, as models write though the passage is named beside it."""
_EMPHASIS = re.compile(r"\*\*|__|`|^#+\s|^[-*•]\s")
_BEFORE = re.compile(r"(?:[€$£]\s?|[+−–-])$")
_AFTER = re.compile(r"(?:\s?[%‰€$£°])?[.!?…)]?")


def check_statements(
    written: Sequence[WrittenStatement],
    passages: Sequence[CitedPassage],
    sides: Sequence[Side],
    language: str,
) -> tuple[list[SummaryStatement], Counter[Dropped]]:
    """The statements that hold, in order, and how many were dropped for each reason."""
    by_number = {one.number: one for one in passages}
    kept: list[SummaryStatement] = []
    dropped: Counter[Dropped] = Counter()
    for one in written:
        found = _check(one, by_number, sides, language)
        if isinstance(found, SummaryStatement):
            found = _compare(found, kept)
        if isinstance(found, SummaryStatement):
            kept.append(found)
        else:
            dropped[found] += 1
    return kept, dropped


def _check(  # noqa: PLR0911 - a reason each
    written: WrittenStatement,
    passages: Mapping[int, CitedPassage],
    sides: Sequence[Side],
    language: str,
) -> SummaryStatement | Dropped:
    text = clean_statement(written.text)
    passage = passages.get(written.passage or 0)
    if not fold_text(text):
        return Dropped.NO_QUOTATION
    if passage is None:
        return Dropped.NO_PASSAGE
    if reason := _check_form(text, passage.text, language):
        return reason
    if len(fold_text(written.quotation).replace(" ", "")) < FEWEST_LETTERS:
        return Dropped.NO_QUOTATION
    span = find_quotation(passage.text, written.quotation)
    if span is None:
        return Dropped.NOT_VERBATIM
    if not has_its_numbers(text, passage.text, language, passage.language):
        return Dropped.NUMBERS
    quotation = passage.text[slice(*span)]
    statement = SummaryStatement(text, passage, quotation, passage.page_at(span[0]))
    if any(side.is_alone and tells_side(statement, side) for side in sides):
        return Dropped.CONTESTED
    return statement


def _check_form(text: str, passage: str, language: str) -> Dropped | None:
    if len(text) > LONGEST_STATEMENT:  # before the pattern, whose time grows with the square
        return Dropped.LONG
    if _has_address(text, passage):
        return Dropped.ADDRESS
    if len(sentences(text)) > 1:
        return Dropped.LONG
    if detect(text, prior=language).language != language:
        return Dropped.LANGUAGE
    return None


def _has_address(text: str, passage: str) -> bool:
    plain = normalise(text)
    if any(pattern.search(one) for pattern in (_ADDRESS, _HIDDEN_HOST) for one in (text, plain)):
        return True
    known = normalise(passage).casefold()
    return any(one[0].casefold() not in known for one in _LIKE_A_HOST.finditer(plain))


def _compare(
    statement: SummaryStatement, kept: Sequence[SummaryStatement]
) -> SummaryStatement | Dropped:
    if any(fold_text(one.text) == fold_text(statement.text) for one in kept):
        return Dropped.DUPLICATE
    return Dropped.LONG if len(kept) == MOST_STATEMENTS else statement


def clean_statement(text: str) -> str:
    """Plain text on one line, without marks of emphasis and citation numbers at its end."""
    seen = _NO_WIDTH.sub("", text.strip())
    return _CITATION.sub("", one_line(_EMPHASIS.sub("", seen))).strip()


def find_quotation(text: str, quotation: str) -> tuple[int, int] | None:
    """Where the words stand in the text, whatever their case, accents and punctuation, with the
    signs beside numbers at its ends; None if they do not, or are too many."""
    pattern = phrase_pattern(quotation) if len(quotation) <= LONGEST_QUOTATION else None
    for found in pattern.finditer(text) if pattern else ():
        start, end = found.span()
        if text[end : end + 1].isalnum():
            continue
        if before := _BEFORE.search(text[max(0, start - 2) : start]):
            start -= len(before[0])
        after = _AFTER.match(text, end)
        return start, after.end() if after else end
    return None


def is_one_sided(statements: Sequence[SummaryStatement], sides: Sequence[Side]) -> bool:
    """Whether the statements tell some of the figures that contradict each other, and not all."""
    contests: dict[str, list[bool]] = {}
    for side in sides:
        if not side.is_alone:
            told = any(tells_side(one, side) for one in statements)
            contests.setdefault(side.key, []).append(told)
    return any(any(told) and not all(told) for told in contests.values())


def tells_side(statement: SummaryStatement, side: Side) -> bool:
    """Whether the statement cites the row of the figure, or tells it from another text of the same
    item."""
    if side.number and statement.passage.number == side.number:
        return True
    if statement.passage.item_id not in side.item_ids:
        return False
    told = [
        *read_amounts(statement.text, ""),
        *read_amounts(statement.quotation, statement.passage.language),
    ]
    return any(amount.fits(own) for amount in told for own in side.amounts)
