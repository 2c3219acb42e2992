"""An issue as a paper for print: A4 with cover, two columns, a QR code for each entry."""

from __future__ import annotations

from collections.abc import Iterator

from kb.messages import N_
from kb.periodical.texts import EntryKind
from kb.storage.collections import Collection
from web.exports.issue_mail import WITHDRAWN
from web.presenters.cover_drawing import draw_cover
from web.presenters.issue_texts import EntryFate, IssueEntry, ShownIssue
from web.printing.paper import (
    Block,
    Bullets,
    Paper,
    PaperHeading,
    PaperParagraph,
    WebAddress,
)
from web.rendering.i18n import Locale
from web.rendering.markdown import plain_text

COLUMNS = 2
FATES = {
    EntryFate.REMOVED: N_(
        "Removed from the knowledge base since; this is what the issue said of it."
    ),
    EntryFate.CHANGED: N_("Changed since; this is what the issue said of it."),
}


def issue_paper(shown: ShownIssue, collection: Collection, site: str, reader: Locale) -> Paper:
    """The paper. ``reader``: of the language that the issue is written in."""
    texts, say = shown.texts, reader.gettext
    number = say(N_("Issue {number}")).format(number=texts.number)
    return Paper(
        title=texts.title,
        subtitle=f"{number} · {reader.date(texts.dated)}",
        language=reader.code,
        blocks=[
            PaperHeading(say(N_("Editorial"))),
            *_paragraphs(texts.editorial),
            *(block for section in _sections(shown, site, reader) for block in section),
            WebAddress(say(N_("This issue on the site")), f"{site}/magazine/{texts.number}"),
        ],
        cover=draw_cover(collection.id, collection.cover).encode(),
        cover_alt=number,
        kind=say(N_("Magazine")),
        day=texts.dated,
        columns=COLUMNS,
    )


def _sections(shown: ShownIssue, site: str, reader: Locale) -> Iterator[list[Block]]:
    for section in shown.sections:
        yield [
            PaperHeading(section.title or reader.gettext(N_("In this issue"))),
            *_paragraphs(section.text),
            *(block for entry in section.entries for block in _entry(entry, site, reader)),
        ]


def _entry(entry: IssueEntry, site: str, reader: Locale) -> Iterator[Block]:
    texts = entry.texts
    if entry.seen is EntryFate.WITHDRAWN:
        yield PaperParagraph(reader.gettext(WITHDRAWN), small=True)
        return
    if texts.kind is EntryKind.NOTE:
        yield from _paragraphs(texts.note)
        return
    yield PaperHeading(texts.title, 2, _foreign(texts.language, reader))
    if texts.lead:
        yield PaperParagraph(texts.lead, small=True)
    yield from _paragraphs(texts.note)
    if texts.summary:
        yield PaperParagraph(texts.summary)
    if texts.facts:
        yield Bullets([f"{fact.label}: {fact.value}" for fact in texts.facts])
    if entry.seen in FATES:
        yield PaperParagraph(reader.gettext(FATES[entry.seen]), small=True)
    if entry.seen is not EntryFate.REMOVED:
        yield WebAddress(texts.title, site + texts.path)


def _foreign(language: str, reader: Locale) -> str:
    return "" if language == reader.code else language


def _paragraphs(text: str) -> list[Block]:
    return [PaperParagraph(line) for line in plain_text(text).splitlines() if line.strip()]
