"""Split text in European languages into sentences, without a model."""

from __future__ import annotations

import re

LONGEST = 600
"""Characters; text without a stop (a table, a list) is cut at the next space."""

LONGEST_ABBREVIATION = 12
"""Characters examined before a stop: an abbreviation and what precedes it."""

LONGEST_ROW = 400
"""Characters of a table row that is kept as one sentence; longer rows are split."""
BAR = "|"
"""Separator of the cells of a row."""

_OPENING = r"[\"'“‘«(\[¿¡]"
_STOP = re.compile(
    rf"(?<![.!?…])([.!?…]++[\"'”’»)\]]*+(?:\[[\d,;– -]{{1,9}}\])*+)(\s++)"
    rf"(?={_OPENING}*+[^\W_])|"
    r"(?<!\s)[^\S\n]*+\n\s*+"
)
"""End of a sentence, or a run of blanks with a line end. Written such that matching takes linear
time: a run begins only where no blank precedes it."""
_FOLLOWING = re.compile(rf"{_OPENING}*+(.)", re.DOTALL)
_BULLETS = tuple("-•*–‣▪")
_LABEL = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3}){0,4}|[a-z]|[ivxIVX]{1,5})[.)]\s|Art\.\s\d")
"""The number of a list item."""
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[«“\"'’])(?:[^\W\d_]|"
    r"art|artt|cfr|ecc|es|fig|figg|n|nn|p|pp|pag|pagg|par|cap|capp|tab|vol|voll|ed|lett|"
    r"avv|dott|dr|ing|prof|sig|geom|arch|on|sen|ca|max|min|tel|ss|aa|vv|op|cit|"
    r"approx|dept|est|etc|eg|ie|e\.g|i\.e|figs|inc|jr|ltd|mr|mrs|ms|no|nos|sr|st|vs|"
    r"abb|abs|bzw|bspw|ca|evtl|ggf|hrsg|inkl|nr|sog|str|tel|u\.a|usw|vgl|z\.b|d\.h|"
    r"av|bd|chap|env|m|mm|mme|mlle|vol|"
    r"avda|dña|ej|núm|pág|sra|ud)\.$",
    re.IGNORECASE,
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Character ranges of the sentences of ``text``, in order, without surrounding blanks."""
    spans: list[tuple[int, int]] = []
    start = 0
    for stop in _STOP.finditer(text):
        ends = _ends_sentence if stop[1] else _ends_block
        if ends(text, start, stop):
            _add(spans, text, start, stop.end(1) if stop[1] else stop.start())
            start = stop.end()
    _add(spans, text, start, len(text))
    return spans


def _ends_sentence(text: str, start: int, stop: re.Match[str]) -> bool:
    if _is_in_row(text, stop.end(1)):
        return False
    following = _FOLLOWING.match(text, stop.end())
    if following and following[1].islower():
        return False
    before = text[max(start, stop.end(1) - LONGEST_ABBREVIATION) : stop.end(1)]
    return stop[1] != "." or not _ABBREVIATION.search(before)


def _ends_block(text: str, start: int, blank: re.Match[str]) -> bool:
    """Whether a sentence ends at a line end: an empty line, a list item or a table row follows, or
    a row ends."""
    return (
        blank[0].count("\n") > 1
        or text.startswith(_BULLETS, blank.end())
        or bool(_LABEL.match(text, blank.end()))
        or _is_in_row(text, blank.start())
        or _is_in_row(text, blank.end())
    )


def _is_in_row(text: str, place: int) -> bool:
    """Whether the line at ``place`` is a table row of at most ``LONGEST_ROW`` characters."""
    start = text.rfind("\n", max(0, place - LONGEST_ROW), place) + 1
    end = text.find("\n", place, place + LONGEST_ROW)
    if (not start and place > LONGEST_ROW) or (end < 0 and len(text) - place > LONGEST_ROW):
        return False
    return text.find(BAR, start, len(text) if end < 0 else end) >= 0


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        cut = text.rfind(" ", start, start + LONGEST)
        cut = cut if cut > start else start + LONGEST
        spans.append((start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        spans.append((start, end))
