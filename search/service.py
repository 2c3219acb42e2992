"""The one entry point: a question becomes a page of practices and documents with evidence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.services import Services
from search import evidence, facets, query
from search.candidates import Candidate, group
from search.context import place_of, similarity
from search.results import FacetValue, Question, Result, ResultPage
from search.unanswered import note_unanswered


@dataclass(frozen=True)
class _Found:
    embedded: query.Embedded
    candidates: list[Candidate]
    facets: dict[str, tuple[FacetValue, ...]]


def search(question: Question, services: Services, access: Access) -> ResultPage:
    """Practices and documents that answer the question, best first.

    Raises:
        PermanentError: the question is empty, too long, or names an unknown place.
        TransientError: the index cannot answer at the moment.
    """
    started = time.perf_counter()
    question = query.check(question)
    place = place_of(question.place)
    with services.database.session() as session:
        found = _find(session, question, services, access)
        shown = _page_of(found.candidates, question)
        results = evidence.results(session, services, found.embedded, shown)
    answered = query.is_answered(found.embedded, found.candidates)
    page = ResultPage(
        question=question,
        language=found.embedded.language,
        answered=answered,
        took_ms=(time.perf_counter() - started) * 1000,
        total=len(found.candidates),
        results=tuple(results),
        facets=found.facets,
    )
    if not answered:
        note_unanswered(services, page)
    return page
