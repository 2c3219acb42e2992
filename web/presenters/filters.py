"""The filters of lists and results, with labels of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kb.domain import Kind
from kb.filters import FILTERS, FilterField
from kb.messages import N_
from kb.storage.projects import Stage
from kb.vocabulary import vocabularies
from web.presenters.listing import (
    FilterChip,
    FilterGroup,
    FilterOption,
    build_address,
    list_chips,
    without_parameter,
)
from web.presenters.queries import Choice, Listing, ListQuery, PracticeListQuery
from web.presenters.queries.list_query import DOCUMENT_ORDERS, PRACTICE_ORDERS
from web.rendering.i18n import Locale
from web.rendering.names import STAGES

OF_LISTS = (FilterField("status", N_("Status"), "", "statuses"),)
"""Filters that lists have and search does not."""
BY_NAME = {field.name: field for field in (*FILTERS, *OF_LISTS)}
YES_ONLY = ("costs", "taken_up", "measured_here")
"""The filters with one value, which many practices do not have."""
FOLDED = ("status", "evidence", "population", "region", "sector", "strand", "costs")
"""Filters of lists that a page opens with folded away."""
KINDS = {
    Kind.PRACTICE: N_("Practices"),
    Kind.DOCUMENT: N_("Documents"),
    Kind.PROJECT: N_("Projects"),
}


def choose_label(name: str, reader: Locale) -> Callable[[str], str]:
    """Return the function from a value of filter ``name`` to its label."""
    special: dict[str, Callable[[str], str]] = {
        "kind": lambda value: reader.gettext(KINDS[Kind(value)]),
        "country": reader.country,
        "language": lambda value: reader.language(value).capitalize(),
        "costs": lambda value: reader.gettext(N_("With amounts")),
        "region": lambda value: value,
        "taken_up": lambda value: reader.gettext(N_("Taken up in Italy")),
        "measured_here": lambda value: reader.gettext(N_("Measured again here")),
        "stage": lambda value: reader.gettext(STAGES[Stage(value)]) if value in STAGES else value,
        "year": lambda value: value,
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


@dataclass(frozen=True)
class ListControls:
    """What narrows and sorts a list: ``orders`` are options of ``sort``, ``more`` the filters that
    are folded away. ``query`` is that of the list's address, with ``?``."""

    q: str
    orders: tuple[FilterOption, ...]
    groups: tuple[FilterGroup, ...]
    more: tuple[FilterGroup, ...]
    chips: tuple[FilterChip, ...]
    query: str

    @property
    def more_in_use(self) -> bool:
        return any(group.active for group in self.more)


def build_list_controls(
    path: str, listing: Listing, wanted: ListQuery, reader: Locale, *, near: bool = False
) -> ListControls:
    """``near``: whether the reader's municipality is known, so that practices can be sorted by
    their distance from it."""
    groups = list_filters(listing, wanted, reader)
    orders = PRACTICE_ORDERS if isinstance(wanted, PracticeListQuery) else DOCUMENT_ORDERS
    parameters = wanted.parameters()
    chips = list_chips(path, parameters, groups)
    if wanted.q:
        words = FilterChip(
            reader.gettext(N_("“{words}”")).format(words=wanted.q),
            build_address(path, without_parameter(parameters, "q", wanted.q)),
        )
        chips = (words, *chips)
    return ListControls(
        wanted.q,
        tuple(
            FilterOption(value, reader.gettext(label), 0, value == wanted.sort)
            for value, label in orders.items()
            if value != "near" or near
        ),
        tuple(group for group in groups if group.name not in FOLDED),
        tuple(group for group in groups if group.name in FOLDED),
        chips,
        build_address("", parameters),
    )


def list_filters(listing: Listing, wanted: ListQuery, reader: Locale) -> tuple[FilterGroup, ...]:
    """The filters of a list, values by label. Filters with fewer than two values are left out,
    unless one is selected or its only value is one that not all items have."""
    groups = (
        group("theme", _triples(listing.themes, wanted.theme), reader),
        group("country", _triples(listing.countries, wanted.country), reader),
        group("language", _triples(listing.languages, wanted.language), reader),
        group("year", _triples(listing.years, getattr(wanted, "year", "")), reader),
        *(
            group(name, _triples(choices, getattr(wanted, name, "")), reader)
            for name, choices in listing.of_practices.items()
        ),
    )
    return tuple(
        FilterGroup(one.name, one.heading, tuple(sorted(one.options, key=lambda o: o.label)))
        for one in groups
        if len(one.options) > 1 or one.active or (one.options and one.name in YES_ONLY)
    )


def _triples(choices: Iterable[Choice], chosen: str) -> list[tuple[str, int, bool]]:
    return [(choice.value, choice.count, choice.value == chosen) for choice in choices]
