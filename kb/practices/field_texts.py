"""The fields of a card that its story does not tell, as text to search: place, actors, adopters,
keywords, notes. In Italian, like the card."""

from __future__ import annotations

from collections.abc import Iterable

from babel import Locale

from kb.domain import CARD_LANGUAGE
from kb.places import municipalities
from kb.practices import passage_headings
from kb.practices.parts import Actor, Adoption, MeasuredResult, PracticePlace
from kb.practices.practice import Practice
from kb.vocabulary.vocabularies import label


def field_sections(practice: Practice) -> list[tuple[str, str]]:
    """(heading, text) pairs of the fields that the card has."""
    others = "; ".join(map(_place, practice.other_places))
    pairs = [
        (
            passage_headings.PLACE.heading,
            _lines(
                f"Luogo: {_place(practice.place)}",
                f"Altri luoghi: {others}" if others else "",
                f"Attori: {'; '.join(map(_actor, practice.actors))}",
            ),
        ),
        (passage_headings.ADOPTIONS.heading, _lines(*map(_adoption, practice.adopted_by))),
        (passage_headings.KEYWORDS.heading, _lines(", ".join(practice.keywords))),
        (passage_headings.NOTES.heading, _notes(practice)),
        (passage_headings.TRANSFER.heading, _transfer(practice)),
    ]
    return [(heading, text) for heading, text in pairs if text]


def _lines(*sentences: str) -> str:
    said = filter(None, sentences)
    return "\n".join(one if one.endswith((".", "?", "!")) else f"{one}." for one in said)


def _place(place: PracticePlace) -> str:
    """Name, municipality with province, region, country, each once."""
    town = municipalities.find(place.istat_code) if place.istat_code else None
    parts = [place.name]
    if town is not None:
        parts.append(town.name if town.name not in place.name else "")
        parts.append(town.province)
    parts += [place.region or (town.region if town else ""), country_name(place.country)]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def country_name(code: str) -> str:
    return str(Locale(CARD_LANGUAGE).territories.get(code.upper(), code))


def _actor(actor: Actor) -> str:
    kind = f" ({label('actors', actor.kind, CARD_LANGUAGE)})" if actor.kind else ""
    return f"{actor.name}, {actor.role}{kind}"


def _adoption(adoption: Adoption) -> str:
    year = f", {adoption.year}" if adoption.year else ""
    note = f": {adoption.note}" if adoption.note else ""
    return f"{adoption.name}, {country_name(adoption.country)}{year}{note}"


def _transfer(practice: Practice) -> str:
    """Months to the first result, offices to ask, texts to reuse."""
    months = practice.duration
    time = "mese" if months == 1 else "mesi"
    return _lines(
        f"Tempo fino al primo risultato: {months} {time}" if months is not None else "",
        *(f"A chi chiedere: {asked.office}" for asked in practice.contact),
        *(
            f"Da riusare: {label('reuses', text.kind, CARD_LANGUAGE)}, {text.title}"
            for text in practice.reuse
        ),
    )


def _notes(practice: Practice) -> str:
    """The note on all results, and of each result its note and how it was measured."""
    told = practice.results_note if practice.results else ""
    return _lines(told, *_result_notes(practice.results))


def _result_notes(results: Iterable[MeasuredResult]) -> list[str]:
    notes = []
    for result in results:
        said = " ".join(part for part in (result.note, result.method) if part)
        if said:
            notes.append(f"{result.indicator}: {said}")
    return notes
