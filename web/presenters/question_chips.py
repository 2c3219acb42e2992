"""Links that take away what a question is limited to and that no list of values shows."""

from __future__ import annotations

from kb.messages import N_
from kb.places import activities, municipalities
from kb.places.municipalities import Place
from search.results import ResultPage
from web.presenters.asked_place import label_place, label_traits
from web.presenters.listing import FilterChip, Parameters, build_address, without_parameter
from web.rendering.i18n import Locale


def build_place_chips(
    path: str, reader: Locale, page: ResultPage, parameters: Parameters
) -> tuple[FilterChip, ...]:
    """The chips of the place that the question names, and of what else it says of places and costs;
    without them, these are words. ``path``: of the page of results."""
    if page.place is None:
        return ()
    labels = {"where": label_place(page.place, reader), "traits": label_traits(page.place, reader)}
    return tuple(
        FilterChip(label, build_address(path, [*parameters, (name, "any")]))
        for name, label in labels.items()
        if label
    )


def build_other_chips(
    path: str, reader: Locale, parameters: Parameters, own: Place | None
) -> tuple[FilterChip, ...]:
    """Chips of filters without a list of values: years, municipality and activity. The reader's own
    municipality has none: it is changed where it was chosen."""
    kept = ("place", own.istat_code) if own else None
    wordings = {
        "year_from": N_("from {value}"),
        "year_to": N_("to {value}"),
        "place": N_("compared with {value}"),
        "ateco": N_("compared with {value}"),
        "where": N_("anywhere"),
        "traits": N_("any size, land and cost"),
        "far": N_("less near ones too"),
    }
    return tuple(
        FilterChip(
            reader.gettext(wordings[name]).format(value=_label_value(name, value)),
            build_address(path, without_parameter(parameters, name, value)),
        )
        for name, value in parameters
        if name in wordings and (name, value) != kept
    )


def _label_value(name: str, value: str) -> str:
    match name:
        case "place":
            place = municipalities.find(value)
            return place.name if place else value
        case "ateco":
            activity = activities.activity(value)
            return activity.title if activity else value
    return value
