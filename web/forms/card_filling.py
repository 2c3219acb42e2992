"""The filled form of a card: values, options and errors of each field.

Paths name fields: ``title``, ``place.name``, ``results.2.unit``; ids on the page use hyphens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_decimal

from kb.messages import N_, Message
from kb.practices.validation import Finding, Severity
from kb.vocabulary import vocabularies
from web.forms.card_fields import FIELDS, GROUPS, SECTIONS
from web.forms.card_parts import FieldGroup, FieldKind, FormField
from web.presenters.story import STORY_HEADINGS
from web.presenters.tiles import DEGURBA
from web.rendering.i18n import Locale

WORDS = {
    "This field is missing.": N_("Fill in this field."),
    "This field is empty.": N_("Fill in this field."),
    "This list is empty.": N_("At least one is needed."),
    "“{input}” does not have the form {pattern}.": N_("“{input}” is not written as it should be."),
    "A population needs population_source beside it.": N_("Say where the number comes from."),
    "A result needs a value, as a number or in words.": N_(
        "Give the value, as a number or in words."
    ),
    "A unit needs unit_en beside it.": N_("Give the unit in English too."),
    "A value in words needs value_text_en beside it.": N_("Give the words in English too."),
    "An amount needs currency, source and evidence beside it.": N_(
        "An amount needs its currency, a source and its reliability."
    ),
    "A comparison value needs compared_with beside it.": N_("Say whose value that is."),
    "Without results, results_note must say why there are none.": N_(
        "Add a result, or say why there are none."
    ),
}
"""What the rules of cards, which name fields of files, are called on the form."""


@dataclass(frozen=True)
class Filled:
    """A field with its value: a list for multiple choice, else a text."""

    field: FormField
    path: str
    value: Any
    options: tuple[tuple[str, str], ...]
    errors: tuple[Message, ...]
    warnings: tuple[Message, ...] = ()

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")

    @property
    def described_by(self) -> str:
        """Ids of the elements that describe the field (``aria-describedby``): hint, limit,
        errors, warnings."""
        told = {
            "hint": self.field.hint,
            "limit": self.field.words,
            "error": self.errors,
            "warning": self.warnings,
        }
        return " ".join(f"{self.id}-{name}" for name, there in told.items() if there)

    @property
    def words(self) -> int:
        return len(str(self.value).split())


@dataclass(frozen=True)
class FilledEntry:
    """An entry of a group. ``title`` is made of its filled fields."""

    id: str
    number: int
    title: str
    fields: tuple[Filled, ...]

    @property
    def wrong(self) -> bool:
        return any(field.errors for field in self.fields)

    @property
    def warned(self) -> int:
        return sum(len(field.warnings) for field in self.fields)

    @property
    def usual(self) -> tuple[Filled, ...]:
        return tuple(one for one in self.fields if not _is_folded(one))

    @property
    def folded(self) -> tuple[Filled, ...]:
        return tuple(one for one in self.fields if _is_folded(one))


def _is_folded(one: Filled) -> bool:
    return one.field.rare and not (one.value or one.errors or one.warnings)


@dataclass(frozen=True)
class FilledGroup:
    group: FieldGroup
    entries: tuple[FilledEntry, ...]
    errors: tuple[Message, ...]
    warnings: tuple[Message, ...] = ()


@dataclass(frozen=True)
class FilledSection:
    id: str
    heading: str
    lead: str
    fields: tuple[Filled, ...]
    groups: tuple[FilledGroup, ...]
    errors: tuple[Message, ...]

    @property
    def problems(self) -> int:
        fields = [*self.fields, *(f for g in self.groups for e in g.entries for f in e.fields)]
        own = len(self.errors) + sum(len(group.errors) for group in self.groups)
        return own + sum(len(field.errors) for field in fields)


@dataclass(frozen=True)
class Complaint:
    """A line of the error summary: message, and id of the field it links to.

    ``entry`` and ``number`` (from 1) identify the entry of a group.
    """

    target: str
    label: str
    message: Message
    entry: str = ""
    number: int = 0


def fill_form(
    record: Mapping[str, Any], reader: Locale, findings: Iterable[Finding] = ()
) -> tuple[FilledSection, ...]:
    """Fill the form from a record and attach each finding to its field."""
    wrong: dict[str, list[Message]] = defaultdict(list)
    warned: dict[str, list[Message]] = defaultdict(list)
    for finding in findings:
        said = wrong if finding.severity is Severity.ERROR else warned
        message = _in_form_words(finding.message)
        if message not in said[_path_of(finding)]:
            said[_path_of(finding)].append(message)
    options = _build_options(record, reader)

    def filled(path: str, field: FormField, value: object) -> Filled:
        shown = _format_value(value, field, reader)
        choices = options(field)
        told = (tuple(wrong.get(path, ())), tuple(warned.get(path, ())))
        return Filled(field, path, shown, choices, *told)

    def entry(group: FieldGroup, number: int, values: Mapping[str, Any]) -> FilledEntry:
        path = f"{group.name}.{number}"
        fields = [filled(f"{path}.{f.name}", f, values.get(f.name)) for f in group.fields]
        title = _title(group, values, reader)
        return FilledEntry(path.replace(".", "-"), number, title, tuple(fields))

    return tuple(
        FilledSection(
            section.id,
            section.heading,
            section.lead,
            tuple(filled(f.name, f, _get_value(record, f.name)) for f in section.fields),
            tuple(
                FilledGroup(
                    group,
                    tuple(entry(group, n, one) for n, one in enumerate(record.get(group.name, ()))),
                    tuple(wrong.get(group.name, ())),
                    tuple(warned.get(group.name, ())),
                )
                for group in section.groups
            ),
            tuple(wrong.get("", ())) if section.id == "story" else (),
        )
        for section in SECTIONS
    )


def list_complaints(sections: Iterable[FilledSection]) -> list[Complaint]:
    """All errors in the order of the form."""
    return list(_complaints(sections, lambda one: one.errors))


def list_advice(sections: Iterable[FilledSection]) -> list[Complaint]:
    """All warnings in the order of the form."""
    return list(_complaints(sections, lambda one: getattr(one, "warnings", ())))


def _complaints(
    sections: Iterable[FilledSection],
    messages_of: Callable[[Filled | FilledGroup | FilledSection], Iterable[Message]],
) -> Iterator[Complaint]:
    for section in sections:
        for said in messages_of(section):
            yield Complaint(f"section-{section.id}", section.heading, said)
        for field in section.fields:
            yield from (Complaint(field.id, field.field.label, m) for m in messages_of(field))
        for group in section.groups:
            target = f"group-{group.group.name}"
            for said in messages_of(group):
                yield Complaint(target, group.group.heading, said)
            for entry in group.entries:
                named = (group.group.entry, entry.number + 1)
                for one in entry.fields:
                    for said in messages_of(one):
                        yield Complaint(one.id, one.field.label, said, *named)


def _format_value(value: object, field: FormField, reader: Locale) -> Any:
    """A value as text of its field, such that reading it back gives the same value."""
    if field.kind is FieldKind.CHOICES:
        return [str(one) for one in value] if isinstance(value, list) else []
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    if isinstance(value, float) and field.kind is FieldKind.NUMBER:
        return format_decimal(
            value, locale=reader.locale, group_separator=False, decimal_quantization=False
        )
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else str(value)


def _build_options(
    record: Mapping[str, Any], reader: Locale
) -> Callable[[FormField], tuple[tuple[str, str], ...]]:
    """Return the function from a field to its options, (value, label) pairs."""
    sources = tuple(
        (str(one["id"]), " · ".join(filter(None, (one.get("publisher"), one.get("title")))))
        for one in record.get("sources", ())
        if one.get("id")
    )
    special: dict[FieldKind, Callable[[], Iterable[tuple[str, str]]]] = {
        FieldKind.SOURCE: lambda: sources,
        FieldKind.COUNTRY: reader.all_countries,
        FieldKind.LANGUAGE: reader.all_languages,
        FieldKind.PART: lambda: [
            (name, reader.gettext(label)) for name, label in STORY_HEADINGS.items()
        ],
        FieldKind.SETTLEMENT: lambda: [
            (str(n), reader.gettext(name)) for n, name in DEGURBA.items()
        ],
    }
    known: dict[tuple[FieldKind, str], tuple[tuple[str, str], ...]] = {}

    def of(field: FormField) -> tuple[tuple[str, str], ...]:
        key = (field.kind, field.vocabulary)
        if key not in known:
            terms = vocabularies.load(field.vocabulary).items() if field.vocabulary else ()
            make = special.get(field.kind, lambda: [(s, t.label(reader.code)) for s, t in terms])
            known[key] = tuple(make())
        return known[key]

    return of


def _title(group: FieldGroup, values: Mapping[str, Any], reader: Locale) -> str:
    named = {field.name: field for field in group.fields}
    words = (translate_finding(values.get(name), named[name], reader) for name in group.titles)
    return " · ".join(word for word in words if word)


def translate_finding(value: object, field: FormField, reader: Locale) -> str:
    """A value for display: label of a term; list values separated by commas."""
    if isinstance(value, bool):
        return reader.gettext(N_("yes")) if value else ""
    if isinstance(value, list):
        return ", ".join(translate_finding(one, field, reader) for one in value)
    if field.kind is FieldKind.PART and value in STORY_HEADINGS:
        return reader.gettext(STORY_HEADINGS[str(value)])
    if field.kind is FieldKind.COUNTRY and value:
        return reader.country(str(value))
    if field.vocabulary and (term := vocabularies.load(field.vocabulary).get(str(value))):
        return term.label(reader.code)
    return (
        str(_format_value(value, field, reader))
        if field.kind is not FieldKind.CHOICES
        else str(value or "")
    )


def _get_value(record: Mapping[str, Any], path: str) -> object:
    value: Any = record
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _path_of(finding: Finding) -> str:
    """The path of the field to show a finding at; an error in one choice is shown at its list."""
    path = ".".join(str(step) for step in finding.where[:3])
    first = path.partition(".")[0]
    if first in FIELDS:
        return first
    return path if path in FIELDS or first in GROUPS else ""


def _in_form_words(message: Message) -> Message:
    return Message(WORDS.get(message.template, message.template), message.params)
