"""What a page of results shows: results with filters, chips, links and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.filters import Between
from search.query import is_other_script
from search.results import AnswerVerdict, FacetValue, FoundCollection, ResultPage
from web.presenters.asked_place import PlaceView
from web.presenters.listing import FilterChip, FilterGroup, PageNumbers, Parameters
from web.presenters.refusal import Refusal
from web.presenters.results import ShownResult


@dataclass(frozen=True)
class ResultsView:
    """What the results fragment shows. Where nothing is near, ``refusal`` says what may help, and
    ``found`` are the nearest results only."""

    page: ResultPage
    found: list[ShownResult]
    refusal: Refusal | None
    groups: tuple[FilterGroup, ...]
    years: tuple[FacetValue, ...]
    between: Between
    """The requested range of years."""
    chips: tuple[FilterChip, ...]
    place: PlaceView | None
    """What is said of the place that the question names."""
    collections: tuple[FoundCollection, ...]
    """Those on the subject that the refusal does not name already."""
    meant: str | None
    """The address of the question with misspelt words replaced, if there are any."""
    pages: PageNumbers
    judged: Mapping[str, bool]
    """The reader's judgements of results of this question, by item."""
    parameters: Parameters
    address: str
    farther: str | None
    """The address that lists the less near results too, where there are any."""

    @property
    def only(self) -> str:
        """The kind of all results, or nothing where there are several."""
        kinds = [one.value for one in self.page.facets.get("kind", ()) if one.count]
        return kinds[0] if len(kinds) == 1 else ""

    @property
    def active(self) -> int:
        """The number of filters in use, without the place that the question names."""
        chosen = sum(option.selected for group in self.groups for option in group.options)
        return chosen + sum(at is not None for at in (self.between.low, self.between.high))

    @property
    def nothing(self) -> bool:
        return self.page.verdict is AnswerVerdict.NOTHING

    @property
    def other_script(self) -> bool:
        """Whether the question is in another script than Latin."""
        return is_other_script(self.page.question.text)

    @property
    def noted(self) -> bool:
        """Whether the question was counted as unanswered: only questions to the whole base are."""
        return self.page.question.is_to_the_whole_base
