"""Names of authors out of what programs write into that field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.text.lines import one_line
from kb.text.names import Name, names_in
from kb.text.names.words import KNOWN_BODIES, is_acronym, is_program_account

MOST_AUTHORS = 50
LONGEST = 300
SHORTEST_ACRONYM = 3


def sensible_names(texts: Sequence[str]) -> list[Name]:
    """People and bodies, no programs, accounts and logins; none twice."""
    kept: dict[Name, None] = {}
    for text in texts:
        line = one_line(text)
        if line and not is_program_account(line):
            kept.update((name, None) for name in map(_cased, names_in(line)) if _is_sensible(name))
    return list(kept)[:MOST_AUTHORS]


def _is_sensible(name: Name) -> bool:
    """Not a login. Of single words only acronyms and bodies that are known are believed."""
    shown = name.shown
    if is_program_account(shown) or len(shown) > LONGEST or sum(map(str.isalpha, shown)) < 2:
        return False
    if " " in shown:
        return sum(map(str.isalpha, shown)) > SHORTEST_ACRONYM
    word = shown.strip(".,")
    return word.lower() in KNOWN_BODIES or (is_acronym(word) and len(word) >= SHORTEST_ACRONYM)


def _cased(name: Name) -> Name:
    """A person written in capitals, as names are written; initials and bodies stay."""
    if name.is_body or not (name.family.isupper() and len(name.family) > 2):
        return name
    given = name.given if "." in name.given else _titled(name.given)
    return Name(family=_titled(name.family), given=given)


def _titled(text: str) -> str:
    return (
        re.sub(r"[^\W\d_]+", lambda match: match[0].capitalize(), text) if text.isupper() else text
    )
