"""The search filters, one row each.

``FILTERS`` is used by index conditions and payload, facets, page and API parameters, ``kb check``
and the search page. A new filter is a row here, plus the code that fills in its values: a column of
``items``, or rows of ``item_values`` (``kb.practices.filter_values``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kb.messages import N_


@dataclass(frozen=True)
class FilterField:
    """A property of items that searches filter by and count.

    ``name``: URL parameter, key in JSON and, unless ``payload`` is set, key in the index.
    ``vocabulary``: list with the labels of its values; if empty, the page has the labels.
    """

    name: str
    heading: str
    description: str
    """Text for the API documentation."""
    vocabulary: str = ""
    payload: str = ""
    is_range: bool = False
    """A number with lower and upper bound, parameters ``<name>_from`` and ``<name>_to``."""
    of_passage: bool = False
    """Each passage has its own value, which may differ from the item's."""
    of_practices: bool = False
    """Only practices have values."""
    of_projects: bool = False
    """Projects give the values, their own or those of practices that they take up."""

    @property
    def key(self) -> str:
        """Key in the payload of the index."""
        return self.payload or self.name


FILTERS = (
    FilterField("kind", N_("Kind"), "`practice`, `document` or `project`."),
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
    FilterField(
        "taken_up",
        N_("Taken up"),
        "`italy`: another body in Italy has taken it up, by the card or by a public project.",
        of_practices=True,
        of_projects=True,
    ),
    FilterField(
        "measured_here",
        N_("Measured here"),
        "`yes`: a public project has measured a result of the card again, and it was checked.",
        of_practices=True,
        of_projects=True,
    ),
    FilterField(
        "stage",
        N_("Stage"),
        "Of projects: idea, understand, adapt, run, measured, stopped.",
        of_projects=True,
    ),
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
    """At least one of the values. An empty set matches nothing."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """A number between the bounds, inclusive; ``None`` means unbounded."""

    low: int | None = None
    high: int | None = None


Conditions = Mapping[str, AnyOf | Between]
"""Conditions by name of the filter. Filters that are not named are not applied."""

Choice = Iterable[str] | tuple[int | None, int | None]


def choose(**choices: Choice) -> Conditions:
    """Conditions from values, or from a pair of bounds for a range; empty choices are left out.

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
