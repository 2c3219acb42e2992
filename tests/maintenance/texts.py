"""A few texts in four languages, and how they come into a base."""

from __future__ import annotations

import io

from ingest.submit import submit
from ingest.worker import Worker
from kb.runtime.services import Services

TEXTS = {
    "mill.md": "# The mill of Radicofani\n\nThe old mill was restored in 2012 by eleven families."
    "\n\n# Results\n\nBread of local flour rose from 4 % to 31 % of what the village eats.",
    "bus.md": "# Autobus a chiamata\n\nIl servizio a chiamata portò 4.200 passeggeri nel 2019.",
    "school.md": "# Die Dorfschule\n\nDie Schule blieb offen, weil drei Gemeinden den Bus teilen.",
    "energy.txt": "The energy community of Magliano sells 210 MWh a year to its forty members.",
}
QUESTIONS = (
    "Quanto pane si fa con farina del posto?",
    "on-demand bus passengers",
    "How many members has the energy community?",
)
LONG = "\n\n".join(
    f"In year {year} the cooperative planted {year - 1900} chestnut trees above the village, "
    f"and {year % 7} families opened a workshop that makes furniture of their wood."
    for year in range(1990, 2010)
)


def fill(services: Services) -> dict[str, str]:
    """Ingest the texts; returns their items' ids by name."""
    ids = {
        name: submit(services, io.BytesIO(text.encode()), name).id for name, text in TEXTS.items()
    }
    Worker(services).run_until_idle()
    return ids
