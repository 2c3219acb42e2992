"""The record of who has completed a training path, as a paper."""

from __future__ import annotations

from kb.messages import N_
from kb.storage.paths import PathRecord
from web.printing.paper import Block, Bullets, Paper, PaperHeading, PaperLink, PaperParagraph
from web.rendering.i18n import Locale


def record_paper(record: PathRecord, address: str, reader: Locale) -> Paper:
    """``address`` verifies the record."""
    say = reader.gettext
    blocks: list[Block] = [
        PaperParagraph(say(N_("{name} has completed the path:")).format(name=record.name)),
        PaperParagraph(record.title),
    ]
    if record.hours:
        hours = reader.number(record.hours)
        blocks.append(PaperParagraph(say(N_("Hours: {hours}")).format(hours=hours)))
    blocks += [
        PaperHeading(say(N_("Units"))),
        Bullets([unit["title"] for unit in record.units]),
        PaperParagraph(
            [f"{say(N_('This address verifies the record:'))} ", PaperLink(address, address)]
        ),
    ]
    subtitle = say(N_("{day}, revision {revision} of the path")).format(
        day=reader.date(record.passed_at), revision=record.revision
    )
    return Paper(say(N_("Record of completion")), subtitle, reader.code, blocks)
