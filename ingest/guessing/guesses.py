"""Candidates for all metadata fields, from the file's statements, its pages and its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from ingest.extract.extracted import Extracted, Statement
from ingest.extract.shared.about import one_line
from ingest.guessing.authors import author_guesses
from ingest.guessing.titles import title_guesses
from ingest.guessing.years import year_guesses
from kb.domain import Guess, GuessedField, GuessReason, Page

MOST = 4
"""Candidates kept per field."""


def guesses_of(
    extracted: Extracted, pages: Sequence[Page], filename: str, today: date
) -> tuple[Guess, ...]:
    """The candidates of every field, best first, without repeated values."""
    statements = [*extracted.statements, *_from_fields(extracted)]
    titles = title_guesses(statements, extracted, pages, filename)
    title = str(titles[0].value) if titles else ""
    found = [
        titles,
        author_guesses(statements, pages),
        year_guesses(statements, pages, title=title, filename=filename, today=today),
        _publishers(statements),
    ]
    return tuple(guess for guesses in found for guess in _drop_repeated(guesses))


def best(guesses: Iterable[Guess], field: GuessedField) -> Any:
    """The value of the first candidate for the field, or None."""
    return next((guess.value for guess in guesses if guess.field is field), None)


def _from_fields(extracted: Extracted) -> Iterator[Statement]:
    """The plain fields of ``Extracted`` as statements, for fields about which the extractor made
    none."""
    told = {statement.field for statement in extracted.statements}
    heading = extracted.headings[0].title if extracted.headings else ""
    plain: list[tuple[GuessedField, str, GuessReason]] = [
        (
            GuessedField.TITLE,
            extracted.title,
            GuessReason.HEADING if extracted.title == heading else GuessReason.PROPERTIES,
        ),
        (GuessedField.AUTHORS, "; ".join(extracted.authors), GuessReason.PROPERTIES),
        (GuessedField.YEAR, str(extracted.year or ""), GuessReason.PUBLISHED),
        (GuessedField.PUBLISHER, extracted.publisher, GuessReason.PROPERTIES),
    ]
    for field, text, reason in plain:
        if field not in told and text:
            yield Statement(field, text, reason)


def _publishers(statements: Iterable[Statement]) -> list[Guess]:
    said = (s for s in statements if s.field is GuessedField.PUBLISHER)
    return [
        Guess(GuessedField.PUBLISHER, text, s.reason) for s in said if (text := one_line(s.text))
    ]


def _drop_repeated(guesses: Iterable[Guess]) -> list[Guess]:
    kept: list[Guess] = []
    for guess in guesses:
        if all(guess.value != other.value for other in kept):
            kept.append(guess)
    return kept[:MOST]
