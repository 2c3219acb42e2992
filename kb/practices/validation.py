"""Validate a card's values field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kb.messages import N_, Message
from kb.places import municipalities
from kb.practices.practice import RuleError, RuleErrors

Loc = tuple[str | int, ...]
Record = TypeVar("Record", bound=BaseModel)
CENSUS = "ISTAT, censimento 2011"

REASONS = {
    "missing": N_("This field is missing."),
    "extra_forbidden": N_("This field is not known: check its spelling."),
    "enum": N_("“{input}” is not one of {expected}."),
    "string_too_short": N_("This field is empty."),
    "too_short": N_("This list is empty."),
    "string_too_long": N_("Too long: at most {max_length} characters."),
    "string_type": N_("Enter a text."),
    "string_pattern_mismatch": N_("“{input}” does not have the form {pattern}."),
    "int_parsing": N_("“{input}” is not a whole number."),
    "float_parsing": N_("“{input}” is not a number."),
    "finite_number": N_("“{input}” is not a number."),
    "greater_than_equal": N_("{input} is less than {ge}."),
    "less_than_equal": N_("{input} is more than {le}."),
}
"""Messages by pydantic error type; other errors keep pydantic's English message."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    """Worth mending, but the card can be published as it is."""


@dataclass(frozen=True)
class Finding:
    """Something wrong in a card. ``where``: path from the record to the field, ``("results", 2,
    "source")``."""

    where: Loc
    message: Message
    severity: Severity = Severity.ERROR

    @property
    def field(self) -> str:
        return ".".join(str(step) for step in self.where)


Rules = Callable[[dict[str, Any]], Iterable[RuleError]]


def no_rules(values: dict[str, Any]) -> Iterable[RuleError]:
    return ()


def validate_record(
    record: type[Record],
    values: dict[str, Any],
    rules: Rules = no_rules,
    when_written: Rules = no_rules,
) -> tuple[Record | None, list[Finding]]:
    """The record, or None with the findings.

    ``rules`` are also checked by the record itself, but only once all fields are valid; here they
    are checked in any case. ``when_written``: rules for new records, which older ones need not
    follow to be read.
    """
    made: Record | None = None
    found: list[Finding] = []
    try:
        made = record.model_validate(values)
    except ValidationError as error:
        details = error.errors()
        found = [finding for detail in _drop_consequences(details) for finding in _findings(detail)]
        if any(detail["loc"] for detail in details):
            found += [Finding(rule.where, rule.message) for rule in rules(values)]
    found += [Finding(rule.where, rule.message) for rule in when_written(values)]
    return (None if found else made), found


def fill_known_facts(place: dict[str, Any]) -> dict[str, Any]:
    """Fill in coordinates, elevation and census population of an Italian municipality where the
    card has none."""
    known = municipalities.find(str(place.get("istat_code", "")))
    if known is None:
        return place
    facts: dict[str, Any] = {
        "region": known.region,
        "latitude": known.latitude,
        "longitude": known.longitude,
        "elevation_m": known.elevation_m,
    }
    if "population" not in place:
        census = {"population_year": 2011, "population_source": CENSUS}
        facts |= {"population": known.population, **census}
    return {**facts, **place}


def _drop_consequences(details: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Drop “too short” errors of lists that are only short because one of their entries is
    invalid."""
    wrong = {detail["loc"][:n] for detail in details for n in range(1, len(detail["loc"]))}
    for detail in details:
        if detail["type"] != "too_short" or detail["loc"] not in wrong:
            yield detail


def _findings(detail: ErrorDetails) -> Iterator[Finding]:
    """A finding for each broken rule in an error."""
    where, context = detail["loc"], detail.get("ctx", {})
    match context.get("error"):
        case RuleErrors(errors=errors):
            yield from (Finding(where + error.where, error.message) for error in errors)
        case RuleError() as error:
            yield Finding(where + error.where, error.message)
        case _:
            template = REASONS.get(detail["type"])
            params = {"input": detail["input"], **context}
            known = (
                Message(template, params)
                if template
                else Message("{text}", {"text": detail["msg"]})
            )
            yield Finding(where, known)
