"""The JSON form of a result page, for the API and ``kb search``; its names are a fixed contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from kb.practices.figures import result_in_words
from kb.practices.passage_headings import BY_HEADING
from kb.practices.practice import MeasuredResult
from search.results import FacetValue, PlaceAnswer, Result, ResultPage, ResultPassage
from search.similarity.gower import Similarity

REMEMBERED = 4000
"""Measured results whose JSON form is kept."""


def as_json(page: ResultPage) -> dict[str, Any]:
    return {
        "query": page.question.text,
        "language": page.language,
        "verdict": page.verdict,
        "answered": page.answered,
        "by_meaning": page.by_meaning,
        "took_ms": round(page.took_ms, 1),
        "total": page.total,
        "relevant": page.relevant,
        "less_near": page.less_near,
        "page": page.question.page,
        "collections": [
            {
                "kind": "collection",
                **asdict(one),
                "likeness": round(one.likeness, 2),
            }
            for one in page.collections
        ],
        "profiles": [{**asdict(one), "likeness": round(one.likeness, 2)} for one in page.profiles],
        "did_you_mean": page.did_you_mean,
        "unknown_words": list(page.unknown_words),
        "place": _place(page.place) if page.place else None,
        "results": [_result(result) for result in page.results],
        "facets": {
            name: [_facet(value) for value in values] for name, values in page.facets.items()
        },
    }


def _place(place: PlaceAnswer) -> dict[str, Any]:
    named = [{"kind": area.kind, "code": area.code, "name": area.name} for area in place.areas]
    return {
        "places": named,
        "traits": [asdict(trait) for trait in place.traits],
        "near": place.near,
        "radius_km": place.radius_km,
        "limits": place.limits,
        "practices": place.practices,
        "relevant": place.relevant,
        "nearest": [
            {**asdict(one), "distance_km": round(one.distance_km, 1)} for one in place.nearest
        ],
    }


def _facet(facet: FacetValue) -> dict[str, Any]:
    return {"value": facet.value, "count": facet.count, "selected": facet.selected}


def _result(result: Result) -> dict[str, Any]:
    return {
        "kind": result.kind,
        "id": result.id,
        "title": result.title,
        "title_language": result.title_language,
        "title_en": result.title_en,
        "score": round(result.score, 6),
        "relevance": round(result.relevance, 4),
        "place": result.place,
        "distance_km": None if result.distance_km is None else round(result.distance_km, 1),
        "country": result.country,
        "year": result.year,
        "themes": list(result.themes),
        "similarity": result.similarity.value if result.similarity else None,
        "context": _context(result.similarity) if result.similarity else None,
        "measured_results": [_measured(one) for one in result.measured_results],
        "passages": [_passage(evidence) for evidence in result.passages],
        "also_in": [asdict(source) for source in result.also_in],
    }


def _context(similarity: Similarity) -> dict[str, Any]:
    reasons = [
        {"likeness" if name == "similarity" else name: value for name, value in asdict(one).items()}
        for one in similarity.reasons
    ]
    return {**asdict(similarity), "reasons": reasons}


@lru_cache(REMEMBERED)
def _measured(result: MeasuredResult) -> Mapping[str, Any]:
    return {
        **result.model_dump(mode="json", exclude={"quote"}),
        "written": result_in_words(result),
    }


def _field(heading: str) -> str | None:
    """The name of the card's field that a passage of the card holds."""
    row = BY_HEADING.get(heading)
    return row.name if row else None


def _passage(evidence: ResultPassage) -> dict[str, Any]:
    return {
        "passage_id": evidence.passage_id,
        "document_id": evidence.document_id,
        "document_title": evidence.document_title,
        "page_first": evidence.page_first,
        "page_last": evidence.page_last,
        "page_answer": evidence.page_answer,
        "field": None if evidence.document_id else _field(evidence.heading),
        "heading": evidence.heading,
        "language": evidence.language,
        "text": evidence.text,
        "answers": [fragment.text for fragment in evidence.fragments if fragment.answer],
        "score": round(evidence.score, 6),
    }
