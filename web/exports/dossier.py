"""A collection as a paper: argument, items with their measured results, numbered sources."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy.orm import Session

from kb.citations.csl import of_document
from kb.collections.contents import EntryRow, group_rows, list_rows
from kb.messages import N_
from kb.projects.writing import read_project
from kb.storage.collections import Collection, CollectionKind
from kb.storage.projects import ProjectRow
from kb.storage.tables import Document, Item, PracticeRow
from web.exports.practice_blocks import NumberedSources, PracticeBlocks
from web.http.addresses import site_of
from web.http.context import RequestContext
from web.presenters import queries
from web.presenters.cover_drawing import draw_cover
from web.printing.paper import (
    Block,
    Citations,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
)
from web.rendering.markdown import plain_text
from web.rendering.names import STAGES
from web.rendering.titles import title_of

REMOVED = N_("This item was removed from the base.")
HIDDEN = N_("This item is reserved for others: you may not see it.")


def dossier(session: Session, view: RequestContext, collection: Collection, today: date) -> Paper:
    """Build the paper from what the reader may see, in the reader's language where texts have
    it."""
    return _Dossier(session, view, collection).paper(today)


class _Dossier:
    def __init__(self, session: Session, view: RequestContext, collection: Collection) -> None:
        self.session, self.view, self.collection = session, view, collection
        self.reader = view.reader
        self.site = site_of(view.request)
        self.sources = NumberedSources()
        self.practices = PracticeBlocks(view.reader, self.sources)
        self.items = queries.entry_items(session, view.access, collection)
        ids = [entry.item_id for entry in collection.entries]
        self.here = queries.find_existing(session, ids)

    def paper(self, today: date) -> Paper:
        say, row = self.reader.gettext, self.collection
        address = f"{self.site}/collections/{row.id}"
        blocks = [*_paragraphs(row.argument, row.language), *self._contents()]
        blocks += self._groups()
        if self.sources.texts:
            blocks += [PaperHeading(say(N_("Sources"))), Citations(self.sources.texts)]
        blocks.append(
            PaperParagraph((say(N_("This collection on the site: ")), PaperLink(address, address)))
        )
        return Paper(
            title_of(row, self.reader).text,
            self._subtitle(today),
            self.reader.code,
            blocks,
            cover=_cover(row),
            cover_alt=row.image.alt if row.image else "",
            kind=say(N_("Dossier")),
            day=today,
        )

    def _subtitle(self, today: date) -> str:
        row, reader = self.collection, self.reader
        facts = [reader.gettext(N_("Dossier made on {day}")).format(day=reader.date(today))]
        if row.kind is CollectionKind.EVENT:
            days = [reader.date(day) for day in (row.held_on, row.held_until) if day]
            facts = ["–".join(days), row.held_in, row.organiser, *facts]
        return " · ".join(fact for fact in facts if fact)

    def _contents(self) -> list[Block]:
        names = [
            PaperParagraph(f"{number}. {self._name(entry.item_id)}")
            for number, entry in enumerate(self.collection.entries, 1)
        ]
        return [PaperHeading(self.reader.gettext(N_("Contents"))), *names] if names else []

    def _groups(self) -> list[Block]:
        blocks: list[Block] = []
        number = 0
        for group in group_rows(list_rows(self.collection)):
            if group.section:
                blocks.append(PaperHeading(group.section.title, 1, self.collection.language))
                blocks += _paragraphs(group.section.text, self.collection.language)
            for entry in group.entries:
                number += 1
                blocks += self._entry(number, entry)
        return blocks

    def _entry(self, number: int, entry: EntryRow) -> list[Block]:
        item = self.items.get(entry.id)
        language = title_of(item, self.reader).language if item is not None else ""
        foreign = language if language != self.reader.code else ""
        heading = PaperHeading(f"{number}. {self._name(entry.id)}", 2, foreign)
        if item is None:
            return [heading]
        blocks: list[Block] = [heading]
        if entry.note:
            why = self.reader.gettext(N_("Why it is here"))
            note = f"{why}: {plain_text(entry.note)}"
            blocks.append(PaperParagraph(note, self.collection.language))
        if isinstance(item, PracticeRow):
            return blocks + self.practices.all_of(
                queries.read_practices(self.session, self.view.access, [item])[0]
            )
        if isinstance(item, ProjectRow):
            return blocks + self._project(item)
        return blocks + self._document(item)

    def _name(self, item_id: str) -> str:
        item = self.items.get(item_id)
        if item is None:
            return self.reader.gettext(HIDDEN if item_id in self.here else REMOVED)
        return title_of(item, self.reader).text

    def _project(self, item: ProjectRow) -> list[Block]:
        """Place, stage and lead, with the address of its page."""
        project = read_project(item)
        stage = self.reader.gettext(STAGES[project.stage])
        address = f"{self.site}/projects/{item.id}"
        facts = f"{project.place_name}, {project.region} · {stage} · {project.lead_body}. "
        return [PaperParagraph((facts, PaperLink(address, address)))]

    def _document(self, item: Item) -> list[Block]:
        if not isinstance(item, Document):
            return []
        address = f"{self.site}/documents/{item.id}"
        reference = of_document(item, address)
        text: list[str | PaperLink] = [
            f"[{self.sources.number(reference)}] ",
            PaperLink(address, address),
        ]
        return [PaperParagraph(text)]


def _paragraphs(text: str, language: str) -> Iterable[Block]:
    return [
        PaperParagraph(line, language) for line in plain_text(text).splitlines() if line.strip()
    ]


def _cover(row: Collection) -> bytes:
    if row.image is not None:
        return row.image.content
    return draw_cover(row.id, row.cover).encode()
