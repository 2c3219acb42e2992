"""What somebody needs, read from two fields, and who of the network may help."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from kb.messages import N_, Message
from kb.places import municipalities
from kb.runtime.services import Services
from kb.text.folding import fold_text
from kb.vocabulary import vocabularies
from search.network_peers import Need, Peer, find_peers
from search.results import Question
from search.service import rank
from search.verdict.judging import find_relevant, verdict_model
from web.rendering.i18n import Locale, load_locales

MOST_PRACTICES = 10
"""Practices found for a need that count as known."""


def list_wheres(reader: Locale) -> list[str]:
    """Labels of the themes, as proposals for the second field."""
    return [term.label(reader.code) for term in vocabularies.load("themes").values()]


def read_where(typed: str) -> tuple[str, str, Message | None]:
    """Theme and ISTAT code of what was typed, and what is wrong with it."""
    if not typed:
        return "", "", None
    folded = fold_text(typed)
    for slug, term in vocabularies.load("themes").items():
        if folded in {fold_text(slug), *(fold_text(term.label(code)) for code in load_locales())}:
            return slug, "", None
    name = folded.partition(" (")[0]
    named = [place for place in municipalities.search(name, 5) if fold_text(place.name) == name]
    place = municipalities.find(typed) or (named[0] if named else None)
    if place is not None:
        return "", place.istat_code, None
    return (
        "",
        "",
        Message(
            N_(
                "“{name}” is neither a theme nor an Italian municipality: choose one of the themes."
            ),
            {"name": typed[:100]},
        ),
    )


def find_need_peers(services: Services, session: Session, access: Access, need: Need) -> list[Peer]:
    """Who may help, with those who know a practice that answers the words of the need.

    Raises:
        PermanentError: the text is too long.
        TransientError: the index or the model cannot answer at the moment.
    """
    practices: tuple[str, ...] = ()
    if need.text:
        ranked = rank(Question(need.text, reader_language=need.language), services, access)
        relevant = find_relevant(ranked, verdict_model(services))
        found = [one.item.id for one in relevant if one.item.kind is Kind.PRACTICE]
        practices = tuple(found[:MOST_PRACTICES])
    return find_peers(services, session, access, replace(need, practices=practices))
