"""Transfer worksheets: conditions for repeating a practice elsewhere, answered by a person there.

The general questions follow the criteria of PIET-T (Schloemer and Schröder-Bäck, Implementation
Science 2018: population, intervention, environment, process of transfer), in own words. Answers are
not evaluated by the program.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices.figures import cost_sentence
from kb.practices.practice import Practice
from kb.text.sentences import sentences

NOTE_CHARACTERS = 2000
"""Characters of a note."""


class ConditionAnswer(enum.StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class WorksheetPart(enum.StrEnum):
    """Origin of a condition: parts of the card, then the general questions."""

    CONDITIONS = "conditions"
    CONTEXT = "context"
    RESOURCES = "resources"
    ACTORS = "actors"
    POPULATION = "population"
    INTERVENTION = "intervention"
    ENVIRONMENT = "environment"
    PROCESS = "process"


QUESTIONS: tuple[tuple[WorksheetPart, str], ...] = (
    (WorksheetPart.POPULATION, N_("The problem is felt here, and there are figures that show it.")),
    (WorksheetPart.POPULATION, N_("The people it is for resemble those it worked for.")),
    (WorksheetPart.POPULATION, N_("They can be reached, and they would want it.")),
    (
        WorksheetPart.INTERVENTION,
        N_("It is clear which parts made it work and must not be left out."),
    ),
    (WorksheetPart.INTERVENTION, N_("What may be adapted to this place is known.")),
    (WorksheetPart.INTERVENTION, N_("The results were measured well enough to rely on.")),
    (WorksheetPart.ENVIRONMENT, N_("Law and regulations here allow it.")),
    (WorksheetPart.ENVIRONMENT, N_("Those who decide support it beyond the next election.")),
    (WorksheetPart.ENVIRONMENT, N_("Existing services and networks can carry it.")),
    (WorksheetPart.ENVIRONMENT, N_("Nothing already done here works against it.")),
    (WorksheetPart.PROCESS, N_("Somebody here answers for it and has the time.")),
    (WorksheetPart.PROCESS, N_("Those who did it are willing to be asked.")),
    (WorksheetPart.PROCESS, N_("Money is found for the start and for the years after.")),
    (WorksheetPart.PROCESS, N_("It can be tried on a small scale first.")),
    (WorksheetPart.PROCESS, N_("It is settled what will be measured, and by whom.")),
)


@dataclass(frozen=True)
class Condition:
    """A condition to check. ``id`` depends only on the text, so that answers survive other changes
    of the card. ``language``: of the text."""

    part: WorksheetPart
    text: str
    language: str
    answer: ConditionAnswer = ConditionAnswer.UNKNOWN
    note: str = ""

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.part}|{self.text}".encode()).hexdigest()[:12]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Condition:
        return cls(
            WorksheetPart(data["part"]),
            data["text"],
            data["language"],
            ConditionAnswer(data["answer"]),
            data["note"],
        )


def list_conditions(
    practice: Practice,
    differences: Iterable[str],
    language: str,
    gettext: Callable[[str], str],
) -> list[Condition]:
    """The conditions to check. ``differences``: descriptions, in ``language``, of how the contexts
    differ."""
    said = [
        *((WorksheetPart.CONDITIONS, text, CARD_LANGUAGE) for text in _items(practice.conditions)),
        *((WorksheetPart.CONTEXT, text, language) for text in differences),
        *((WorksheetPart.RESOURCES, text, CARD_LANGUAGE) for text in _items(practice.resources)),
        *(
            (WorksheetPart.RESOURCES, text, CARD_LANGUAGE)
            for text in map(cost_sentence, practice.costs)
        ),
        *((WorksheetPart.ACTORS, text, CARD_LANGUAGE) for text in _actors(practice)),
        *((part, gettext(text), language) for part, text in QUESTIONS),
    ]
    every = (Condition(part, text, spoken) for part, text, spoken in said)
    return list({condition.id: condition for condition in every}.values())


def merge_answers(kept: Iterable[Condition], fresh: Iterable[Condition]) -> list[Condition]:
    """The conditions of a changed card with the answers given before. Conditions no longer on the
    card are kept if they were answered."""
    old = {condition.id: condition for condition in kept}
    new = [
        replace(condition, answer=old[condition.id].answer, note=old[condition.id].note)
        if condition.id in old
        else condition
        for condition in fresh
    ]
    ids = {condition.id for condition in new}
    answered = (
        one for one in old.values() if one.note or one.answer is not ConditionAnswer.UNKNOWN
    )
    parts = list(WorksheetPart)
    every = [*new, *(one for one in answered if one.id not in ids)]
    return sorted(every, key=lambda condition: parts.index(condition.part))


def _items(markdown: str) -> Iterator[str]:
    """The list items of a section, or the sentences of its paragraphs."""
    from markdown_it import MarkdownIt

    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type == "inline":
            text = "".join(
                " " if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or ()
            )
            yield from (text[start:end] for start, end in sentences(text))


def _actors(practice: Practice) -> Iterator[str]:
    for actor in practice.actors:
        yield f"{actor.name}: {actor.role}"
