"""A transfer worksheet as a paper: counts of answers, conditions with answers and notes."""

from __future__ import annotations

from collections.abc import Sequence

from kb.messages import N_
from kb.places.municipalities import find
from kb.storage.worksheets import Worksheet
from web.exports.scenario import blocks_of
from web.presenters.scenarios import ScenarioView
from web.presenters.worksheets import ANSWERS, PARTS, count_answers, group_conditions
from web.printing.paper import Block, Bullets, Paper, PaperHeading, PaperParagraph, PaperTable
from web.rendering.i18n import Locale


def paper(
    worksheet: Worksheet,
    practice_title: str,
    reader: Locale,
    scenarios: Sequence[ScenarioView] = (),
) -> Paper:
    say = reader.gettext
    place = find(worksheet.municipality)
    name = place.name if place else worksheet.municipality
    blocks: list[Block] = []
    if worksheet.conclusion:
        blocks += [PaperHeading(say(N_("Conclusion"))), PaperParagraph(worksheet.conclusion)]
    said = (
        f"{say(ANSWERS[answer])}: {count}" for answer, count in count_answers(worksheet).items()
    )
    blocks += [PaperHeading(say(N_("In short"))), Bullets(list(said))]
    header = [say(N_("Condition")), say(N_("Here")), say(N_("Note"))]
    for part, listed in group_conditions(worksheet).items():
        rows = [[one.text, say(ANSWERS[one.answer]), one.note or None] for one in listed]
        blocks += [
            PaperHeading(say(PARTS[part])),
            PaperTable(header, rows, missing="–", widths=(2, 0.6, 1.4)),
        ]
    for shown in scenarios:
        blocks += blocks_of(shown, reader)
    blocks.append(
        PaperParagraph(
            say(N_("Filled in by people. This document is not an assessment of transferability."))
        )
    )
    title = say(N_("Transfer worksheet: {practice}")).format(practice=practice_title)
    subtitle = f"{name} · {reader.date(worksheet.updated_at)}"
    return Paper(title, subtitle, reader.code, blocks)
