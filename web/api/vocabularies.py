"""The controlled vocabularies in the JSON interface: the words that fields and filters take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from fastapi import APIRouter
from pydantic import BaseModel, Field

from kb.vocabulary import vocabularies
from web.http.api_route import ApiRoute
from web.http.problems import ALWAYS, problems
from web.presenters.filters import KINDS
from web.rendering.i18n import load_locales
from web.rendering.names import EVENT_TYPES, STAGES, VISIBILITIES

router = APIRouter(
    route_class=ApiRoute, prefix="/api/v1/vocabularies", tags=["vocabularies"], responses=ALWAYS
)


class VocabularyName(StrEnum):
    THEMES = "themes"
    SECTORS = "sectors"
    STRANDS = "strands"
    OUTCOMES = "outcomes"
    EVIDENCE = "evidence"
    STATUSES = "statuses"
    SIZES = "sizes"
    MEASURES = "measures"
    NATURES = "natures"
    BETTERS = "betters"
    GAPS = "gaps"
    COSTS = "costs"
    ACCESS = "access"
    ACTORS = "actors"
    REUSES = "reuses"
    TERRITORIES = "territories"
    TRENDS = "trends"
    ECONOMIES = "economies"
    GOVERNANCES = "governances"
    SDGS = "sdgs"
    COFOG = "cofog"
    KINDS = "kinds"
    STAGES = "stages"
    EVENT_TYPES = "event-types"
    VISIBILITIES = "visibilities"
    GLOSSARY = "glossary"


TRANSLATED: Mapping[VocabularyName, Iterable[tuple[StrEnum, str]]] = {
    VocabularyName.KINDS: KINDS.items(),
    VocabularyName.STAGES: STAGES.items(),
    VocabularyName.EVENT_TYPES: EVENT_TYPES.items(),
    VocabularyName.VISIBILITIES: VISIBILITIES.items(),
}
"""Vocabularies whose labels are those of the pages, in their languages."""


class TermOut(BaseModel):
    slug: str = Field(description="As it stands in fields and filters.")
    labels: dict[str, str] = Field(description="By language: at least `it` and `en`.")
    synonyms: dict[str, list[str]] = Field(
        description="By language, further words for it: those of the glossary, which a search takes"
        " as well."
    )


class VocabularyOut(BaseModel):
    name: VocabularyName
    terms: list[TermOut] = Field(description="In the order in which they are shown.")


class VocabularyList(BaseModel):
    vocabularies: list[VocabularyName]


@router.get("", summary="The names of the vocabularies")
def list_vocabularies() -> VocabularyList:
    return VocabularyList(vocabularies=list(VocabularyName))


@router.get(
    "/{vocabulary}", summary="The terms of a vocabulary, with labels", responses=problems(422)
)
def get_vocabulary(vocabulary: VocabularyName) -> VocabularyOut:
    if vocabulary in TRANSLATED:
        return VocabularyOut(name=vocabulary, terms=_translate(TRANSLATED[vocabulary]))
    terms = vocabularies.load(vocabulary.value)
    return VocabularyOut(name=vocabulary, terms=[_describe(one) for one in terms.values()])


def _translate(named: Iterable[tuple[StrEnum, str]]) -> list[TermOut]:
    readers = load_locales()
    return [
        TermOut(
            slug=value.value,
            labels={code: reader.gettext(label) for code, reader in readers.items()},
            synonyms={},
        )
        for value, label in named
    ]


def _describe(term: vocabularies.Term) -> TermOut:
    return TermOut(
        slug=term.slug,
        labels=dict(term.labels),
        synonyms={code: list(names[1:]) for code, names in term.names.items() if names[1:]},
    )
