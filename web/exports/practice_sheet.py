"""A practice as a paper of a page or two: place, figures, cost, sources, address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kb.citations.csl import of_source
from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices.practice import Practice
from kb.vocabulary.vocabularies import label
from web.exports.practice_blocks import NumberedSources, PracticeBlocks
from web.presenters.story import STORY_HEADINGS
from web.presenters.tiles import place_facts
from web.presenters.transfer import say_period, say_reading, say_status
from web.printing.paper import (
    Block,
    Citations,
    Facts,
    Paper,
    PaperHeading,
    PaperParagraph,
    Text,
    WebAddress,
)
from web.rendering.i18n import Locale
from web.rendering.markdown import plain_text
from web.rendering.titles import summary_of, title_of, where

SECTIONS = ("problem", "solution", "conditions", "limits")
"""Of the story, those that a sheet has room for."""


def practice_sheet(practice: Practice, reader: Locale, address: str, today: date) -> Paper:
    """``address`` is that of the practice on the site."""
    say = reader.gettext
    sources = NumberedSources()
    written = PracticeBlocks(reader, sources)
    for one in practice.sources:
        sources.number(of_source(practice, one))
    summary = summary_of(practice, reader)
    blocks: list[Block] = [
        PaperParagraph(summary.text, summary.language),
        Facts(list(_facts(practice, reader))),
        *map(_raise_heading, (*written.results(practice), *written.costs(practice))),
    ]
    for name in SECTIONS:
        if text := plain_text(getattr(practice, name)):
            blocks.append(PaperHeading(say(STORY_HEADINGS[name]), 1))
            blocks.append(PaperParagraph(text, CARD_LANGUAGE))
    if transfer := written.transfer(practice):
        blocks += [PaperHeading(say(N_("To take it up")), 1), *transfer]
    blocks += [
        PaperHeading(say(N_("Sources")), 1),
        Citations(sources.texts),
        PaperParagraph(say_reading(practice, reader), small=True),
        WebAddress(say(N_("The whole card, with its history:")), address),
    ]
    title = title_of(practice, reader).text
    return Paper(title, "", reader.code, blocks, kind=say(N_("Practice sheet")), day=today)


def _facts(practice: Practice, reader: Locale) -> Iterator[tuple[str, Text]]:
    say = reader.gettext
    yield say(N_("Place")), where(practice.place.name, practice.place.country, reader)
    yield from place_facts(practice.place, reader)[:3]
    yield say(N_("Years")), f"{say_period(practice, reader)} · {say_status(practice, reader)}"
    yield say(N_("Outcome")), label("outcomes", practice.outcome.value, reader.code)
    themes = (label("themes", theme, reader.code) for theme in practice.themes)
    yield say(N_("Themes")), ", ".join(themes)


def _raise_heading(block: Block) -> Block:
    """Headings of tables stand at the top level of a sheet."""
    return PaperHeading(block.text, 1) if isinstance(block, PaperHeading) else block
