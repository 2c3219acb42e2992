"""What a search answers in the JSON interface, for its description in OpenAPI.

The names are those of ``search.result_json``, which writes the answer.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from kb.domain import Kind
from kb.places.areas import AreaKind
from search.asked_traits import TraitKind
from search.results import AnswerVerdict
from web.api.practice_record import WrittenResult

LIKENESS = Field(description="To the question, in standard deviations above the usual.")
TITLE_EN = Field(description="Of a practice; empty for others.")


class FoundCollectionOut(BaseModel):
    kind: str = Field(description="Always `collection`.")
    id: str
    title: str
    title_en: str
    language: str
    practices: int = Field(description="Its practices that the caller may see.")
    likeness: float = LIKENESS


class FoundProfileOut(BaseModel):
    id: str
    kind: str = Field(description="`person` or `body`.")
    name: str
    words: str = Field(description="The sentence of the profile that is nearest to the question.")
    likeness: float = LIKENESS


class NamedAreaOut(BaseModel):
    kind: AreaKind
    code: str = Field(
        description="ISTAT code of a municipality, plate of a province, ISO code of a country;"
        " else the name."
    )
    name: str


class AskedTraitOut(BaseModel):
    """A limit that the question sets to practices, both bounds included."""

    kind: TraitKind
    territory: str = Field(description="Slug of the list of territories; else empty.")
    low: float | None = Field(description="Residents or euros.")
    high: float | None


class NearPracticeOut(BaseModel):
    id: str
    title: str
    place: str
    distance_km: float


class AskedPlaceOut(BaseModel):
    """The place that the question names, or the places that it describes."""

    places: list[NamedAreaOut]
    traits: list[AskedTraitOut]
    near: bool = Field(description="Whether it asks for what is near the place.")
    radius_km: float | None
    limits: bool = Field(description="Whether only what is there is listed.")
    practices: int = Field(description="Practices that lie there, on whatever subject.")
    relevant: int = Field(description="Those of them that lead the results.")
    nearest: list[NearPracticeOut] = Field(description="Where none leads, those nearest to it.")


class SimilarityReasonOut(BaseModel):
    variable: str
    mine: float | str
    theirs: float | str
    likeness: float = Field(description="From 0 (opposite) to 1 (equal).")


class ContextOut(BaseModel):
    """How alike the caller's place and that of the practice are."""

    value: float | None = Field(description="From 0 to 1; null where too little is known.")
    known: int = Field(description="Variables known of both places.")
    of: int = Field(description="Variables compared.")
    reasons: list[SimilarityReasonOut]
    missing: list[str] = Field(description="Variables that are not known of both.")


class FoundPassageOut(BaseModel):
    """A passage, verbatim, with its address."""

    passage_id: str
    document_id: str | None = Field(description="Null for a passage of the card itself.")
    document_title: str
    page_first: int | None
    page_last: int | None
    page_answer: int | None = Field(description="Where the first answering sentence begins.")
    field: str | None = Field(description="Of a card: the name of the field.")
    heading: str = Field(description="Heading path, outermost first.")
    language: str
    text: str
    answers: list[str] = Field(description="The sentences that answer best, verbatim.")
    score: float


class SameAnswerOut(BaseModel):
    """Another item that contains the same answering sentences."""

    kind: Kind
    id: str
    title: str
    title_language: str
    passage_id: str
    page: int | None = Field(description="The page to open; null for a practice.")
    title_en: str = TITLE_EN


class FoundItemOut(BaseModel):
    """A practice, document or project with its best passages, best first."""

    kind: Kind
    id: str
    title: str
    title_language: str
    title_en: str = TITLE_EN
    score: float
    relevance: float = Field(description="Probability that it answers, from 0 to 1.")
    place: str | None
    distance_km: float | None = Field(description="From the place that the question names.")
    country: str
    year: int | None
    themes: list[str]
    similarity: float | None = Field(description="The `value` of `context`.")
    context: ContextOut | None
    measured_results: list[WrittenResult] = Field(
        description="As the card has them, without `quote`."
    )
    passages: list[FoundPassageOut]
    also_in: list[SameAnswerOut]


class FacetValueOut(BaseModel):
    value: str
    count: int = Field(description="Results that have it.")
    selected: bool


class SearchAnswer(BaseModel):
    query: str
    language: str = Field(description="Of the question.")
    verdict: AnswerVerdict
    answered: bool = Field(description="Whether `verdict` is `answered`.")
    by_meaning: bool = Field(
        description="False where, for the moment, only the words of the question are searched for:"
        " results may be missing."
    )
    took_ms: float
    total: int = Field(description="Results on all pages together.")
    relevant: int
    less_near: int = Field(description="Found beyond the end of relevance, listed or not.")
    page: int
    collections: list[FoundCollectionOut]
    profiles: list[FoundProfileOut]
    did_you_mean: str | None = Field(description="The question with misspelt words replaced.")
    unknown_words: list[str] = Field(
        description="Where nothing answers: words of the question that stand in no text."
    )
    place: AskedPlaceOut | None
    results: list[FoundItemOut]
    facets: dict[str, list[FacetValueOut]] = Field(
        description="By the name of the filter, the values with their counts."
    )
