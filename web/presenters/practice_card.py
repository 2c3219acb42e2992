"""The whole card of a practice as its page and its review show it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from kb.domain import CARD_LANGUAGE
from kb.practices.evidence_rules import likeness
from kb.practices.practice import MeasuredResult, Practice
from kb.practices.quotations import page_number
from web.presenters import queries
from web.presenters.story import STORY_HEADINGS
from web.presenters.tiles import Figure, figure, place_facts, price
from web.presenters.transfer import (
    say_duration,
    say_no_costs,
    say_period,
    say_reading,
    say_status,
)
from web.rendering.i18n import Locale, load_locales
from web.rendering.titles import summary_of, title_of


def card_context(
    session: Session, practice: Practice, reader: Locale, text: str = ""
) -> dict[str, Any]:
    """The variables of ``practices/_card.html``.

    The caller has left out of ``practice`` what the reader may not see. ``text``, ``it`` or
    ``en``, is the language of title, summary and indicators; otherwise the reader's.
    """
    card_reader = (
        load_locales().get(text, reader).in_zone(reader.zone) if text in ("it", "en") else reader
    )
    title = title_of(practice, card_reader)
    english = title.language == "en"
    written = [figure(result, card_reader) for result in practice.results]
    cited = [source.document for source in practice.sources if source.document]
    return {
        "practice": practice,
        "english": english,
        "card_language": CARD_LANGUAGE,
        "text_language": title.language,
        "title": title.text,
        "summary": summary_of(practice, card_reader).text,
        "achieved": [shown for shown in written if shown.result.achieved],
        "hoped": [shown for shown in written if not shown.result.achieved],
        "disagreements": _group_disagreements(practice.results, card_reader),
        "duration": say_duration(practice, reader),
        "state": say_status(practice, reader),
        "period": say_period(practice, reader),
        "no_costs": say_no_costs(practice, reader),
        "reading": say_reading(practice, reader),
        "prices": [price(cost, card_reader) for cost in practice.costs],
        "facts": place_facts(practice.place, reader),
        "headings": STORY_HEADINGS,
        "story": dict(practice.story()),
        "removed": queries.read_removals(session, cited) if cited else {},
        "page_number": page_number,
        "collections": [],
        "source_states": {},
    }


def _group_disagreements(results: tuple[MeasuredResult, ...], reader: Locale) -> list[list[Figure]]:
    """Results that share a ``disagreement`` key, measure and unit, grouped by them, in order.

    Figures for different things do not disagree, whatever key they share.
    """
    by_key: dict[tuple[str, ...], list[Figure]] = {}
    for result in results:
        if result.disagreement:
            key = (result.disagreement, *likeness(result.model_dump()))
            by_key.setdefault(key, []).append(figure(result, reader))
    return [group for group in by_key.values() if len(group) > 1]
