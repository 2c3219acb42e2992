"""The steps in which a card is written: each has sections of the form of its own.

English texts are written in one late step, with the Italian ones beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kb.messages import N_
from web.forms.card_fields import (
    ACTORS,
    ADOPTIONS,
    CLASSES,
    GROUPS,
    IDENTITY,
    PLACE,
    SOURCES,
    STORY,
    TRANSFER,
)
from web.forms.card_parts import FieldGroup, FieldKind, FormField, FormSection
from web.forms.figure_fields import COSTS, RESULTS

ENGLISH = "en"
CHECK = "check"
"""The last step: nothing to fill in but who may see the card."""
_TIME = ("duration", "duration_source")
_LATE_STORY = ("limits", "lessons")


@dataclass(frozen=True)
class CardStep:
    """A page of the form. ``optional`` steps are needed for review only."""

    id: str
    label: str
    lead: str
    sections: tuple[FormSection, ...] = ()
    optional: bool = False

    @property
    def fields(self) -> dict[str, FormField]:
        return {field.name: field for section in self.sections for field in section.fields}

    @property
    def groups(self) -> dict[str, FieldGroup]:
        return {group.name: group for section in self.sections for group in section.groups}


def _is_english(field: FormField) -> bool:
    return field.language == ENGLISH


def _italian(section: FormSection) -> FormSection:
    """The section with English fields left out, in groups kept hidden."""
    fields = tuple(field for field in section.fields if not _is_english(field))
    groups = tuple(
        replace(group, fields=tuple(_hide(f) if _is_english(f) else f for f in group.fields))
        for group in section.groups
    )
    return replace(section, fields=fields, groups=groups)


def _english(section: FormSection) -> FormSection:
    """The English fields of the section; a group's entries are known by their first field."""
    fields = tuple(field for field in section.fields if _is_english(field))
    groups = tuple(
        replace(
            group,
            fields=(_hide(key), *(replace(f, rare=False) for f in group.fields if _is_english(f))),
            key=key.name,
        )
        for group in section.groups
        for key in (next(f for f in group.fields if f.language and not _is_english(f)),)
    )
    return replace(section, lead="", fields=fields, groups=groups)


def _hide(field: FormField) -> FormField:
    return replace(field, kind=FieldKind.KEPT, required=False, rare=False)


def _with(section: FormSection, *names: str) -> FormSection:
    return replace(section, fields=tuple(f for f in section.fields if f.name in names))


def _without(section: FormSection, *names: str) -> FormSection:
    return replace(section, fields=tuple(f for f in section.fields if f.name not in names))


STEPS = (
    CardStep(
        "what",
        N_("What and where"),
        N_("What was done, where, by whom, and since when."),
        (_italian(_without(IDENTITY, *_TIME)), PLACE, ACTORS, CLASSES),
    ),
    CardStep(
        "sources",
        N_("Sources and pages"),
        N_("Where it is written. Results, costs and quotations choose one of these."),
        (SOURCES,),
    ),
    CardStep(
        "story",
        N_("Description"),
        N_("How things stood, what was done, with what, and what it takes elsewhere."),
        (_without(STORY, *_LATE_STORY),),
    ),
    CardStep(
        "results",
        N_("Results"),
        N_("What was measured, by whom, and the page that says so."),
        (_italian(RESULTS),),
    ),
    CardStep(
        "costs",
        N_("Costs, times, whom to ask"),
        N_("What an officer asks first: how much, how long, whom to call."),
        (
            _italian(COSTS),
            FormSection("times", N_("How long it takes"), fields=_with(IDENTITY, *_TIME).fields),
            TRANSFER,
        ),
    ),
    CardStep(
        "limits",
        N_("Limits and adopters"),
        N_("What did not work, what to learn from it, and who did the same."),
        (
            FormSection(
                "limits", N_("Limits and lessons"), fields=_with(STORY, *_LATE_STORY).fields
            ),
            ADOPTIONS,
        ),
    ),
    CardStep(
        "english",
        N_("English"),
        N_("Optional until the review: the title, one sentence, and the figures."),
        (
            replace(_english(IDENTITY), id="english", heading=N_("Title and summary")),
            _english(RESULTS),
            _english(COSTS),
        ),
        optional=True,
    ),
    CardStep(CHECK, N_("Check and send"), N_("What is still missing, and who may read the card.")),
)
"""In the order in which they are offered."""
BY_ID = {step.id: step for step in STEPS}


def next_step(step: CardStep, by: int = 1) -> CardStep | None:
    """The step after ``step``, or before it for -1."""
    at = STEPS.index(step) + by
    return STEPS[at] if 0 <= at < len(STEPS) else None


def find_step(element: str) -> CardStep | None:
    """The step whose page has the element with this id: ``results-0-unit_en``,
    ``place-name``, ``group-sources``, ``section-costs``."""
    return next((step for step in STEPS if _holds(step, element)), None)


def _holds(step: CardStep, element: str) -> bool:
    if element.startswith("section-"):
        return element.removeprefix("section-") in {section.id for section in step.sections}
    name, _, rest = element.removeprefix("group-").partition("-")
    if name in GROUPS:
        return name in step.groups and _holds_part(step.groups[name], rest.partition("-")[2])
    return element in {path.replace(".", "-") for path in step.fields}


def _holds_part(group: FieldGroup, name: str) -> bool:
    """Whether the field ``name`` of an entry is shown; for another element, whether the group is
    the one that can be added to."""
    field = next((one for one in group.fields if one.name == name), None)
    if field is None:
        return not group.fixed
    return field.kind is not FieldKind.KEPT or field in GROUPS[group.name].fields


def fields_of(step: CardStep) -> Iterator[str]:
    """Names of the record's fields that the step writes, ``place`` for all of its parts."""
    yield from dict.fromkeys(path.partition(".")[0] for path in step.fields)
    yield from step.groups
