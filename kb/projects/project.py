"""The record of a project, with the rules on its fields. Members, indicators and measurements are
rows of their own (``kb.storage.projects``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from kb.messages import N_, Message
from kb.places import municipalities
from kb.practices.rules import RuleError, Value, term_of
from kb.practices.terms import CostKind
from kb.storage.projects import Stage

TEXT_CHARACTERS = 4000
"""Most characters of a text of a project."""
TITLE_CHARACTERS = 200
MOST_STEPS = 60
MOST_PRACTICES = 10


def _known_municipality(code: str) -> str:
    if municipalities.find(code) is None:
        template = N_("No Italian municipality has the ISTAT code {code}: check its six digits.")
        raise RuleError(template, code=code)
    return code


def _read_cup(code: str) -> str:
    code = "".join(code.split()).upper()
    if code and not re.fullmatch(r"[A-Z]\d{2}[A-Z0-9]{12}", code):
        template = N_("“{code}” is not a CUP: a letter, two digits and twelve letters or digits.")
        raise RuleError(template, code=code[:40])
    return code


Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_CHARACTERS)
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=TEXT_CHARACTERS)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Cup = Annotated[str, AfterValidator(_read_cup)]
"""Codice unico di progetto: a letter, two digits, twelve letters or digits."""


class Step(Value):
    """Something to do. ``due`` and ``done_on`` are days."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    due: date | None = None
    done_on: date | None = None


class BudgetLine(Value):
    """An amount in euro and who pays it."""

    kind: CostKind
    amount: Annotated[float, Field(ge=0, le=1e12)]
    source: Short = ""


class CheckedCondition(Value):
    """A condition of the worksheet that was answered, with the note on it."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    present: bool
    note: Text = ""


class Project(Value):
    """What is taken up where, by whom, and how it went.

    ``municipality``: ISTAT code. ``kept``, ``changed`` and ``left_out``: what became of the parts
    of the practice. ``findings``: the conditions that were looked into. ``contact``: an office, not
    a private person. ``signed_by_board``: name of the board member whose idea it is.
    ``seeks_lead``: nobody has taken that idea yet.
    """

    title: Title
    municipality: Annotated[str, AfterValidator(_known_municipality)]
    lead_body: Title
    contact: Short = ""
    language: Annotated[str, Field(pattern=r"^(it|en)$")] = "it"
    stage: Stage = Stage.IDEA
    stopped_because: Text = ""
    started: date | None = None
    concluded: date | None = None
    why: Text = ""
    kept: Text = ""
    changed: Text = ""
    left_out: Text = ""
    findings: Annotated[tuple[CheckedCondition, ...], Field(max_length=MOST_STEPS)] = ()
    steps: Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS)] = ()
    budget: Annotated[tuple[BudgetLine, ...], Field(max_length=MOST_STEPS)] = ()
    cup: Cup = ""
    lessons: Text = ""
    seeks: Annotated[tuple[Title, ...], Field(max_length=20)] = ()
    themes: tuple[Annotated[str, term_of("themes")], ...] = ()
    practice_ids: Annotated[tuple[str, ...], Field(max_length=MOST_PRACTICES)] = ()
    signed_by_board: Short = ""
    seeks_lead: bool = False

    @model_validator(mode="after")
    def _says_why_it_stopped(self) -> Project:
        if self.stage is Stage.STOPPED and not self.stopped_because:
            template = N_("Say why the project stopped: others learn from it.")
            raise RuleError(template, ("stopped_because",))
        return self

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Project:
        if self.started and self.concluded and self.concluded < self.started:
            raise RuleError(N_("The project ends before it starts."), ("concluded",))
        return self

    @property
    def place_name(self) -> str:
        return municipalities.named(self.municipality).name

    @property
    def region(self) -> str:
        return municipalities.named(self.municipality).region

    @property
    def steps_done(self) -> int:
        return sum(step.done_on is not None for step in self.steps)


FORWARD: Sequence[Stage] = (
    Stage.IDEA,
    Stage.UNDERSTAND,
    Stage.ADAPT,
    Stage.RUN,
    Stage.MEASURED,
)
MEASURING = frozenset({Stage.RUN, Stage.MEASURED})
"""Stages that need a complete indicator."""
ENDED = frozenset({Stage.MEASURED, Stage.STOPPED})
"""Stages in which nothing is due any more."""
NO_LEAD = Message(
    N_("This idea of the scientific board seeks a lead: a body has to take it first.")
)
NO_INDICATOR = Message(
    N_("Name at least one indicator: what will show that the project has worked?")
)
NO_CHECKED_VALUE = Message(
    N_("No value has been checked yet by a researcher outside the project: ask for it first.")
)
