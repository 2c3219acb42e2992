"""Parse, store and display a single name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kb.text.folding import fold_text
from kb.text.names.words import (
    AFFILIATION,
    CONNECTIVES,
    HONORIFICS,
    PARTICLES,
    SUFFIX,
    has_body_word,
    is_acronym,
    is_given,
)

MOST_WORDS = 5
"""Words of a person's name; longer names are bodies."""
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[- ]?){1,4}")
_CAPITAL = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:['’.-][^\W\d_]+)*\.?")


@dataclass(frozen=True)
class Name:
    """A name. Bodies have ``literal``; people have ``family`` and usually ``given``."""

    family: str = ""
    given: str = ""
    literal: str = ""

    @property
    def is_body(self) -> bool:
        return bool(self.literal)

    @property
    def shown(self) -> str:
        """In reading order: “Lucia Bianchi”, “Comune di Siena”."""
        return self.literal or f"{self.given} {self.family}".strip()

    @property
    def filed(self) -> str:
        """In list order: “Bianchi, Lucia”."""
        return self.literal or ", ".join(part for part in (self.family, self.given) if part)

    def as_json(self) -> dict[str, str]:
        """As a CSL-JSON name."""
        if self.literal:
            return {"literal": self.literal}
        given = {"given": self.given} if self.given else {}
        return {"family": self.family, **given}


def as_name(value: Any) -> Name:
    """A name from text, CSL-JSON or a ``Name``.

    Raises:
        ValueError: it is none of these, or empty.
    """
    if isinstance(value, Name):
        return value
    if isinstance(value, str) and value.strip():
        return read_name(value)
    if isinstance(value, Mapping) and set(value) <= {"family", "given", "literal"}:
        parts = {key: " ".join(str(text).split()) for key, text in value.items()}
        if bool(parts.get("literal")) != bool(parts.get("family")):
            return Name(**parts)
    raise ValueError("a name is text, {family, given} or {literal}")


def read_name(text: str) -> Name:
    """A person if the words look like one, else a body."""
    text = " ".join(text.split())
    return person(text) if is_person(text) else body(text)


def body(text: str) -> Name:
    return Name(literal=" ".join(text.split()))


def person(text: str) -> Name:
    """A person from “Bianchi, Lucia”, “Lucia Bianchi” or “BIANCHI Lucia”. A single word is the
    family name."""
    text = bare(text)
    family, comma, given = (part.strip() for part in text.partition(","))
    if comma and family and given:
        return Name(family=family, given=given)
    words = text.replace(",", " ").split()
    at = _start_of_family(words)
    if at is None:
        end = _end_of_family(words)
        return Name(family=" ".join(words[:end]), given=" ".join(words[end:]))
    return Name(family=" ".join(words[at:]), given=" ".join(words[:at]))


def bare(text: str) -> str:
    """The name without titles, degrees and brackets at the end."""
    text = AFFILIATION.sub("", " ".join(text.split()))
    return HONORIFICS.sub("", SUFFIX.sub("", text)).strip(" ,") or text


def is_person(text: str) -> bool:
    text = bare(text)
    if "," in text:
        return is_inverted(text)
    words = text.split()
    if not 2 <= len(words) <= MOST_WORDS or CONNECTIVES.search(text):
        return False
    known = any(is_given(word) for word in words)
    if has_body_word(text) and not (known and _plain_person(words)):
        return False
    if not all(_CAPITAL.fullmatch(word) and _may_be_named(word) for word in words):
        return False
    acronyms = sum(is_acronym(word) for word in words)
    return known or (acronyms == 0 and any(word[:1].isupper() for word in words))


def is_inverted(text: str) -> bool:
    """Whether the text is “Family, Given”: one comma, before it neither a given name nor a body."""
    family, _, given = (part.strip() for part in text.partition(","))
    first, second = family.split(), given.split()
    if not first or not second or "," in given or len(first) > 4 or len(second) > 3:
        return False
    if has_body_word(text) or CONNECTIVES.search(family) or CONNECTIVES.search(given):
        return False
    named = all(_CAPITAL.fullmatch(word) and _may_be_named(word) for word in [*first, *second])
    if not named or any(is_acronym(word) and not is_given(word) for word in second):
        return False
    if is_initials(given) or all(is_given(word) or is_initials(word) for word in second):
        return len(first) == 1 or not is_given(first[0]) or first[0].lower() in PARTICLES
    return len(first) == 1 and len(second) == 1 and len(given) > 1


def is_initials(text: str) -> bool:
    """Whether a word is initials: “L.”, “M. G.”, “J.-P.”, without lower-case words."""
    return bool(_INITIALS.fullmatch(text)) and text[:1].isupper() and ("." in text or len(text) < 3)


def has_given(text: str) -> bool:
    """Whether one of the words is a given name or an initial."""
    return any(is_given(word) or is_initials(word) for word in bare(text).split())


def _plain_person(words: list[str]) -> bool:
    """Whether the first or last of at most three words is a given name; accepts family names that
    begin like a body, such as “Banchi”."""
    return (
        len(words) <= 3
        and (is_given(words[0]) or is_given(words[-1]))
        and not any(is_acronym(word) for word in words)
    )


def _may_be_named(word: str) -> bool:
    """Whether a word can be part of a person's name: capitalised, an initial, or a particle."""
    return word[:1].isupper() or word.lower() in PARTICLES or word[:2].lower() in ("d'", "d’")


def _start_of_family(words: list[str]) -> int | None:
    """Index of the family name in “Given Family”; None if it is first."""
    if len(words) < 2:
        return 0
    if _family_first(words):
        return None
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in PARTICLES:
        start -= 1
    if start == len(words) - 1 > 1 and _two_surnames(words):
        start -= 1
    particles = [at for at in range(1, start) if words[at].lower() in PARTICLES]
    return particles[0] if particles else start


def _two_surnames(words: list[str]) -> bool:
    """Whether a name ends in two family names: “María García López”, “Anna Maria Rossi Bianchi”.
    The last word but one is not a given name, and there are four words or one of the two has a
    Spanish ending."""
    before, last = words[-2], words[-1]
    if not is_given(words[0]) or is_given(before) or is_initials(before):
        return False
    return len(words) > 3 or any(
        fold_text(one).endswith(("ez", "garcia")) for one in (before, last)
    )


def _family_first(words: list[str]) -> bool:
    """Whether the family name is first: “Bianchi Lucia”, “De Luca Anna”, “Rossi M.”; in capitals,
    “ROSSI Mario”."""
    first, last = words[0], words[-1]
    if is_initials(last) and not is_initials(first):
        return True
    if first.isupper() and len(first) > 2 and not last.isupper() and is_given(last):
        return True
    return is_given(last) and not is_given(first) and not is_initials(first)


def _end_of_family(words: list[str]) -> int:
    """Index of the first given name in “Family Given”."""
    end = len(words) - 1
    while end > 1 and (is_given(words[end - 1]) or is_initials(words[end - 1])):
        end -= 1
    return end
