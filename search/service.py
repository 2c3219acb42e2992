"""The one entry point: a question becomes a page of practices and documents with evidence."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.orm import Session

from kb.access import Access
from kb.measures import SEARCH_SECONDS
from kb.messages import TransientError
from kb.services import Services
from kb.vectors import Hit
from search import query
from search.candidates import Candidate, group, is_answered
from search.duplicates import collapsed
from search.facets import FACETS, count
from search.query import Embedded
from search.ranking import ranked
from search.results import FacetValue, Question, ResultPage
from search.sentences import closer
from search.show import compared, shown
from search.unanswered import note_unanswered

log = structlog.get_logger()


@dataclass(frozen=True)
class _Search:
    """One question on its way: what it was turned into and whose eyes it is for."""

    session: Session
    services: Services
    access: Access
    question: Question
    embedded: Embedded

    def candidates(self) -> list[Candidate]:
        """All items found, best first."""
        hits = self._hits(self.question)
        best = closer(self.session, self.services.preparation, self.embedded, hits)
        return group(self.session, best, self.embedded.language, self.access)

    def _hits(self, question: Question) -> list[Hit]:
        """The passages found, best first."""
        where = query.filter_of(question, self.access)
        return ranked(self.services.index.search(replace(self.embedded.hybrid, filter=where)))

    def _counted(self, question: Question) -> list[Candidate]:
        """All items found, in whatever order."""
        return group(self.session, self._hits(question), self.embedded.language, self.access)

    def facets(self, found: list[Candidate]) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of every filter; one that is in use counts what there would be without it."""
        return {
            facet.name: count(
                facet,
                self.question,
                self._counted(facet.without(self.question))
                if facet.is_used(self.question)
                else found,
            )
            for facet in FACETS
        }


def rank(question: Question, services: Services, access: Access) -> list[Candidate]:
    """All items found, best first, without what a page shows beside them.

    Raises:
        PermanentError: the question is empty or too long.
        TransientError: the index cannot answer at the moment.
    """
    question = query.check(question)
    embedded = query.embed(services, question, access)
    with services.database.session() as session:
        return _Search(session, services, access, question, embedded).candidates()


def search(question: Question, services: Services, access: Access) -> ResultPage:
    """Practices and documents that answer the question, best first.

    Raises:
        PermanentError: the question is empty or too long, or a code in it is unknown.
        TransientError: the index cannot answer at the moment.
    """
    started = time.perf_counter()
    question = query.check(question)
    embedded = query.embed(services, question, access)
    with services.database.session() as session:
        asked = _Search(session, services, access, question, embedded)
        found = asked.candidates()
        answered = is_answered(found)
        once = collapsed(session, embedded, compared(session, found, question.viewpoint))
        first = (question.page - 1) * question.page_size
        results = shown(session, embedded, once[first : first + question.page_size])
        facets = asked.facets(found)
    SEARCH_SECONDS.observe(time.perf_counter() - started)
    if not answered and question.is_to_the_whole_base:
        _note(services, question.text, embedded.language)
    return ResultPage(
        question=question,
        language=embedded.language,
        answered=answered,
        took_ms=(time.perf_counter() - started) * 1000,
        total=len(once),
        results=tuple(results),
        facets=facets,
    )


def _note(services: Services, text: str, language: str) -> None:
    """Whoever asked gets the answer even where it cannot be written down."""
    try:
        note_unanswered(services, text, language)
    except TransientError as error:
        log.warning("unanswered question not noted", reason=str(error))
