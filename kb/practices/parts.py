"""Parts of a practice record: place, actors, sources, measured results, costs, adoptions."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from kb.messages import N_
from kb.practices.rules import (
    Address,
    Country,
    Email,
    Figure,
    Language,
    Line,
    Quote,
    RuleError,
    Slug,
    Value,
    Year,
    term_of,
)
from kb.practices.terms import (
    Better,
    CostKind,
    Economy,
    EvidenceLevel,
    Governance,
    Nature,
    SourceAccess,
    StoryPart,
    Territory,
    Trend,
)


class PracticePlace(Value):
    """Where the practice took place. Density in residents per km², elevation in metres.

    ``degurba``: Eurostat degree of urbanisation, 1 city, 2 town or suburb, 3 rural.
    """

    name: Line
    country: Country
    region: str = ""
    istat_code: str | None = Field(default=None, pattern=r"^\d{6}$")
    population: int | None = Field(default=None, ge=0)
    population_year: Year | None = None
    population_source: str = ""
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    elevation_m: int | None = None
    density: float | None = Field(default=None, ge=0)
    degurba: int | None = Field(default=None, ge=1, le=3)
    territory: Territory | None = None
    trend: Trend | None = None
    economy: Economy | None = None
    governance: Governance | None = None

    @model_validator(mode="after")
    def _population_has_a_source(self) -> PracticePlace:
        if self.population is not None and not self.population_source:
            template = N_("A population needs population_source beside it.")
            raise RuleError(template, ("population_source",))
        return self


class Actor(Value):
    name: Line
    role: Line
    kind: Annotated[str, term_of("actors")] | None = None


class Source(Value):
    """A text cited by the card. ``accessed``: how it was read, by whom and when.

    ``document``: id, if it is a document of this base; pages then refer to it.
    """

    id: Slug
    title: Line
    publisher: Line
    year: Year | None = None
    url: Address | None = None
    language: Language
    accessed: SourceAccess
    read_by: str = Field(default="", max_length=200)
    read_on: date | None = None
    document: str | None = Field(default=None, max_length=100)


class Contact(Value):
    """A public office to ask about the practice: never a private person."""

    office: Line
    url: Address | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> Contact:
        if not (self.url or self.email):
            raise RuleError(N_("A contact needs a page or an e-mail address."), ("url",))
        return self


class Reusable(Value):
    """Something that can be taken over as it is: an act, a statute, a tender, software."""

    kind: Annotated[str, term_of("reuses")]
    title: Line
    url: Address
    licence: str = Field(default="", max_length=100)
    language: Language | None = None


class Quotation(Value):
    """A verbatim quotation from a source, in support of one section of the story."""

    section: StoryPart
    source: Slug
    page: str = ""
    quote: Quote


class MeasuredResult(Value):
    """A figure with what is needed to judge it.

    ``value_text`` is used if the value is not one number: a qualified figure («oltre 90», «tra 50 e
    60», «20 o 25 secondo la fonte»), parsed by ``kb.practices.values``, or words, with
    ``value_text_en`` in English. Results with the same ``disagreement`` key are different figures
    for the same thing and are shown together. ``quote``: verbatim text of the source on ``page``.

    ``measure``: term of ``measures``; only results of the same measure are compared. ``numerator``
    and ``denominator``: the count that a share is made of, and what was counted (``counted``).
    ``comparison``: value of the control group or of another place, in the same unit. ``no_year``
    and ``no_baseline``: term of ``gaps``, why the card has none.
    """

    indicator: Line
    indicator_en: Line
    value: Figure | None = None
    value_text: str = ""
    value_text_en: str = ""
    unit: str = ""
    unit_en: str = ""
    baseline: Figure | None = None
    baseline_year: Year | None = None
    no_baseline: Annotated[str, term_of("gaps")] | None = None
    year: Year | None = None
    no_year: Annotated[str, term_of("gaps")] | None = None
    measure: Annotated[str, term_of("measures")] | None = None
    numerator: Figure | None = None
    denominator: Figure | None = None
    counted: str = Field(default="", max_length=100)
    counted_en: str = Field(default="", max_length=100)
    comparison: Figure | None = None
    compared_with: str = Field(default="", max_length=200)
    compared_with_en: str = Field(default="", max_length=200)
    measured_by: str = ""
    method: str = ""
    nature: Nature = Nature.MEASURED
    better: Better = Better.NEUTRAL
    evidence: EvidenceLevel
    source: Slug
    page: str = ""
    quote: Quote = ""
    note: str = ""
    disagreement: Slug | None = None

    @property
    def achieved(self) -> bool:
        return self.nature in (Nature.MEASURED, Nature.ESTIMATED)

    @model_validator(mode="after")
    def _says_something(self) -> MeasuredResult:
        if self.value is None and not self.value_text:
            raise RuleError(N_("A result needs a value, as a number or in words."), ("value",))
        if self.unit and not self.unit_en:
            raise RuleError(N_("A unit needs unit_en beside it."), ("unit_en",))
        if self.comparison is not None and not self.compared_with:
            template = N_("A comparison value needs compared_with beside it.")
            raise RuleError(template, ("compared_with",))
        return self


class Cost(Value):
    """What was paid, and for what. ``amount_text``: a qualified amount, «circa 70 milioni».
    ``currency``: ISO 4217 code."""

    kind: CostKind
    text: Line
    text_en: str = Field(default="", max_length=200)
    amount: Figure | None = None
    amount_text: str = ""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    year: Year | None = None
    source: Slug | None = None
    page: str = ""
    quote: Quote = ""
    evidence: EvidenceLevel | None = None

    @model_validator(mode="after")
    def _amount_has_a_source(self) -> Cost:
        if self.amount is not None and not (self.currency and self.source and self.evidence):
            template = N_("An amount needs currency, source and evidence beside it.")
            raise RuleError(template, ("amount",))
        return self


class Adoption(Value):
    """Another body that adopted the practice: the strongest sign that it can be transferred."""

    name: Line
    country: Country
    year: Year | None = None
    source: Slug
    note: str = ""
