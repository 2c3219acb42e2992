"""Practice and collection records with their validation rules.

The rules apply to corpus files and forms alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field, model_validator

from kb.domain import Visibility
from kb.messages import N_
from kb.practices import passage_headings
from kb.practices.figures import cost_sentence, result_sentence
from kb.practices.older_records import upgrade_record
from kb.practices.parts import (
    Actor,
    Adoption,
    Contact,
    Cost,
    MeasuredResult,
    PracticePlace,
    Quotation,
    Reusable,
    Source,
)
from kb.practices.rules import (
    ARGUMENT_WORDS,
    BODY_WORDS,
    Ateco,
    Line,
    RuleError,
    RuleErrors,
    Section,
    Slug,
    Summary,
    Value,
    Year,
    at_most,
    term_of,
)
from kb.practices.terms import EvidenceLevel, Outcome, PracticeStatus
from kb.practices.verification import Reading, count_readings

__all__ = [
    "ENGLISH_SUMMARY",
    "SECTIONS",
    "Actor",
    "Adoption",
    "CollectionFile",
    "CollectionFileItem",
    "Contact",
    "Cost",
    "EvidenceLevel",
    "MeasuredResult",
    "Outcome",
    "Practice",
    "PracticePlace",
    "PracticeStatus",
    "Quotation",
    "Reusable",
    "RuleError",
    "RuleErrors",
    "Source",
    "find_broken_rules",
]

Part = TypeVar("Part", bound=Value)

SECTIONS = passage_headings.STORY
"""The sections of a card's story, in order, with their headings in the file."""
ENGLISH_SUMMARY = passage_headings.SUMMARY.heading_en
"""Heading of the English title and summary."""


class Practice(Value):
    """What was done, where, by whom, with which results, at what cost and under which conditions.

    Texts are Italian; ``title_en``, ``summary_en`` and each result's ``indicator_en`` English.
    Sections are Markdown. ``as_of``: year of which the status is known, if it is not that of the
    newest source. ``duration``: months until the first result, from ``duration_source``.
    """

    id: Slug
    title: Line
    title_en: Line
    summary: Summary
    summary_en: Summary
    place: PracticePlace
    other_places: tuple[PracticePlace, ...] = ()
    start: Year
    end: Year | None = None
    status: PracticeStatus
    as_of: Year | None = None
    duration: Annotated[int, Field(ge=0, le=1200)] | None = None
    duration_source: Slug | None = None
    outcome: Outcome
    themes: tuple[Annotated[str, term_of("themes")], ...] = Field(min_length=1)
    sectors: tuple[Annotated[str, term_of("sectors")], ...] = Field(min_length=1)
    strand: Annotated[str, term_of("strands")]
    sdgs: tuple[Annotated[str, term_of("sdgs")], ...] = ()
    cofog: tuple[Annotated[str, term_of("cofog")], ...] = ()
    ateco: tuple[Ateco, ...] = ()
    keywords: tuple[str, ...] = ()
    actors: tuple[Actor, ...] = Field(min_length=1)
    contact: tuple[Contact, ...] = ()
    reuse: tuple[Reusable, ...] = ()
    results: tuple[MeasuredResult, ...] = ()
    results_note: str = ""
    costs: tuple[Cost, ...] = ()
    cost_not_reported: bool = False
    adopted_by: tuple[Adoption, ...] = ()
    quotations: tuple[Quotation, ...] = ()
    sources: tuple[Source, ...] = Field(min_length=1)
    problem: Section
    solution: Section
    resources: Section
    conditions: Section
    limits: Section
    lessons: Section

    @model_validator(mode="before")
    @classmethod
    def _reads_older_records(cls, values: Any) -> Any:
        return upgrade_record(values) if isinstance(values, Mapping) else values

    @model_validator(mode="after")
    def _holds_together(self) -> Practice:
        if errors := list(find_broken_rules(self.model_dump())):
            raise RuleErrors(errors)
        return self

    @property
    def evidence_levels(self) -> Counter[EvidenceLevel]:
        return Counter(result.evidence for result in self.results)

    @property
    def best_evidence(self) -> EvidenceLevel | None:
        """The evidence level of the most reliable achieved result, or None."""
        levels = {result.evidence for result in self.results if result.achieved}
        return next((level for level in EvidenceLevel if level in levels), None)

    @property
    def reading(self) -> Reading:
        """How far the sources were read, and when."""
        return count_readings(self.sources)

    @property
    def known_until(self) -> int | None:
        """The year of which the card's status is known: ``as_of``, else of the newest source or
        result."""
        dated = [source.year for source in self.sources] + [one.year for one in self.results]
        return self.as_of or max((year for year in dated if year), default=None)

    def source(self, source_id: str) -> Source:
        """Raises KeyError for an unknown id; a valid practice refers only to its own sources."""
        return {source.id: source for source in self.sources}[source_id]

    def shown_with(self, documents: Container[str]) -> Practice:
        """The practice as visible to a reader of these documents, without quotations from and links
        to others."""
        hidden = {one.id for one in self.sources if one.document and one.document not in documents}
        if not hidden:
            return self
        bare = {"quote": ""}
        return self.model_copy(
            update={
                "sources": _replace_chosen(
                    self.sources, {"document": None}, lambda one: one.id in hidden
                ),
                "results": _replace_chosen(self.results, bare, lambda one: one.source in hidden),
                "costs": _replace_chosen(self.costs, bare, lambda one: one.source in hidden),
                "quotations": tuple(one for one in self.quotations if one.source not in hidden),
            }
        )

    def story(self) -> Iterator[tuple[str, str]]:
        """The six sections as (field, Markdown text), in order."""
        return ((name, getattr(self, name)) for name in SECTIONS)

    def text_sections(self, language: str = "it") -> list[tuple[str, str]]:
        """(heading, text) pairs for embedding and plain display.

        ``it`` gives the whole card, ``en`` the fields that exist in English: title, summary,
        results, costs.
        """
        results = "\n".join(result_sentence(result, language) for result in self.results)
        if language != "it":
            told = (cost_sentence(cost, language) for cost in self.costs if cost.text_en)
            return _drop_empty(
                [
                    (ENGLISH_SUMMARY, f"{self.title_en}. {self.summary_en}"),
                    (passage_headings.RESULTS.heading_en, results),
                    (passage_headings.COSTS.heading_en, "\n".join(told)),
                ]
            )
        story = {SECTIONS[name]: text for name, text in self.story()}
        costs = "\n".join(cost_sentence(cost) for cost in self.costs)
        problem, solution = passage_headings.PROBLEM.heading, passage_headings.SOLUTION.heading
        return _drop_empty(
            [
                (passage_headings.SUMMARY.heading, f"{self.title}. {self.summary}"),
                (problem, story.pop(problem)),
                (solution, story.pop(solution)),
                (passage_headings.RESULTS.heading, results or self.results_note),
                (passage_headings.COSTS.heading, costs),
                *story.items(),
            ]
        )


class CollectionFileItem(Value):
    """A practice or document, by id, with the curator's note."""

    practice: Slug | None = None
    document: str | None = None
    note: Line

    @model_validator(mode="after")
    def _one_of_both(self) -> CollectionFileItem:
        if (self.practice is None) == (self.document is None):
            raise RuleError(N_("An item names either a practice or a document."))
        return self


class CollectionFile(Value):
    """A curated, ordered list with an introduction (Markdown) and a note per item."""

    id: Slug
    title: Line
    title_en: Line
    argument: Annotated[str, Field(min_length=1), at_most(ARGUMENT_WORDS)]
    items: tuple[CollectionFileItem, ...] = Field(min_length=1)
    themes: tuple[Annotated[str, term_of("themes")], ...] = ()
    visibility: Visibility = Visibility.PUBLIC


def _replace_chosen(
    parts: tuple[Part, ...], change: dict[str, Any], chosen: Callable[[Part], bool]
) -> tuple[Part, ...]:
    return tuple(one.model_copy(update=change) if chosen(one) else one for one in parts)


def _drop_empty(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(heading, text.strip()) for heading, text in pairs if text.strip()]


def find_broken_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    """Rules between fields that the values break.

    Values may be malformed; what does not have the right type is left to the field's own
    validation.
    """
    yield from _story_rules(values)
    yield from _source_rules(values)
    yield from _result_rules(values)


def _story_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    start, end = values.get("start"), values.get("end")
    if isinstance(start, int) and isinstance(end, int) and end < start:
        yield RuleError(N_("The practice ends before it starts."), ("end",))
    story = [text for name in SECTIONS if isinstance(text := values.get(name), str)]
    if len(story) < len(SECTIONS):
        return
    words = sum(len(text.split()) for text in story)
    low, high = BODY_WORDS
    if not low <= words <= high:
        template = N_("The six sections have {words} words together: between {low} and {high}.")
        yield RuleError(template, words=words, low=low, high=high)


def _source_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    ids = Counter(str(source.get("id")) for _, source in _entries(values, "sources"))
    for source_id in (source_id for source_id, count in ids.items() if count > 1):
        yield RuleError(N_("Two sources have the id “{id}”."), ("sources",), id=source_id)
    held = {str(s.get("id")) for _, s in _entries(values, "sources") if s.get("document")}
    if (named := values.get("duration_source")) and str(named) not in ids:
        template = N_("The source “{id}” is not in the card's list of sources.")
        yield RuleError(template, ("duration_source",), id=named)
    for name in ("results", "costs", "adopted_by", "quotations"):
        for n, item in _entries(values, name):
            named = item.get("source")
            if named is not None and str(named) not in ids:
                template = N_("The source “{id}” is not in the card's list of sources.")
                yield RuleError(template, (name, n, "source"), id=named)
            if item.get("quote") and str(named) in held and not item.get("page"):
                yield RuleError(N_("A quotation needs the page it stands on."), (name, n, "page"))


def _result_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    if not values.get("results") and not values.get("results_note"):
        template = N_("Without results, results_note must say why there are none.")
        yield RuleError(template, ("results_note",))
    keyed = [
        (n, str(result["disagreement"]))
        for n, result in _entries(values, "results")
        if result.get("disagreement")
    ]
    keys = Counter(key for _, key in keyed)
    for n, key in keyed:
        if keys[key] == 1:
            template = N_("Only one result has the disagreement key “{key}”.")
            yield RuleError(template, ("results", n, "disagreement"), key=key)


def _entries(values: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The well-formed entries of a list with their indexes."""
    listed = values.get(name)
    for n, entry in enumerate(listed if isinstance(listed, list | tuple) else ()):
        if isinstance(entry, Mapping):
            yield n, entry
