"""Where sentences begin and end, in the languages of Europe, without a model."""

from __future__ import annotations

import re

LONGEST = 600
"""Characters; whatever runs on without a stop (a table, a list) is cut at the next space."""

_STOP = re.compile(
    r"([.!?…]+[\"'”’»)\]]*(?:\[[\d,;– -]{1,9}\])*)(\s+)"
    r"(?=[\"'“‘«(\[¿¡]*[^\W_])|(\s*\n\s*\n\s*)|(\n(?=\s*[-•*–‣▪]))"
)
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
    """Character ranges of the sentences of ``text``, in order, without the space around them."""
    spans: list[tuple[int, int]] = []
    start = 0
    for stop in _STOP.finditer(text):
        if stop.group(1) and not _ends_sentence(text, start, stop):
            continue
        _add(spans, text, start, stop.end(1) if stop.group(1) else stop.start())
        start = stop.end()
    _add(spans, text, start, len(text))
    return spans


def _ends_sentence(text: str, start: int, stop: re.Match[str]) -> bool:
    following = text[stop.end() :].lstrip("\"'“‘«([¿¡")[:1]
    if following.islower():
        return False
    return stop.group(1) != "." or not _ABBREVIATION.search(text[start : stop.end(1)])


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
