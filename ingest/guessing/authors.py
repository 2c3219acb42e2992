"""Authors of a document: from the file's metadata, then from credit lines on the first pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.extract.extracted import Statement
from ingest.extract.shared.author_names import sensible_names
from kb.domain import Guess, GuessedField, GuessReason, Page
from kb.text.lines import one_line

FIRST_PAGES = 2
"""Pages searched for credit lines."""
LONGEST_LINE = 200
"""Characters of a credit line."""

_CREDIT = re.compile(
    r"^(?:a cura di|autor[ei]|autrici|autrice|authors?|written by|verfasser(?:in(?:nen)?)?|"
    r"autor(?:en|es|a|as)?|auteur(?:e?s)?|redatto da|elaborato da|testi di|testo di|"
    r"prepared by|edited by|coordinamento di|bearbeitet von|rédigé par|elaborado por)"
    r"(?:\s*:\s*|\s+)(?P<names>\S.*)$",
    re.IGNORECASE,
)


def author_guesses(statements: Sequence[Statement], pages: Sequence[Page]) -> list[Guess]:
    guesses: list[Guess] = []
    for reason in (GuessReason.PUBLISHED, GuessReason.PROPERTIES):
        said = [
            s.text for s in statements if s.field is GuessedField.AUTHORS and s.reason is reason
        ]
        names = sensible_names(said)
        if names:
            guesses.append(Guess(GuessedField.AUTHORS, [n.as_json() for n in names], reason))
    return [*guesses, *_credits(pages)]


def _credits(pages: Sequence[Page]) -> Iterator[Guess]:
    for page in pages[:FIRST_PAGES]:
        for line in map(one_line, page.text.splitlines()):
            found = _CREDIT.match(line) if len(line) <= LONGEST_LINE else None
            names = sensible_names([found["names"].rstrip(".")]) if found else []
            if names and (len(names) > 1 or names[0].is_body or names[0].given):
                value = [name.as_json() for name in names]
                yield Guess(GuessedField.AUTHORS, value, GuessReason.IMPRINT, line, page.number)
