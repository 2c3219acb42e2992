"""Parse values in words that are figures: «circa 30», «tra 5 e 7», «20 o 25 secondo la fonte».

Reads Italian and English; ``kb.practices.figures`` writes both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

QUALIFIERS = {
    "about": (
        r"circa|all['’]incirca|intorno a|attorno a|approssimativamente|ca\.|~|"
        r"about|around|approximately|roughly|c\."
    ),
    "almost": r"quasi|poco meno di|almost|nearly|just under",
    "more-than": r"oltre|più di|poco più di|superiore a|>|more than|over|above|just over",
    "less-than": r"meno di|sotto|inferiore a|<|less than|fewer than|under|below",
    "at-least": r"almeno|non meno di|≥|at least|no less than|no fewer than",
    "at-most": r"al massimo|non più di|≤|at most|no more than",
    "up-to": r"fino a|fino al|sino a|up to",
}
"""Qualifiers of numbers, in Italian and English."""
WRITTEN = {
    "it": {
        "about": "circa",
        "almost": "quasi",
        "more-than": "oltre",
        "less-than": "meno di",
        "at-least": "almeno",
        "at-most": "al massimo",
        "up-to": "fino a",
    },
    "en": {
        "about": "about",
        "almost": "almost",
        "more-than": "more than",
        "less-than": "less than",
        "at-least": "at least",
        "at-most": "at most",
        "up-to": "up to",
    },
}
JOINED = {
    "it": {"between": "tra {} e {}", "from": "da {} a {}", "or": "{} o {}"},
    "en": {"between": "between {} and {}", "from": "from {} to {}", "or": "{} or {}"},
}
BY_SOURCE = {"it": "secondo la fonte", "en": "depending on the source"}
MULTIPLIERS = {
    "mila": 10**3,
    "milion": 10**6,
    "mln": 10**6,
    "miliard": 10**9,
    "mld": 10**9,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
}

_QUALIFIER = "|".join(
    f"(?P<q_{name.replace('-', '_')}>{forms})" for name, forms in QUALIFIERS.items()
)
_BEFORE = re.compile(rf"(?:{_QUALIFIER})\s*(?=[+−–\d-])", re.IGNORECASE)
_AFTER = re.compile(rf",?\s*\(?(?:{_QUALIFIER})(?:,\s*(?P<rest>[^()]+))?\)?$", re.IGNORECASE)
_SOURCES = re.compile(
    r",?\s*\(?(?:(?P<plain>(?:secondo|a seconda del)l[ae] font[ei]|secondo l[ae] font[ei]|"
    r"depending on the sources?|according to the sources?)|"
    r"(?P<named>(?:secondo|according to)\s+[^()]+))\)?$",
    re.IGNORECASE,
)
_NUMBER = (
    r"[+−–-]?\d{1,18}(?:[.,]\d{1,18}){0,6}"
    r"(?:\s(?:mila|milion[ei]|mln|miliard[oi]|mld|thousand|million|billion)\b)?"
)
_RANGES = {
    "between": re.compile(rf"(?:tra|fra|between)\s({_NUMBER})\s(?:e|and)\s({_NUMBER})", re.I),
    "from": re.compile(
        rf"(?:(?:da|dal|from)\s)?({_NUMBER})(?:\s(?:a|al|to)\s|\s?[–—-]\s?)({_NUMBER})", re.I
    ),
    "or": re.compile(rf"({_NUMBER})\s(?:o|or)\s({_NUMBER})", re.I),
}
_ONE = re.compile(_NUMBER, re.IGNORECASE)


@dataclass(frozen=True)
class Amount:
    """A number, or two ``joined`` by a conjunction.

    ``plus``: written with a plus sign. ``by_source``: sources differ. ``attribution``: who gives
    the figure. ``remark``: further text. Both are in the language of the text.
    """

    numbers: tuple[float, ...]
    joined: str = ""
    qualifier: str = ""
    plus: bool = False
    by_source: bool = False
    attribution: str = ""
    remark: str = ""

    @property
    def translatable(self) -> bool:
        return not (self.attribution or self.remark)


def read(text: str, language: str = "it") -> Amount | None:
    """The figure in ``text``, or None if it is not a figure."""
    text = " ".join(text.split())
    by_source, attribution = False, ""
    if source := _SOURCES.search(text):
        by_source = source["plain"] is not None
        attribution = source["named"] or ""
        text = text[: source.start()]
    qualifier, text = _split_qualifier(text)
    found = _parse_numbers(text, language)
    if found is None:
        return None
    return replace(found, qualifier=qualifier, by_source=by_source, attribution=attribution)


def split_unit(unit: str) -> tuple[str, str, str]:
    """Split a unit of an older card into unit, qualifier and other text in brackets: «persone
    (oltre, stagionali compresi)»."""
    found = _AFTER.search(unit)
    if found is None or not unit.endswith(")"):
        return unit, "", ""
    return unit[: found.start()].strip(), _name(found), found["rest"] or ""


def _split_qualifier(text: str) -> tuple[str, str]:
    if found := _BEFORE.match(text):
        return _name(found), text[found.end() :]
    if (found := _AFTER.search(text)) and not found["rest"]:
        return _name(found), text[: found.start()]
    return "", text


def _name(found: re.Match[str]) -> str:
    named = (name for name in QUALIFIERS if found[f"q_{name.replace('-', '_')}"])
    return next(named, "")


def _parse_numbers(text: str, language: str) -> Amount | None:
    if _ONE.fullmatch(text):
        value = _parse_number(text, language)
        return None if value is None else Amount((value,), plus=text.startswith("+"))
    for joined, pattern in _RANGES.items():
        if found := pattern.fullmatch(text):
            low, high = _parse_number(found[1], language), _parse_number(found[2], language)
            if low is None or high is None:
                return None
            scale = _scale(found[2])
            if scale > 1 and _scale(found[1]) == 1:
                low *= scale
            return Amount((low, high), joined)
    return None


def _scale(text: str) -> int:
    word = text.rsplit(" ", maxsplit=1)[-1].casefold()
    return next((times for name, times in MULTIPLIERS.items() if word.startswith(name)), 1)


def _parse_number(text: str, language: str) -> float | None:
    """The number in ``text``; None if its separators are not those of a number."""
    digits = text.split(" ", maxsplit=1)[0].replace("−", "-").replace("–", "-")
    group, point = (".", ",") if language == "it" else (",", ".")
    if re.fullmatch(
        rf"[+-]?\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(point)}\d+)?", digits
    ):
        digits = digits.replace(group, "")
    digits = digits.replace(point, ".")
    try:
        return float(digits) * _scale(text)
    except ValueError:
        return None
