"""What a search gives back: values that pages, JSON and the command line only have to show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from kb.domain import DEFAULT_LANGUAGE, Kind
from kb.filters import Conditions
from kb.messages import N_, Message
from kb.places.areas import Area
from kb.practices.parts import MeasuredResult
from search.asked_traits import Trait
from search.similarity.gower import Similarity
from search.similarity.viewpoint import Viewpoint

WORDS_ONLY = Message(
    N_(
        "For the moment only the words of the question are searched for, not its meaning: texts"
        " that say the same in other words or in another language may be missing. Try again in a"
        " few minutes."
    )
)


@dataclass(frozen=True)
class Question:
    """What was asked. ``filters`` are by the names of ``kb.filters``."""

    text: str
    filters: Conditions = field(default_factory=dict)
    viewpoint: Viewpoint = field(default_factory=Viewpoint)
    """What results are compared with."""
    item_ids: frozenset[str] | None = None
    """Only among these items: what is in a collection. An empty set finds nothing."""
    page: int = 1
    page_size: int = 10
    reader_language: str = DEFAULT_LANGUAGE
    """Of the page that the question is asked on: that of a question of one word."""
    anywhere: bool = False
    """Whether a place that the text names is taken for a word like others."""
    of_any_kind: bool = False
    """The same of territory, residents and cost (``search.asked_traits``)."""
    far: bool = False
    """Whether results below the end of relevance are listed and counted too."""

    @property
    def is_to_the_whole_base(self) -> bool:
        """Whether no filter is set; what results are compared with leaves none out."""
        bare = replace(
            self,
            viewpoint=Viewpoint(),
            page=1,
            page_size=10,
            reader_language=DEFAULT_LANGUAGE,
            far=False,
            anywhere=False,
            of_any_kind=False,
        )
        return bare == Question(self.text)


class AnswerVerdict(StrEnum):
    """What is said of the results as a whole (``search.verdict``)."""

    ANSWERED = "answered"
    NEAR = "near"
    """They are on the subject, and none answers in full."""
    NOTHING = "nothing"
    """They are only what is nearest."""


@dataclass(frozen=True)
class Fragment:
    """A stretch of a passage; ``answer`` marks the sentences that answer best, ``quantity`` the
    measured quantities in them. The fragments of a passage joined are its text, verbatim."""

    text: str
    answer: bool = False
    quantity: bool = False


@dataclass(frozen=True)
class ResultPassage:
    """One passage of a result, with the address it stands on."""

    passage_id: str
    item_id: str
    document_id: str | None
    """``None`` for a passage of a practice card itself."""
    document_title: str
    page_first: int | None
    page_last: int | None
    page_answer: int | None
    """Where the first answering sentence begins: the page to open."""
    heading: str
    """The heading path, outermost first, joined by `` › ``."""
    language: str
    text: str
    fragments: tuple[Fragment, ...]
    score: float


@dataclass(frozen=True)
class SameAnswer:
    """Another item that contains the same answering sentences, word by word."""

    kind: Kind
    id: str
    title: str
    title_language: str
    passage_id: str
    page: int | None
    """The page to open; ``None`` for a practice."""
    title_en: str = ""
    """Of a practice."""


@dataclass(frozen=True)
class Result:
    """A practice or a document with its best passages, best first."""

    kind: Kind
    id: str
    title: str
    title_language: str
    score: float
    relevance: float
    """Probability that it answers, from 0 to 1, by the model of ``search.verdict``."""
    place: str | None
    country: str
    year: int | None
    themes: tuple[str, ...]
    similarity: Similarity | None
    distance_km: float | None
    """Of a practice, from the place that the question names."""
    measured_results: tuple[MeasuredResult, ...]
    """Empty for documents."""
    passages: tuple[ResultPassage, ...]
    title_en: str = ""
    """Of a practice."""
    also_in: tuple[SameAnswer, ...] = ()


@dataclass(frozen=True)
class FacetValue:
    value: str
    count: int
    selected: bool


@dataclass(frozen=True)
class NearPractice:
    """A practice with its distance from the place asked for."""

    id: str
    title: str
    place: str
    distance_km: float


@dataclass(frozen=True)
class PlaceAnswer:
    """What is said of the place that the question names, or describes by ``traits``. ``practices``
    lie there, on whatever subject, ``relevant`` of them lead the results; where none do,
    ``nearest`` are those nearest to it. ``is_all``: the question asks for nothing but what there is
    in the place. ``documents``: documents, which have no place, are listed too."""

    areas: tuple[Area, ...]
    near: bool
    radius_km: float | None
    limits: bool
    practices: int
    relevant: int
    nearest: tuple[NearPractice, ...]
    is_all: bool
    documents: bool
    traits: tuple[Trait, ...] = ()


@dataclass(frozen=True)
class FoundCollection:
    """A curated collection on the subject. ``practices``: how many of its practices the reader may
    see; ``likeness`` to the question in standard deviations above the usual."""

    id: str
    title: str
    title_en: str
    language: str
    practices: int
    likeness: float


@dataclass(frozen=True)
class FoundProfile:
    """A person or body of the network who knows of the subject. ``words``: the sentence of the
    profile that is nearest to the question; ``likeness`` as of a collection."""

    id: str
    kind: str
    name: str
    words: str
    likeness: float


@dataclass(frozen=True)
class ResultPage:
    """The answer to a question. ``total`` counts what is listed on all pages together: the relevant
    results, the less near ones too where the question asks for them, or the nearest few where
    nothing answers."""

    question: Question
    language: str
    verdict: AnswerVerdict
    took_ms: float
    total: int
    relevant: int
    less_near: int
    """Found beyond the end of relevance, listed or not."""
    results: tuple[Result, ...]
    facets: dict[str, tuple[FacetValue, ...]]
    """By the name of the filter."""
    place: PlaceAnswer | None = None
    """Of the place that the question names, if it does and it is one that is known."""
    collections: tuple[FoundCollection, ...] = ()
    """On the first page of a question to the whole base."""
    profiles: tuple[FoundProfile, ...] = ()
    """The same, of people and bodies of the network."""
    did_you_mean: str | None = None
    """The question with misspelt words replaced by words of the base (``search.spelling``)."""
    unknown_words: tuple[str, ...] = ()
    """Where nothing answers: words of the question that stand in no text of the base."""
    by_meaning: bool = True
    """Whether the question was searched for by its meaning. Where only its words could be, results
    may be missing; ``verdict`` then is never “nothing”, and “answered” only where the question asks
    for no more than what there is in a place."""

    @property
    def answered(self) -> bool:
        return self.verdict is AnswerVerdict.ANSWERED

    @property
    def warning(self) -> Message | None:
        """What readers must know of the results as a whole."""
        return None if self.by_meaning else WORDS_ONLY
