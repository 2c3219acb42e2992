"""The passages that a card is indexed as: their headings, and where their words stand on its page.

The one table that the indexed text, the search and the pages read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.messages import N_


@dataclass(frozen=True)
class CardPassage:
    """``name`` is the field's in JSON. ``heading`` and ``heading_en`` are those of the indexed
    passages, ``heading_en`` empty where the card has no English words for the field. ``label`` is
    the field's name on screens. The section of the card's page has the id ``<section>-title``.
    ``is_field``: not told by the story."""

    name: str
    heading: str
    heading_en: str
    section: str
    label: str
    is_field: bool = False

    @property
    def anchor(self) -> str:
        return f"#{self.section}-title"


SUMMARY = CardPassage("brief", "In breve", "Summary", "brief", N_("In brief"))
PROBLEM = CardPassage("problem", "Problema", "", "problem", N_("Problem"))
SOLUTION = CardPassage("solution", "Soluzione", "", "solution", N_("Solution"))
RESULTS = CardPassage("results", "Risultati", "Results", "results", N_("Measured results"))
COSTS = CardPassage("costs", "Costi", "Costs", "costs", N_("Costs and funding"))
RESOURCES = CardPassage("resources", "Risorse", "", "resources", N_("Resources"))
CONDITIONS = CardPassage("conditions", "Condizioni", "", "conditions", N_("Conditions"))
LIMITS = CardPassage("limits", "Limiti", "", "limits", N_("Limits"))
LESSONS = CardPassage("lessons", "Lezioni", "", "lessons", N_("Lessons"))
PLACE = CardPassage("place", "Luogo e attori", "", "place", N_("Place and actors"), is_field=True)
ADOPTIONS = CardPassage(
    "adopted", "Chi l'ha adottata", "", "adopted", N_("Adopted by"), is_field=True
)
KEYWORDS = CardPassage("keywords", "Parole chiave", "", "keywords", N_("Keywords"), is_field=True)
NOTES = CardPassage(
    "notes", "Note ai risultati", "", "results", N_("Notes on the results"), is_field=True
)
TRANSFER = CardPassage(
    "transfer", "Per riprenderla", "", "transfer", N_("To take it over"), is_field=True
)

CARD_PASSAGES = (
    SUMMARY, PROBLEM, SOLUTION, RESULTS, COSTS, RESOURCES, CONDITIONS, LIMITS, LESSONS,
    PLACE, ADOPTIONS, KEYWORDS, NOTES, TRANSFER,
)  # fmt: skip
"""In the order in which a card is indexed."""

STORY = {
    row.section: row.heading for row in (PROBLEM, SOLUTION, RESOURCES, CONDITIONS, LIMITS, LESSONS)
}
"""Heading in the file of each section of the story, by field, in order."""

BY_HEADING: Mapping[str, CardPassage] = {
    heading: row for row in CARD_PASSAGES for heading in (row.heading, row.heading_en) if heading
}
FIELD_HEADINGS = frozenset(row.heading for row in CARD_PASSAGES if row.is_field)
