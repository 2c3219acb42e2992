"""Filter values that there are, for programs: one that does not exist is a mistake to be told of.

Pages show what they were asked for, and that nothing meets it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from babel import Locale
from pydantic import BaseModel, ValidationInfo, field_validator

from kb.filters import FILTERS
from kb.flaws import HINTS, LABELS, WRONG, none_of, shown
from kb.messages import Message
from kb.practices.rules import RuleError
from kb.storage.projects import Stage
from kb.vocabulary.vocabularies import load as load_terms

VOCABULARIES: Mapping[str, str] = {
    **{field.name: field.vocabulary for field in FILTERS if field.vocabulary},
    "status": "statuses",
}
CHOICES: Mapping[str, Collection[str]] = {
    "costs": ("yes",),
    "measured_here": ("yes",),
    "taken_up": ("italy",),
    "stage": tuple(stage.value for stage in Stage),
}
SAME_AS = {"lang": "language"}
NOWHERE = "ZZ"
"""CLDR's code of a country that is not known."""


@cache
def _codes(name: str) -> frozenset[str]:
    """Of ISO 639 and ISO 3166, as CLDR lists them."""
    english = Locale("en")
    if name == "language":
        return frozenset(map(str, english.languages))
    territories = (str(code) for code in english.territories if str(code).isalpha())
    return frozenset(territories) - {NOWHERE}


def find_unknown(name: str, value: str) -> Message | None:
    """What is wrong with a value of a filter, with the values that there are; None if nothing is,
    or if the filter takes any text."""
    name = SAME_AS.get(name, name)
    if name in ("language", "country"):
        if value in _codes(name):
            return None
        label = Message(LABELS[name])
        return Message(WRONG, {"label": label, "value": shown(value), "hint": HINTS[name]})
    known = load_terms(VOCABULARIES[name]) if name in VOCABULARIES else CHOICES.get(name)
    return None if known is None or value in known else none_of(name, value, known)


class KnownValues(BaseModel):
    """Parameters of a list or search of which each filter has values that there are."""

    @field_validator("*")
    @classmethod
    def check_known(cls, value: Any, field: ValidationInfo) -> Any:
        """Raises RuleError for a value that there is not."""
        for one in value if isinstance(value, list) else [value]:
            if (
                isinstance(one, str)
                and one
                and (wrong := find_unknown(field.field_name or "", one))
            ):
                raise RuleError(wrong.template, **wrong.params)
        return value
