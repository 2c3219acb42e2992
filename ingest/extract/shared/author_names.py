"""Author names from metadata fields as programs write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.text.lines import one_line
from kb.text.names import Name, names_in
from kb.text.names.words import KNOWN_BODIES, is_acronym, is_program_account

MOST_AUTHORS = 50
"""Authors kept per document."""
LONGEST = 300
"""Characters of a name."""
SHORTEST_ACRONYM = 3
"""Letters of an acronym that is accepted as a body."""


def sensible_names(texts: Sequence[str]) -> list[Name]:
    """People and bodies named in the texts, without programs, accounts, logins and repetitions."""
    kept: dict[Name, None] = {}
    for text in texts:
        line = one_line(text)
        if line and not is_program_account(line):
            kept.update(
                (name, None) for name in map(_to_mixed_case, names_in(line)) if _is_sensible(name)
            )
    return list(kept)[:MOST_AUTHORS]


def _is_sensible(name: Name) -> bool:
    """Whether the name is not a login. Single words are accepted only if they are acronyms or known
    bodies."""
    shown = name.shown
    if is_program_account(shown) or len(shown) > LONGEST or sum(map(str.isalpha, shown)) < 2:
        return False
    if " " in shown:
        return sum(map(str.isalpha, shown)) > SHORTEST_ACRONYM
    word = shown.strip(".,")
    return word.lower() in KNOWN_BODIES or (is_acronym(word) and len(word) >= SHORTEST_ACRONYM)


def _to_mixed_case(name: Name) -> Name:
    """A person's name in capitals as mixed case; initials and bodies are not changed."""
    if name.is_body or not (name.family.isupper() and len(name.family) > 2):
        return name
    given = name.given if "." in name.given else _capitalize(name.given)
    return Name(family=_capitalize(name.family), given=given)


def _capitalize(text: str) -> str:
    return (
        re.sub(r"[^\W\d_]+", lambda match: match[0].capitalize(), text) if text.isupper() else text
    )
