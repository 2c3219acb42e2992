"""What a page shows beside the results: collections, profiles, spelling of the question."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.runtime.services import Services
from search.found_collections import find_collections
from search.found_profiles import find_profiles
from search.query import EmbeddedQuestion
from search.results import FoundCollection, FoundProfile, Question
from search.spelling import Spelling, check_spelling


@dataclass(frozen=True)
class BesideResults:
    """Empty on later pages."""

    spelling: Spelling
    collections: tuple[FoundCollection, ...] = ()
    profiles: tuple[FoundProfile, ...] = ()


def find_beside_results(
    services: Services,
    session: Session,
    access: Access,
    question: Question,
    embedded: EmbeddedQuestion,
) -> BesideResults:
    """Collections and profiles only for a question to the whole base: they have no filters."""
    spelling = find_spelling(services, session, access, question, embedded.language)
    if question.page > 1 or question.filters or question.item_ids is not None:
        return BesideResults(spelling)
    return BesideResults(
        spelling,
        tuple(find_collections(services, session, access, embedded)),
        tuple(find_profiles(services, session, access, embedded)),
    )


def find_spelling(
    services: Services, session: Session, access: Access, question: Question, language: str
) -> Spelling:
    """Of the question in ``language``; nothing on later pages."""
    if question.page > 1:
        return Spelling(None, ())
    return check_spelling(services, session, access, question.text, language)
