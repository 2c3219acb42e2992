"""In what a submitted form about a collection differs from the collection as somebody else saved it
meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.collections.forms import COVERS
from kb.messages import N_
from web.forms.collection import KINDS, STATES, AboutForm
from web.rendering.names import EVENT_TYPES, VISIBILITIES

LABELS: Mapping[str, str] = {
    "title": N_("Title"),
    "title_en": N_("Title in English"),
    "language": N_("Language it is written in"),
    "argument": N_("Argument: why these items stand together, and what they show"),
    "kind": N_("Kind"),
    "event_type": N_("Event"),
    "held_on": N_("First day"),
    "held_until": N_("Last day, if there were several"),
    "begins_at": N_("Hour"),
    "held_in": N_("Place"),
    "organiser": N_("Organised by"),
    "people": N_("People and their part"),
    "programme": N_("Programme"),
    "recordings": N_("Recordings"),
    "licence": N_("Licence of the materials"),
    "places": N_("Places, if people enrol"),
    "enrol_until": N_("Last day to enrol"),
    "hours": N_("Hours of the event or path, for the certificate"),
    "audience": N_("For whom"),
    "outcomes": N_("What one can do afterwards"),
    "cover": N_("Cover"),
    "visibility": N_("Who may see it"),
    "state": N_("State"),
}
"""As the form names its fields, in its order."""
NAMED: Mapping[str, Mapping[str, str]] = {
    name: {str(value): label for value, label in choices.items()}
    for name, choices in (
        ("kind", KINDS), ("event_type", EVENT_TYPES), ("cover", COVERS),
        ("visibility", VISIBILITIES), ("state", STATES),
    )
}  # fmt: skip


@dataclass(frozen=True)
class SavedDifference:
    """``label`` of a field and its ``saved`` value; ``is_named``: a label to be translated."""

    label: str
    saved: str
    is_named: bool = False


def list_saved_differences(saved: AboutForm, typed: AboutForm) -> list[SavedDifference]:
    """The fields in which the saved collection has another value than the submitted form."""
    found = []
    for name, label in LABELS.items():
        value = getattr(saved, name)
        if _plain(value) == _plain(getattr(typed, name)):
            continue
        named = NAMED.get(name, {}).get(value)
        found.append(SavedDifference(label, named or value, named is not None))
    return found


def _plain(value: str) -> str:
    return value.replace("\r\n", "\n").strip()
