"""People and bodies of the network who know of a question's subject, beside what is found."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.access import Access
from kb.network.profiles import VisibleProfile, list_visible
from kb.runtime.services import Services
from kb.storage.kept import keep_until_change
from kb.storage.tables import now
from kb.text.language import detect
from kb.text.sentences import sentences
from search.query import EmbeddedQuestion
from search.results import FoundProfile
from search.subject_texts import find_on_subject
from search.subject_vectors import SubjectPart, SubjectText

MOST = 3
EMBEDDED_AT_ONCE = 8
MOST_SENTENCES = 10
"""Sentences of a profile that are compared, from the first."""


def find_profiles(
    services: Services, session: Session, access: Access, question: EmbeddedQuestion
) -> list[FoundProfile]:
    """At most ``MOST`` profiles that ``access`` may see, most like first."""
    key = find_profiles, access.visibilities, now().date()
    profiles = keep_until_change(session, key, lambda: list_visible(session, access))
    return find_helpers(services, session, access, question, profiles, EMBEDDED_AT_ONCE)[:MOST]


def find_helpers(  # as the function it calls
    services: Services,
    session: Session,
    access: Access,
    question: EmbeddedQuestion,
    profiles: list[VisibleProfile],
    embed_most: int,
) -> list[FoundProfile]:
    """Those of ``profiles`` who say that they can help with what is asked, most like first."""
    by_id = {one.id: one for one in profiles}
    texts = {one.id: _as_subject(one) for one in profiles}
    found = find_on_subject(
        services, session, access, question, list(texts.values()), embed_most=embed_most
    )
    return [
        FoundProfile(
            one.id,
            by_id[one.id].kind,
            by_id[one.id].name,
            texts[one.id].parts[one.best].text,
            one.likeness,
        )
        for one in found
    ]


def _as_subject(profile: VisibleProfile) -> SubjectText:
    """The sentences of what they can help with."""
    text = profile.offers
    language = detect(text).language
    spans = sentences(text)[:MOST_SENTENCES] or [(0, len(text))]
    parts = [SubjectPart(" ".join(text[start:end].split()), language) for start, end in spans]
    return SubjectText("profile", profile.id, tuple(parts))
