"""A collection as a paper: argument, items with their measured results, numbered sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from kb.citations.csl import Reference, of_document, of_source, sentence
from kb.collections.contents import EntryRow, group_rows, list_rows
from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices.practice import EvidenceLevel, Practice
from kb.storage.collections import Collection, CollectionKind
from kb.storage.tables import Document, Item, PracticeRow
from kb.vocabulary.vocabularies import label
from web.http.addresses import site_of
from web.http.context import RequestContext
from web.presenters import queries
from web.presenters.cover_drawing import draw_cover
from web.presenters.tiles import Figure, Price, figure, price
from web.presenters.transfer import (
    say_duration,
    say_no_costs,
    say_period,
    say_reading,
    say_status,
)
from web.printing.paper import (
    Block,
    Citations,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperTable,
    Text,
)
from web.rendering.markdown import plain_text
from web.rendering.titles import summary_of, title_of, where

REMOVED = N_("This item was removed from the base.")
HIDDEN = N_("This item is reserved for others: you may not see it.")


@dataclass
class _Sources:
    """Sources numbered from 1 in order of first reference."""

    cited: dict[tuple[str, str], int] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)

    def number(self, item: Reference) -> int:
        key = (str(item["title"]), str(item.get("URL", "")))
        if key not in self.cited:
            self.cited[key] = len(self.cited) + 1
            self.texts.append(_citation(item))
        return self.cited[key]


def dossier(session: Session, view: RequestContext, collection: Collection, today: date) -> Paper:
    """Build the paper from what the reader may see, in the reader's language where texts have
    it."""
    return _Dossier(session, view, collection).paper(today)


class _Dossier:
    def __init__(self, session: Session, view: RequestContext, collection: Collection) -> None:
        self.session, self.view, self.collection = session, view, collection
        self.reader = view.reader
        self.site = site_of(view.request)
        self.sources = _Sources()
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
        heading = PaperHeading(f"{number}. {self._name(entry.id)}", 2)
        item = self.items.get(entry.id)
        if item is None:
            return [heading]
        blocks: list[Block] = [heading]
        if entry.note:
            why = self.reader.gettext(N_("Why it is here"))
            note = f"{why}: {plain_text(entry.note)}"
            blocks.append(PaperParagraph(note, self.collection.language))
        if isinstance(item, PracticeRow):
            return blocks + self._practice(
                queries.read_practices(self.session, self.view.access, [item])[0]
            )
        return blocks + self._document(item)

    def _name(self, item_id: str) -> str:
        item = self.items.get(item_id)
        if item is None:
            return self.reader.gettext(HIDDEN if item_id in self.here else REMOVED)
        return title_of(item, self.reader).text

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

    def _practice(self, practice: Practice) -> list[Block]:
        reader = self.reader
        summary = summary_of(practice, reader)
        period = f"{say_period(practice, reader)} · {say_status(practice, reader)}"
        outcome = label("outcomes", practice.outcome.value, reader.code)
        place = where(practice.place.name, practice.place.country, reader)
        blocks: list[Block] = [
            PaperParagraph(" · ".join((place, period, outcome))),
            PaperParagraph(summary.text, summary.language),
        ]
        figures = [figure(result, reader) for result in practice.results]
        achieved = [one for one in figures if one.result.achieved]
        hoped = [one for one in figures if not one.result.achieved]
        blocks += self._table(practice, achieved, N_("Measured results"))
        blocks += self._table(practice, hoped, N_("Expected, not achieved"))
        if not achieved and practice.results_note:
            blocks.append(PaperParagraph(practice.results_note, CARD_LANGUAGE))
        blocks += self._costs(practice)
        blocks += self._transfer(practice)
        numbers = [self.sources.number(of_source(practice, one)) for one in practice.sources]
        sources = ", ".join(f"[{number}]" for number in numbers)
        blocks.append(PaperParagraph(f"{reader.gettext(N_('Sources'))}: {sources}"))
        blocks.append(PaperParagraph(say_reading(practice, reader)))
        return blocks

    def _transfer(self, practice: Practice) -> list[Block]:
        """Time to the first result, whom to ask, what can be reused; nothing if unknown."""
        say, blocks = self.reader.gettext, list[Block]()
        if duration := say_duration(practice, self.reader):
            blocks.append(PaperParagraph(f"{say(N_('Time to the first result'))}: {duration}."))
        for asked in practice.contact:
            words = f"{say(N_('Whom to ask'))}: {asked.office}"
            reached = asked.url or f"mailto:{asked.email}"
            blocks.append(
                PaperParagraph((f"{words}. ", PaperLink(asked.email or reached, reached)))
            )
        for text in practice.reuse:
            words = f"{label('reuses', text.kind, self.reader.code)}: {text.title}"
            licence = f" ({text.licence})" if text.licence else ""
            blocks.append(PaperParagraph((f"{words}{licence}. ", PaperLink(text.url, text.url))))
        return blocks

    def _costs(self, practice: Practice) -> list[Block]:
        say = self.reader.gettext
        if not practice.costs:
            return [PaperParagraph(f"{say_no_costs(practice, self.reader)}.")]
        prices = [price(cost, self.reader) for cost in practice.costs]
        header = [say(N_("Kind of cost")), say(N_("Amount")), say(N_("Source and evidence"))]
        rows = [[one.kind, one.sentence, self._trust_in_price(practice, one)] for one in prices]
        return [PaperHeading(say(N_("Costs and funding")), 3), PaperTable(header, rows, missing="")]

    def _trust_in_price(self, practice: Practice, one: Price) -> str:
        cost = one.cost
        if cost.source is None:
            return ""
        number = self.sources.number(of_source(practice, practice.source(cost.source)))
        level = label("evidence", cost.evidence, self.reader.code) if cost.evidence else ""
        return f"[{number}] {level}".strip()

    def _table(self, practice: Practice, figures: Sequence[Figure], caption: str) -> list[Block]:
        if not figures:
            return []
        say = self.reader.gettext
        header = [say(N_("Indicator")), say(N_("Value")), say(N_("Source and evidence"))]
        rows = [[one.indicator, one.in_words, self._trust(practice, one)] for one in figures]
        return [PaperHeading(say(caption), 3), PaperTable(header, rows, missing="")]

    def _trust(self, practice: Practice, one: Figure) -> str:
        result = one.result
        number = self.sources.number(of_source(practice, practice.source(result.source)))
        level = label("evidence", result.evidence.value, self.reader.code)
        parts = [f"[{number}] {level}", result.measured_by]
        if result.disagreement and result.evidence is not EvidenceLevel.CONTESTED:
            parts.append(self.reader.gettext(N_("Sources disagree")))
        return "; ".join(part for part in parts if part)


def _paragraphs(text: str, language: str) -> Iterable[Block]:
    return [
        PaperParagraph(line, language) for line in plain_text(text).splitlines() if line.strip()
    ]


def _citation(item: Reference) -> Text:
    before, title, after = sentence(item)
    words = f"{before}. {title}. " if before else f"{title}. "
    url = item.get("URL", "")
    return (
        [words + after.removesuffix(url).strip(), " ", PaperLink(url, url)]
        if url
        else words + after
    )


def _cover(row: Collection) -> bytes:
    if row.image is not None:
        return row.image.content
    return draw_cover(row.id, row.cover).encode()
