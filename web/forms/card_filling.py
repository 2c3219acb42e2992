"""The filled form of a card: values, options and errors of each field.

Paths name fields: ``title``, ``place.name``, ``results.2.unit``; ids on the page use hyphens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from babel.numbers import format_decimal

from kb.messages import N_, Message
from kb.practices.validation import Finding, Severity
from kb.vocabulary import vocabularies
from web.forms.card_fields import FIELDS, GROUPS, SECTIONS
from web.forms.card_parts import FieldGroup, FieldKind, FormField, FormSection
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
    original: str = ""
    """What an English text is the translation of."""
    derived: Message | None = None
    """Where the value was taken from without being typed."""

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")

    @property
    def described_by(self) -> str:
        """Ids of the elements that describe the field (``aria-describedby``)."""
        told = {
            "original": self.original,
            "derived": self.derived,
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
    def is_empty(self) -> bool:
        """Whether there is nothing to fill in: translations of entries that are not there."""
        return not self.fields and all(one.group.fixed and not one.entries for one in self.groups)


def fill_form(
    record: Mapping[str, Any],
    reader: Locale,
    findings: Iterable[Finding] = (),
    sections: Iterable[FormSection] = SECTIONS,
    derived: Mapping[str, Message] | None = None,
) -> tuple[FilledSection, ...]:
    """Fill sections of the form from a record and attach each finding to its field.

    ``derived``: where values come from that nobody typed, by path.
    """
    wrong: dict[str, list[Message]] = defaultdict(list)
    warned: dict[str, list[Message]] = defaultdict(list)
    for finding in findings:
        said = wrong if finding.severity is Severity.ERROR else warned
        message = in_form_words(finding.message)
        if message not in said[_path_of(finding)]:
            said[_path_of(finding)].append(message)
    filler = _Filler(record, reader, wrong, warned, derived or {}, _build_options(record, reader))
    return tuple(filler.section(section) for section in sections)


@dataclass(frozen=True)
class _Filler:
    """Fills sections from a record, with the messages of each path."""

    record: Mapping[str, Any]
    reader: Locale
    wrong: Mapping[str, list[Message]]
    warned: Mapping[str, list[Message]]
    derived: Mapping[str, Message]
    options: Callable[[FormField], tuple[tuple[str, str], ...]]

    def section(self, section: FormSection) -> FilledSection:
        return FilledSection(
            section.id,
            section.heading,
            section.lead,
            tuple(
                self.field(f.name, f, partial(_get_value, self.record, _parent(f.name)))
                for f in section.fields
            ),
            tuple(self.group(group) for group in section.groups),
            tuple(self.wrong.get("", ())) if section.id == "story" else (),
        )

    def group(self, group: FieldGroup) -> FilledGroup:
        entries = enumerate(self.record.get(group.name, ()))
        return FilledGroup(
            group,
            tuple(self.entry(group, number, values) for number, values in entries),
            () if group.fixed else tuple(self.wrong.get(group.name, ())),
            () if group.fixed else tuple(self.warned.get(group.name, ())),
        )

    def entry(self, group: FieldGroup, number: int, values: Mapping[str, Any]) -> FilledEntry:
        path = f"{group.name}.{number}"
        fields = [self.field(f"{path}.{f.name}", f, values.get) for f in group.fields]
        shown = [one for one in fields if not group.fixed or _is_asked(one)]
        title = _title(GROUPS[group.name], values, self.reader)
        return FilledEntry(path.replace(".", "-"), number, title, tuple(shown))

    def field(self, path: str, field: FormField, value_of: Callable[[str], object]) -> Filled:
        """``value_of``: the value of a field beside this one, by its name."""
        name = path.rpartition(".")[2]
        translated = field.language == "en" and name.endswith("_en")
        return Filled(
            field,
            path,
            _format_value(value_of(name), field, self.reader),
            self.options(field),
            tuple(self.wrong.get(path, ())),
            tuple(self.warned.get(path, ())),
            str(value_of(name.removesuffix("_en")) or "") if translated else "",
            self.derived.get(path),
        )


def _is_asked(one: Filled) -> bool:
    """Whether an English text is needed: where the Italian one is, or it was written already."""
    kept = one.field.kind is FieldKind.KEPT
    return bool(kept or one.original or one.value or one.errors)


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


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _get_value(record: Mapping[str, Any], parent: str, name: str) -> object:
    values = record.get(parent) if parent else record
    return values.get(name) if isinstance(values, Mapping) else None


def _path_of(finding: Finding) -> str:
    """The path of the field to show a finding at; an error in one choice is shown at its list."""
    path = ".".join(str(step) for step in finding.where[:3])
    first = path.partition(".")[0]
    if first in FIELDS:
        return first
    return path if path in FIELDS or first in GROUPS else ""


def in_form_words(message: Message) -> Message:
    """A rule's message as the form puts it."""
    return Message(WORDS.get(message.template, message.template), message.params)
