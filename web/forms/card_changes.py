"""Differences between two revisions of a card: field by field, and told in sentences.

Values are compared as they are shown; the order of terms and keywords is no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from kb.messages import N_, Message
from kb.practices.older_records import upgrade_record
from web.forms.card_fields import FIELDS, GROUPS
from web.forms.card_filling import translate_finding
from web.forms.card_parts import FieldGroup, FieldKind, FormField
from web.rendering.i18n import Locale

NAMED_BY = {
    "results": "indicator", "costs": "text", "sources": "title", "quotations": "quote",
    "contact": "office", "reuse": "title",
}  # fmt: skip
"""The field that names an entry of a group; other groups use ``name``."""
MATCHED_BY = {"sources": "id"}
"""The field that tells that two entries are the same, where it is not the name."""
ALIKE = 0.5
"""Share of equal fields from which two entries are the same one, changed."""
LONGEST_NAME = 80
"""Characters of an entry's name in a sentence."""
LONGEST_VALUE = 120
"""Characters of a value in a sentence; longer ones are counted in words."""
ADDED = {
    "results": N_("Result added: {name}."),
    "costs": N_("Cost added: {name}."),
    "sources": N_("Source added: {name}."),
    "quotations": N_("Quotation added: {name}."),
    "actors": N_("Actor added: {name}."),
    "contact": N_("Office added: {name}."),
    "reuse": N_("Text or tool added: {name}."),
    "adopted_by": N_("Adoption added: {name}."),
    "other_places": N_("Place added: {name}."),
}
REMOVED = {
    "results": N_("Result taken out: {name}."),
    "costs": N_("Cost taken out: {name}."),
    "sources": N_("Source taken out: {name}."),
    "quotations": N_("Quotation taken out: {name}."),
    "actors": N_("Actor taken out: {name}."),
    "contact": N_("Office taken out: {name}."),
    "reuse": N_("Text or tool taken out: {name}."),
    "adopted_by": N_("Adoption taken out: {name}."),
    "other_places": N_("Place taken out: {name}."),
}
_UNITS = {"value": "unit", "baseline": "unit", "amount": "currency"}
"""The field whose text follows a number."""
_SETS = (FieldKind.CHOICES, FieldKind.LIST)

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """A changed field. ``entry`` names the entry of a group, if it is of one; ``language`` is that
    of the values. ``clause`` tells the change in words; for an entry that was added or taken out,
    the ``whole`` of it."""

    label: str
    entry: str
    before: str
    after: str
    language: str
    clause: Message
    whole: bool = False

    @property
    def before_pieces(self) -> list[tuple[str, bool]]:
        """The value before in pieces, each with whether it is not in the value after."""
        return _mark(self.before, self.after)

    @property
    def after_pieces(self) -> list[tuple[str, bool]]:
        return _mark(self.after, self.before)


@dataclass(frozen=True)
class ChangeSummary:
    """``sentences``: the changes in words; ``reordered``: headings of the groups of which only the
    order of the entries changed; ``also_reordered``: of those whose entries changed too."""

    changes: tuple[Change, ...]
    sentences: tuple[str, ...]
    reordered: tuple[str, ...]
    also_reordered: tuple[str, ...] = ()


def compare_revisions(
    before: Mapping[str, Any], after: Mapping[str, Any], reader: Locale
) -> tuple[Change, ...]:
    return tuple(_Comparison(upgrade_record(before), upgrade_record(after), reader).changes())


def summarize_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], reader: Locale
) -> ChangeSummary:
    """The changes, also as sentences: one for each field, and one for each entry of a group."""
    comparison = _Comparison(upgrade_record(before), upgrade_record(after), reader)
    changes = tuple(comparison.changes())
    return ChangeSummary(
        changes,
        tuple(_write_sentences(changes, reader)),
        tuple(comparison.reordered(changed=False)),
        tuple(comparison.reordered(changed=True)),
    )


def _write_sentences(changes: Sequence[Change], reader: Locale) -> Iterator[str]:
    by_entry: dict[str, list[str]] = {}
    for change in changes:
        clause = reader.say(change.clause)
        if change.whole:
            yield clause
        elif not change.entry:
            yield f"{clause[:1].upper()}{clause[1:]}."
        else:
            by_entry.setdefault(change.entry, []).append(clause)
    for entry, clauses in by_entry.items():
        yield f"{entry}: {'; '.join(dict.fromkeys(clauses))}."


@dataclass(frozen=True)
class _Comparison:
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reader: Locale

    def changes(self) -> Iterator[Change]:
        old, new = self._texts(FIELDS, _flat(self.before)), self._texts(FIELDS, _flat(self.after))
        yield from self._of_fields(old, new, FIELDS)
        for group in GROUPS.values():
            yield from self._of_group(group)

    def reordered(self, *, changed: bool) -> Iterator[str]:
        """Headings of the groups in another order whose entries ``changed``, or did not."""
        for group in GROUPS.values():
            pairs, _ = self._pair(group)
            places = [old for old, _ in pairs if old is not None]
            if places != sorted(places) and changed == any(self._of_group(group)):
                yield self.reader.gettext(group.heading)

    def _of_group(self, group: FieldGroup) -> Iterator[Change]:
        fields = {field.name: field for field in group.fields}
        old, new = self._entries(group, self.before), self._entries(group, self.after)
        pairs, gone = self._pair(group)
        label = self.reader.gettext(group.entry)
        for at, n in pairs:
            name = self._name(group, new[n])
            if at is None:
                message = Message(ADDED[group.name], {"name": name})
                yield Change(label, name, "", self._write(group, new[n]), "", message, whole=True)
            else:
                yield from self._of_fields(old[at], new[n], fields, f"{label} {name}")
        for at in gone:
            name = self._name(group, old[at])
            message = Message(REMOVED[group.name], {"name": name})
            yield Change(label, name, self._write(group, old[at]), "", "", message, whole=True)

    def _of_fields(
        self, old: Texts, new: Texts, fields: Mapping[str, FormField], entry: str = ""
    ) -> Iterator[Change]:
        for name, field in fields.items():
            if name in ("id", "document") or _is_same(old[name], new[name], field):
                continue
            label = self.reader.gettext(field.label)
            clause = self._tell(name, field, old, new)
            yield Change(label, entry, old[name], new[name], field.language, clause)

    def _tell(self, name: str, field: FormField, old: Texts, new: Texts) -> Message:
        label = self.reader.gettext(field.label)
        params: dict[str, Any] = {"label": f"{label[:1].lower()}{label[1:]}"}
        before, after = old[name], new[name]
        if field.kind in _SETS:
            return _tell_sets(params, before, after)
        if not before:
            return Message(N_("{label} filled in: {after}"), params | {"after": _shorten(after)})
        if not after:
            template = N_("{label} taken out (it was: {before})")
            return Message(template, params | {"before": _shorten(before)})
        if max(len(before), len(after)) > LONGEST_VALUE or field.kind is FieldKind.TEXT:
            gone, added = _count_words(before, after)
            template = N_("{label} rewritten (words taken out: {gone}, added: {added})")
            return Message(template, params | {"gone": gone, "added": added})
        unit = new.get(_UNITS.get(name, ""), "")
        params |= {"before": before, "after": f"{after} {unit}".strip()}
        return Message(N_("{label} goes from {before} to {after}"), params)

    def _pair(self, group: FieldGroup) -> tuple[list[tuple[int | None, int]], list[int]]:
        """Each entry after with its position before, None for a new one; and the positions of the
        entries that are gone. Equal entries belong together, then those with the same key, then
        those that are alike."""
        old, new = self._entries(group, self.before), self._entries(group, self.after)
        free = list(range(len(old)))
        found: dict[int, int] = {}
        key = MATCHED_BY.get(group.name, NAMED_BY.get(group.name, "name"))
        for test in (_equal, lambda a, b: bool(a[key]) and a[key] == b[key], _alike):
            for n, entry in enumerate(new):
                at = next((at for at in free if n not in found and test(old[at], entry)), None)
                if at is not None:
                    found[n] = at
                    free.remove(at)
        return [(found.get(n), n) for n in range(len(new))], free

    def _entries(self, group: FieldGroup, record: Mapping[str, Any]) -> list[dict[str, str]]:
        fields = {field.name: field for field in group.fields}
        return [self._texts(fields, entry) for entry in record.get(group.name) or () if entry]

    def _texts(self, fields: Mapping[str, FormField], values: Mapping[str, Any]) -> dict[str, str]:
        return {name: self._text(values.get(name), field) for name, field in fields.items()}

    def _text(self, value: object, field: FormField) -> str:
        """The value as shown; a source by its title."""
        if field.kind is FieldKind.SOURCE and value:
            return self._sources().get(str(value), str(value))
        return translate_finding(value, field, self.reader).replace("\r\n", "\n").strip()

    def _sources(self) -> dict[str, str]:
        records = (self.before, self.after)
        sources = [one for record in records for one in record.get("sources") or () if one]
        return {str(one.get("id")): str(one.get("title") or one.get("id")) for one in sources}

    def _name(self, group: FieldGroup, entry: Texts) -> str:
        name = entry[NAMED_BY.get(group.name, "name")] or self._write(group, entry)
        return f"«{_shorten(name, LONGEST_NAME)}»"

    def _write(self, group: FieldGroup, entry: Texts) -> str:
        return " · ".join(entry[name] for name in group.titles if entry[name])


def _is_same(old: str, new: str, field: FormField) -> bool:
    if field.kind in _SETS:
        return Counter(_terms(old)) == Counter(_terms(new))
    return old == new or old.split() == new.split()


def _terms(text: str) -> list[str]:
    return [part for part in text.split(", ") if part]


def _tell_sets(params: dict[str, Any], before: str, after: str) -> Message:
    old, new = _terms(before), _terms(after)
    params |= {
        "added": ", ".join(one for one in new if one not in old),
        "gone": ", ".join(one for one in old if one not in new),
    }
    if not params["gone"]:
        return Message(N_("{label}: added {added}"), params)
    if not params["added"]:
        return Message(N_("{label}: taken out {gone}"), params)
    return Message(N_("{label}: added {added}, taken out {gone}"), params)


def _equal(old: Texts, new: Texts) -> bool:
    return old == new


def _alike(old: Texts, new: Texts) -> bool:
    filled = [name for name in old if old[name] or new[name]]
    equal = sum(old[name] == new[name] for name in filled)
    return bool(filled) and equal / len(filled) >= ALIKE


def _shorten(text: str, most: int = LONGEST_VALUE) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _count_words(before: str, after: str) -> tuple[int, int]:
    gone = sum(len(text.split()) for text, changed in _mark(before, after) if changed)
    added = sum(len(text.split()) for text, changed in _mark(after, before) if changed)
    return gone, added


def _mark(text: str, other: str) -> list[tuple[str, bool]]:
    """The text in pieces of whole words, each with whether ``other`` lacks it."""
    words = _words(text)
    same = [word.strip() for word in words], [word.strip() for word in _words(other)]
    pieces = []
    for kind, start, end, _, _ in SequenceMatcher(None, *same, autojunk=False).get_opcodes():
        if start < end:
            pieces.append(("".join(words[start:end]), kind != "equal"))
    return pieces


def _words(text: str) -> list[str]:
    """Words with the white space after them."""
    parts, start = [], 0
    for at in range(1, len(text)):
        if text[at - 1].isspace() and not text[at].isspace():
            parts.append(text[start:at])
            start = at
    return [*parts, text[start:]] if text else []


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    place = record.get("place") or {}
    return {**record, **{f"place.{name}": value for name, value in place.items()}}
