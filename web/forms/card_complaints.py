"""What is missing, wrong or worth a look on the form of a card, and in which step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kb.messages import Message
from kb.practices.validation import Finding
from web.forms.card_fields import GROUPS
from web.forms.card_filling import Filled, FilledGroup, FilledSection, fill_form
from web.forms.card_parts import FieldKind
from web.forms.card_steps import STEPS, CardStep
from web.rendering.i18n import Locale

MISSING = frozenset(
    {
        "Fill in this field.",
        "At least one is needed.",
        "Give the value, as a number or in words.",
        "Add a result, or say why there are none.",
        "Say whether this was measured, estimated, expected or aimed at.",
        "Give the unit in English too.",
        "Give the words in English too.",
    }
)
"""Messages of the form for what is not there yet."""
MOST_NAMED = 3
"""Missing fields named in the list of steps; the others are counted."""


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
    missing: bool = False
    """Whether something is not filled in yet, not filled in wrongly."""


@dataclass(frozen=True)
class StepState:
    """What keeps a step from being complete, and what to look at in it."""

    step: CardStep
    errors: tuple[Complaint, ...] = ()
    advice: tuple[Complaint, ...] = ()

    @property
    def missing(self) -> tuple[Complaint, ...]:
        return tuple(one for one in self.errors if one.missing)

    @property
    def wrong(self) -> tuple[Complaint, ...]:
        return tuple(one for one in self.errors if not one.missing)

    @property
    def named(self) -> tuple[str, ...]:
        """Labels of the first missing fields, each once."""
        return tuple(dict.fromkeys(one.label for one in self.missing))[:MOST_NAMED]

    @property
    def unnamed(self) -> int:
        """How many more fields are missing."""
        return len(dict.fromkeys(one.label for one in self.missing)) - len(self.named)


def check_steps(
    record: Mapping[str, Any], reader: Locale, findings: Iterable[Finding]
) -> tuple[StepState, ...]:
    """The state of each step, in their order."""
    every = list(findings)
    return tuple(
        StepState(step, tuple(list_complaints(filled)), tuple(list_advice(filled)))
        for step in STEPS
        for filled in (fill_form(record, reader, every, step.sections),)
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
            yield _complain(f"section-{section.id}", section.heading, said)
        for field in section.fields:
            yield from (_complain(field.id, field.field.label, m) for m in messages_of(field))
        for group in section.groups:
            target = f"group-{group.group.name}"
            for said in messages_of(group):
                yield _complain(target, group.group.heading, said)
            for entry in group.entries:
                named = (group.group.entry, entry.number + 1)
                for one in entry.fields:
                    if not _is_elsewhere(group, one):
                        for said in messages_of(one):
                            yield _complain(one.id, one.field.label, said, *named)


def _complain(
    target: str, label: str, message: Message, entry: str = "", number: int = 0
) -> Complaint:
    return Complaint(target, label, message, entry, number, message.template in MISSING)


def _is_elsewhere(group: FilledGroup, one: Filled) -> bool:
    """Whether the field is hidden here because another step asks for it."""
    hidden = one.field.kind is FieldKind.KEPT
    return hidden and one.field not in GROUPS[group.group.name].fields
