"""Messages about invalid form and API values, from pydantic's errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kb.messages import N_, Message

LONGEST_VALUE = 60
"""Characters shown of an invalid value."""

LABELS = {
    "title": N_("Title"), "titles": N_("Title"), "authors": N_("Authors"),
    "author_kinds": N_("Authors"), "publisher": N_("Publisher"), "year": N_("Year"),
    "years": N_("Year"), "language": N_("Language"), "languages": N_("Language"),
    "country": N_("Country it speaks of"), "themes": N_("Themes"), "theme": N_("Theme"),
    "licence": N_("Licence"), "source_url": N_("Where it was published"),
    "visibility": N_("Who may see it"), "file": N_("File"), "q": N_("Question"),
    "limit": N_("Number of results"), "page": N_("Page"), "kind": N_("Kind"),
    "year_from": N_("From year"), "year_to": N_("To year"), "place": N_("Place"),
    "territory": N_("Territory"), "economy": N_("Economy"), "ateco": N_("Activity"),
    "size": N_("Employees of the firm"), "growth": N_("Growth of the firm"), "lens": N_("Lens"),
    "influence": N_("Weight of the context"), "role": N_("Role"), "name": N_("Name"),
    "email": N_("E-mail address"), "full_name": N_("Name and surname"), "days": N_("Days"),
    "scopes": N_("Rights"), "note": N_("Note"), "argument": N_("Argument"),
    "state": N_("State"), "event_type": N_("Kind of event"), "held_on": N_("First day"),
    "held_until": N_("Last day"), "places": N_("Places, if people enrol"),
    "enrol_until": N_("Last day to enrol"),
    "hours": N_("Hours of the event or path, for the certificate"),
    "audience": N_("For whom"), "outcomes": N_("What one can do afterwards"),
    "people": N_("People and their part"), "recordings": N_("Recordings"),
    "quote": N_("Text to quote, as it stands on the page"),
    "decision": N_("Decision"), "version": N_("Version"), "useful": N_("Judgement"),
    "collection": N_("Collection"), "item": N_("Document or practice"), "text": N_("Text"),
    "vocabulary": N_("List of terms"),
}  # fmt: skip
"""Labels of form fields by the names of the API."""

_A_YEAR = Message(N_("write the year with four digits, for example 2021"))
_A_CODE = Message(N_("choose a language of the list, or write its code: it, en, fr"))
HINTS = {
    "year": _A_YEAR,
    "years": _A_YEAR,
    "year_from": _A_YEAR,
    "year_to": _A_YEAR,
    "language": _A_CODE,
    "languages": _A_CODE,
    "country": Message(N_("choose a country of the list, or write its code of two letters: IT")),
    "source_url": Message(N_("write an address that begins with https:// or http://")),
    "authors": Message(N_("write names, separated by semicolons")),
    "author_names": Message(N_("give each with family and given, or with literal")),
    "file": Message(N_("choose a file")),
}
"""Allowed values of a field, where the error itself does not tell."""

_BY_KIND: dict[str, tuple[str, str]] = {
    "int_parsing": (N_("write a whole number"), ""),
    "int_type": (N_("write a whole number"), ""),
    "int_from_float": (N_("write a whole number"), ""),
    "int_parsing_size": (N_("write a smaller number"), ""),
    "float_parsing": (N_("write a number"), ""),
    "float_type": (N_("write a number"), ""),
    "bool_parsing": (N_("write true or false"), ""),
    "bool_type": (N_("write true or false"), ""),
    "date_from_datetime_parsing": (N_("write the day as year-month-day: 2026-05-04"), ""),
    "date_parsing": (N_("write the day as year-month-day: 2026-05-04"), ""),
    "string_too_long": (N_("at most {most} characters"), "max_length"),
    "string_too_short": (N_("at least {most} characters"), "min_length"),
    "too_long": (N_("at most {most} entries"), "max_length"),
    "too_short": (N_("at least {most} entries"), "min_length"),
    "greater_than_equal": (N_("not below {most}"), "ge"),
    "greater_than": (N_("above {most}"), "gt"),
    "less_than_equal": (N_("not above {most}"), "le"),
    "less_than": (N_("below {most}"), "lt"),
    "enum": (N_("choose one of: {most}"), "expected"),
    "literal_error": (N_("choose one of: {most}"), "expected"),
    "string_type": (N_("write text"), ""),
    "list_type": (N_("give a list"), ""),
    "dict_type": (N_("give an object"), ""),
    "model_attributes_type": (N_("give an object"), ""),
    "extra_forbidden": (N_("there is no such field here"), ""),
    "json_invalid": (N_("send valid JSON"), ""),
}
"""Messages by kind of pydantic error: what to do, and the key of the error's context that it
names."""

MISSING = N_("“{label}” is missing: {hint}.")
WRONG = N_("“{label}” cannot be “{value}”: {hint}.")
_FILL_IN = Message(N_("fill it in"))
_OTHERWISE = Message(N_("write it as the form asks for it"))


def flaw_of(error: Mapping[str, Any]) -> Message:
    """A message for a pydantic error with ``loc``, ``type``, ``input`` and perhaps ``ctx``; that of
    the rule where one of ours is broken (``kb.practices.rules.RuleError``)."""
    name = field_of(error["loc"])
    label: Any = Message(LABELS[name]) if name in LABELS else name
    kind = str(error["type"])
    rule = getattr((error.get("ctx") or {}).get("error"), "message", None)
    if isinstance(rule, Message):
        return rule
    if kind == "missing":
        return Message(MISSING, {"label": label, "hint": HINTS.get(name, _FILL_IN)})
    return Message(
        WRONG, {"label": label, "value": shown(error["input"]), "hint": _hint(name, error)}
    )


def flaws_of(errors: Iterable[Mapping[str, Any]]) -> list[Message]:
    return [flaw_of(error) for error in errors]


def none_of(name: str, value: object, choices: Iterable[str]) -> Message:
    """A message for a value that is not among the choices of a field."""
    label: Any = Message(LABELS[name]) if name in LABELS else name
    hint = Message(N_("choose one of: {most}"), {"most": ", ".join(choices)})
    return Message(WRONG, {"label": label, "value": shown(value), "hint": hint})


def field_of(place: Sequence[str | int]) -> str:
    """The name of the field at a location in a request, without list indexes."""
    names = [str(part) for part in place if not isinstance(part, int)]
    return names[-1] if names else ""


def shown(value: object) -> str:
    """The beginning of the invalid value."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _hint(name: str, error: Mapping[str, Any]) -> Message:
    kind, context = str(error["type"]), error.get("ctx") or {}
    if name in HINTS and kind not in ("string_too_long", "extra_forbidden"):
        return HINTS[name]
    if kind in _BY_KIND:
        template, wanted = _BY_KIND[kind]
        return Message(template, {"most": context.get(wanted, "")} if wanted else {})
    return _OTHERWISE
