"""A practice on a paper: facts, figures, costs, whom to ask, with numbers of sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kb.citations.csl import Reference, of_source, sentence
from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices.practice import EvidenceLevel, Practice
from kb.vocabulary.vocabularies import label
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
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperTable,
    Piece,
    Text,
)
from web.rendering.i18n import Locale
from web.rendering.titles import summary_of, where


@dataclass
class NumberedSources:
    """Sources numbered from 1 in order of first reference."""

    cited: dict[tuple[str, str], int] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)

    def number(self, item: Reference) -> int:
        key = (str(item["title"]), str(item.get("URL", "")))
        if key not in self.cited:
            self.cited[key] = len(self.cited) + 1
            self.texts.append(cite(item))
        return self.cited[key]


class PracticeBlocks:
    """Writes practices in the reader's language; ``sources`` counts what they cite."""

    def __init__(self, reader: Locale, sources: NumberedSources) -> None:
        self.reader, self.sources = reader, sources

    def all_of(self, practice: Practice) -> list[Block]:
        """What a dossier says of it."""
        reader = self.reader
        summary = summary_of(practice, reader)
        period = f"{say_period(practice, reader)} · {say_status(practice, reader)}"
        outcome = label("outcomes", practice.outcome.value, reader.code)
        place = where(practice.place.name, practice.place.country, reader)
        blocks: list[Block] = [
            PaperParagraph(" · ".join((place, period, outcome))),
            PaperParagraph(summary.text, summary.language),
        ]
        blocks += self.results(practice)
        blocks += self.costs(practice)
        blocks += self.transfer(practice)
        numbers = [self.sources.number(of_source(practice, one)) for one in practice.sources]
        sources = ", ".join(f"[{number}]" for number in numbers)
        blocks.append(PaperParagraph(f"{reader.gettext(N_('Sources'))}: {sources}"))
        blocks.append(PaperParagraph(say_reading(practice, reader)))
        return blocks

    def results(self, practice: Practice) -> list[Block]:
        """Tables of what was achieved and of what was only expected."""
        figures = [figure(result, self.reader) for result in practice.results]
        achieved = [one for one in figures if one.result.achieved]
        hoped = [one for one in figures if not one.result.achieved]
        blocks = self._table(practice, achieved, N_("Measured results"))
        blocks += self._table(practice, hoped, N_("Expected, not achieved"))
        if not achieved and practice.results_note:
            blocks.append(PaperParagraph(practice.results_note, CARD_LANGUAGE))
        return blocks

    def transfer(self, practice: Practice) -> list[Block]:
        """Time to the first result, whom to ask, what can be reused; nothing if unknown."""
        say, blocks = self.reader.gettext, list[Block]()
        if duration := say_duration(practice, self.reader):
            blocks.append(PaperParagraph(f"{say(N_('Time to the first result'))}: {duration}."))
        for asked in practice.contact:
            words = f"{say(N_('Whom to ask'))}: {asked.office}. "
            links: list[Piece] = [words]
            if asked.email:
                links.append(PaperLink(asked.email, f"mailto:{asked.email}"))
            if asked.url:
                links += [", "] if asked.email else []
                links.append(PaperLink(asked.url, asked.url))
            blocks.append(PaperParagraph(links))
        for text in practice.reuse:
            words = f"{label('reuses', text.kind, self.reader.code)}: {text.title}"
            licence = f" ({text.licence})" if text.licence else ""
            blocks.append(PaperParagraph((f"{words}{licence}. ", PaperLink(text.url, text.url))))
        return blocks

    def costs(self, practice: Practice) -> list[Block]:
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


def cite(item: Reference) -> Text:
    """The reference as a sentence that ends with its address."""
    before, title, after = sentence(item)
    words = f"{before}. {title}. " if before else f"{title}. "
    url = item.get("URL", "")
    return (
        [words + after.removesuffix(url).strip(), " ", PaperLink(url, url)]
        if url
        else words + after
    )
