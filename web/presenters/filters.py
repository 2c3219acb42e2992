"""The filters of lists and results: which there are, and what their values are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kb.domain import Kind
from kb.messages import N_
from kb.vocabulary import vocabularies
from web.presenters.listing import Group, Option
from web.presenters.queries import Choice, Listing, Wanted
from web.rendering.i18n import Reader

HEADINGS = {
    "kind": N_("Kind"),
    "theme": N_("Theme"),
    "country": N_("Country"),
    "language": N_("Language"),
    "outcome": N_("Outcome"),
    "status": N_("Status"),
    "evidence": N_("Evidence"),
}
VOCABULARIES = {"theme": "themes", "outcome": "outcomes", "status": "statuses"}
"""Filters whose values are terms of a list of another name."""
KINDS = {Kind.PRACTICE: N_("Practices"), Kind.DOCUMENT: N_("Documents")}


def naming(name: str, reader: Reader) -> Callable[[str], str]:
    """What a value of the filter ``name`` is called."""
    special: dict[str, Callable[[str], str]] = {
        "kind": lambda value: reader.gettext(KINDS[Kind(value)]),
        "country": reader.country,
        "language": lambda value: reader.language(value).capitalize(),
    }
    if name in special:
        return special[name]
    terms = vocabularies.load(VOCABULARIES.get(name, name))
    return lambda value: terms[value].label(reader.code) if value in terms else value


def group(name: str, values: Iterable[tuple[str, int, bool]], reader: Reader) -> Group:
    """A filter from its (value, count, selected) triples, in their order."""
    say = naming(name, reader)
    options = (Option(value, say(value), count, chosen) for value, count, chosen in values)
    return Group(name, reader.gettext(HEADINGS[name]), tuple(options))


def list_filters(listing: Listing, wanted: Wanted, reader: Reader) -> tuple[Group, ...]:
    """The filters of a list, values by name; a filter with one value is no filter."""
    groups = (
        group("theme", _triples(listing.themes, wanted.theme), reader),
        group("country", _triples(listing.countries, wanted.country), reader),
        group("language", _triples(listing.languages, wanted.language), reader),
        *(
            group(name, _triples(choices, getattr(wanted, name, "")), reader)
            for name, choices in listing.of_practices.items()
        ),
    )
    return tuple(
        Group(one.name, one.heading, tuple(sorted(one.options, key=lambda o: o.label)))
        for one in groups
        if len(one.options) > 1 or one.active
    )


def _triples(choices: Iterable[Choice], chosen: str) -> list[tuple[str, int, bool]]:
    return [(choice.value, choice.count, choice.value == chosen) for choice in choices]
