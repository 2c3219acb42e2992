"""Read and write a municipality as people type it."""

from __future__ import annotations

from kb.messages import N_, PermanentError
from kb.places import municipalities
from kb.places.municipalities import Place

PROPOSED = 12
"""Municipalities proposed for what was typed."""


def name_place(place: Place) -> str:
    return f"{place.name} ({place.province})"


def read_place_code(typed: str) -> str | None:
    """The ISTAT code for a code, a name, or a name with its province.

    Raises:
        PermanentError: no municipality has the name, or several have.
    """
    typed = typed.strip()
    if not typed:
        return None
    if place := municipalities.find(typed):
        return place.istat_code
    name, _, province = typed.removesuffix(")").partition(" (")
    found = [
        place
        for place in municipalities.search(name, PROPOSED)
        if place.name.casefold() == name.casefold() and province in ("", place.province)
    ]
    if len(found) == 1:
        return found[0].istat_code
    if found:
        several = ", ".join(name_place(place) for place in found)
        raise PermanentError(N_("Several municipalities are called so: {names}."), names=several)
    raise PermanentError(
        N_("There is no municipality “{name}”: choose one of those proposed, or give its code."),
        name=typed[:100],
    )
