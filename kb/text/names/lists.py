"""Split a line into several names."""

from __future__ import annotations

import re

from kb.text.names.name import Name, bare, has_given, is_inverted, is_person, read_name
from kb.text.names.words import (
    KNOWN_BODIES,
    PARTICLES,
    begins_a_body,
    has_body_word,
    is_acronym,
    is_given,
)

_AND = re.compile(r",?\s+(?:and|und|et|y|e|ed|with|con|&|\+|/)\s+")
_COMMA_OR_AND = re.compile(rf"{_AND.pattern}|,\s*")
_SURE = re.compile(r"\s*[;|\n\t\u2022]\s*")
_DEGREE = re.compile(r",\s*(?:ph\.?\s?d\.?|m\.?sc\.?|jr\.?|sr\.?)(?=,|$)", re.IGNORECASE)


def names_in(text: str) -> list[Name]:
    """The names in a line. Semicolons always separate; commas and “and” only between complete
    names: not in “Ministero dell'Ambiente e della Sicurezza Energetica” or “Comune di Siena,
    Settore Ambiente”."""
    return [read_name(part) for part in parts_of(text)]


def parts_of(text: str) -> list[str]:
    """The names of a line as written there."""
    parts = [part for part in _SURE.split(text) if part.strip(" ,")]
    return [name for part in parts for name in _split(part.strip(" ,"))]


def _split(text: str) -> list[str]:
    text = _DEGREE.sub("", re.sub(r",?\s+(?:et al\.?|e altri)$", "", text))
    by_and = [part.strip(" ,") for part in _AND.split(text)]
    if len(by_and) > 1 and all(is_inverted(part) for part in by_and):
        return by_and
    if is_inverted(text):
        return [text]
    commas = [part.strip() for part in text.split(",") if part.strip()]
    units = [unit.strip() for unit in _COMMA_OR_AND.split(text) if unit.strip()]
    if len(units) == 1:
        return [text]
    if _all_names(units):
        return units
    if _all_names(commas):
        return commas
    return _join_pairs(text, by_and) or [text]


def _join_pairs(text: str, by_and: list[str]) -> list[str]:
    """Join “Bianchi, Lucia, Rossi, Mario” to two names of two parts each."""
    parts = [part.strip() for chunk in by_and for part in chunk.split(",") if part.strip()]
    if len(parts) < 4 or len(parts) % 2:
        return []
    pairs = [", ".join(pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    return pairs if all(is_inverted(pair) for pair in pairs) else []


def _all_names(units: list[str]) -> bool:
    """Whether each unit is a complete name. Next to a body, people need a known given name."""
    bodies = [unit for unit in units if _is_whole_body(unit)]
    people = [unit for unit in units if unit not in bodies and _is_whole_person(unit)]
    if len(bodies) + len(people) < len(units):
        return False
    return not bodies or all(has_given(unit) for unit in people)


def _is_whole_body(unit: str) -> bool:
    words = unit.split()
    if len(words) == 1:
        return is_acronym(unit) or unit.lower() in KNOWN_BODIES
    if is_person(unit) and is_given(words[0]):
        return False
    return begins_a_body(unit) and (has_body_word(unit) or is_acronym(words[0]))


def _is_whole_person(unit: str) -> bool:
    """Whether a unit is more than a family name (“De Luca”, “Rossi”)."""
    words = bare(unit).split()
    return is_person(unit) and not (len(words) == 2 and words[0].lower() in PARTICLES)
