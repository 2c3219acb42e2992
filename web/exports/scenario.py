"""A scenario on a paper: its sentences and the table of what is behind them."""

from __future__ import annotations

from kb.messages import N_
from web.presenters.scenarios import ScenarioLine, ScenarioView
from web.printing.paper import Block, PaperHeading, PaperParagraph, PaperTable
from web.rendering.i18n import Locale


def blocks_of(shown: ScenarioView, reader: Locale) -> list[Block]:
    """Heading, sentences, table."""
    heading = f"{reader.gettext(N_('If it held here too'))}: {shown.label}"
    said = [PaperParagraph(sentence) for sentence in shown.summary]
    return [
        PaperHeading(heading),
        *said,
        PaperParagraph(shown.no_forecast),
        table_of(shown, reader),
    ]


def table_of(shown: ScenarioView, reader: Locale) -> PaperTable:
    say = reader.gettext
    header = [
        say(N_("Practice or project here")),
        say(N_("Before")),
        say(N_("After")),
        say(N_("Years")),
        say(N_("Change since before")),
        say(N_("On your value")),
        say(N_("Reliability")),
    ]
    compared = any(one.likeness for one in shown.lines)
    if compared:
        header.append(say(N_("Likeness")))
    rows = [
        [
            f"{one.title}, {one.place}",
            one.baseline or None,
            one.value,
            one.years or None,
            _change(one),
            one.applied or None,
            one.evidence,
            *([one.likeness or None] if compared else []),
        ]
        for one in shown.lines
    ]
    widths = (2, 0.9, 0.9, 0.8, 0.9, 0.9, 0.8, *((1.2,) if compared else ()))
    return PaperTable(header, rows, missing="–", widths=widths)


def _change(line: ScenarioLine) -> str:
    return line.change or line.why
