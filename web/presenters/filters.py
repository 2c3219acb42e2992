"""The filters of lists and results, with labels of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kb.domain import Kind
from kb.filters import FILTERS, FilterField
from kb.messages import N_
from kb.vocabulary import vocabularies
from web.presenters.listing import FilterGroup, FilterOption
from web.presenters.queries import Choice, Listing, ListQuery
from web.rendering.i18n import Locale

OF_LISTS = (FilterField("status", N_("Status"), "", "statuses"),)
"""Filters that lists have and search does not."""
BY_NAME = {field.name: field for field in (*FILTERS, *OF_LISTS)}
KINDS = {Kind.PRACTICE: N_("Practices"), Kind.DOCUMENT: N_("Documents")}


def choose_label(name: str, reader: Locale) -> Callable[[str], str]:
    """Return the function from a value of filter ``name`` to its label."""
    special: dict[str, Callable[[str], str]] = {
        "kind": lambda value: reader.gettext(KINDS[Kind(value)]),
        "country": reader.country,
        "language": lambda value: reader.language(value).capitalize(),
        "costs": lambda value: reader.gettext(N_("With amounts")),
        "region": lambda value: value,
    }
    if name in special:
        return special[name]
    terms = vocabularies.load(BY_NAME[name].vocabulary)
    return lambda value: terms[value].label(reader.code) if value in terms else value


def group(name: str, values: Iterable[tuple[str, int, bool]], reader: Locale) -> FilterGroup:
    """Build a filter from (value, count, selected) triples, keeping their order."""
    say = choose_label(name, reader)
    options = (FilterOption(value, say(value), count, chosen) for value, count, chosen in values)
    return FilterGroup(name, reader.gettext(BY_NAME[name].heading), tuple(options))


def list_filters(listing: Listing, wanted: ListQuery, reader: Locale) -> tuple[FilterGroup, ...]:
    """The filters of a list, values by label. Filters with fewer than two values are left out,
    unless one is selected."""
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
        FilterGroup(one.name, one.heading, tuple(sorted(one.options, key=lambda o: o.label)))
        for one in groups
        if len(one.options) > 1 or one.active
    )


def _triples(choices: Iterable[Choice], chosen: str) -> list[tuple[str, int, bool]]:
    return [(choice.value, choice.count, choice.value == chosen) for choice in choices]
