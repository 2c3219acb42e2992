"""The filters of a search, one row each.

Index conditions and payload, counts of values, the parameters of page and API, ``kb check`` and the
search page loop over ``FILTERS``. A new filter is a row here and the place where its values are
filled in: a column of ``items``, or rows of ``item_values`` (``kb.practices.filter_values``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kb.messages import N_


@dataclass(frozen=True)
class FilterField:
    """A property of items that a search filters by and counts.

    ``name`` is the parameter of an address, the key in JSON and, unless ``payload`` says otherwise,
    the key in the index. ``vocabulary`` names the list that labels its values; without one the
    presenter of the screen has the labels.
    """

    name: str
    heading: str
    description: str
    """For the description of the API."""
    vocabulary: str = ""
    payload: str = ""
    is_range: bool = False
    """A number with a lower and an upper bound, parameters ``<name>_from`` and ``<name>_to``."""
    of_passage: bool = False
    """Each passage has its own value, which may differ from its item's."""
    of_practices: bool = False
    """Documents have no value."""

    @property
    def key(self) -> str:
        """Key in the payload of the index."""
        return self.payload or self.name


FILTERS = (
    FilterField("kind", N_("Kind"), "`practice` or `document`."),
    FilterField("theme", N_("Theme"), "Slugs of the list of themes.", "themes", payload="themes"),
    FilterField(
        "outcome", N_("Outcome"), "Slugs of the list of outcomes.", "outcomes", of_practices=True
    ),
    FilterField(
        "evidence",
        N_("Evidence"),
        "Best evidence of an achieved result: slugs of the list of evidence levels.",
        "evidence",
        of_practices=True,
    ),
    FilterField(
        "population",
        N_("Size of the place"),
        "Classes of residents: slugs of the list of sizes.",
        "sizes",
        of_practices=True,
    ),
    FilterField("costs", N_("Costs"), "`yes`: the card gives an amount.", of_practices=True),
    FilterField("country", N_("Country"), "ISO 3166 codes."),
    FilterField(
        "region", N_("Region"), "Names of regions, as the cards give them.", of_practices=True
    ),
    FilterField(
        "sector", N_("Sector"), "Slugs of the list of sectors.", "sectors", of_practices=True
    ),
    FilterField(
        "strand", N_("Strand"), "Slugs of the list of strands.", "strands", of_practices=True
    ),
    FilterField("language", N_("Language"), "ISO 639 codes of the passages.", of_passage=True),
    FilterField("year", N_("Year"), "Year, from and to, both included.", is_range=True),
)
"""In the order of the search page."""

BY_NAME: Mapping[str, FilterField] = {field.name: field for field in FILTERS}


@dataclass(frozen=True)
class AnyOf:
    """At least one of the values. Without any value nothing matches."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """A number between the bounds, inclusive; ``None`` is unbounded."""

    low: int | None = None
    high: int | None = None


Conditions = Mapping[str, AnyOf | Between]
"""By the name of a filter. A filter that is not named asks for nothing."""

Choice = Iterable[str] | tuple[int | None, int | None]


def choose(**choices: Choice) -> Conditions:
    """Conditions from values, or a pair of bounds for a range; empty choices are left out.

    Raises:
        KeyError: there is no filter of that name.
    """
    conditions: dict[str, AnyOf | Between] = {}
    for name, choice in choices.items():
        if BY_NAME[name].is_range:
            low, high = choice
            if low is not None or high is not None:
                conditions[name] = Between(_number(low), _number(high))
        elif values := tuple(str(value) for value in choice):
            conditions[name] = AnyOf(values)
    return conditions


def _number(bound: str | int | None) -> int | None:
    return None if bound is None else int(bound)
