"""Tiles of practices, documents and projects, and figures, in the reader's language and format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices import figures as figures_in_words
from kb.practices.practice import Cost, MeasuredResult, Practice, PracticePlace
from kb.projects.project import Project
from kb.storage.pictures import PracticePicture
from kb.storage.projects import ProjectRow
from kb.storage.tables import Document, Item, PracticeRow
from kb.vocabulary.vocabularies import label
from web.presenters.jobs import STATES as ITEM_STATES
from web.presenters.queries.pictures import pictures_of
from web.rendering.i18n import Locale
from web.rendering.names import STAGES
from web.rendering.titles import summary_of, title_of


@dataclass(frozen=True)
class Figure:
    """A measured result for display. ``value_language`` is that of a value in words.

    ``bars``: baseline and value as shares (0..1) of the larger; None where there is nothing to
    compare, or a value below zero.
    ``share``: the count behind a share; ``comparison``: the value elsewhere, and where.
    ``before`` and ``compared`` are baseline and comparison in words, for wherever the figure is not
    in a table; empty if unknown.
    """

    indicator: str
    indicator_language: str
    value: str
    value_language: str
    baseline: str
    baseline_year: int | None
    year: int | None
    bars: tuple[float, float] | None
    result: MeasuredResult
    share: str = ""
    comparison: str = ""
    before: str = ""
    compared: str = ""

    @property
    def amount(self) -> str:
        """The value with the count behind a share and its year."""
        share = f" ({self.share})" if self.share else ""
        return f"{self.value}{share}" + (f" ({self.year})" if self.year else "")

    @property
    def in_words(self) -> str:
        """What papers and tables say of it: value, baseline, comparison."""
        return "; ".join(said for said in (self.amount, self.before, self.compared) if said)


@dataclass(frozen=True)
class Price:
    """A cost for display: ``amount`` with its year, and what it paid for, in ``language``."""

    kind: str
    amount: str
    text: str
    language: str
    cost: Cost

    @property
    def sentence(self) -> str:
        return f"{self.amount} — {self.text}" if self.amount else self.text


@dataclass(frozen=True)
class ProjectCard:
    """``practices``: titles of those that it takes up and everybody may see."""

    id: str
    title: str
    language: str
    place: str
    stage: str
    stage_label: str
    lead: str
    practices: tuple[str, ...]
    seeks: tuple[str, ...]
    seeks_lead: bool
    stopped_because: str
    themes: tuple[str, ...]


@dataclass(frozen=True)
class PracticeCard:
    id: str
    title: str
    summary: str
    language: str
    place: str
    country: str
    years: str
    outcome: str
    themes: tuple[str, ...]
    highlight: Figure | None
    picture: PracticePicture | None = None


@dataclass(frozen=True)
class DocumentCard:
    id: str
    title: str
    language: str
    authors: tuple[str, ...]
    publisher: str
    year: int | None
    page_count: int
    state: str


def figure(result: MeasuredResult, reader: Locale) -> Figure:
    language = figure_language(reader)
    value = figures_in_words.value_of(result, language)
    baseline = figures_in_words.baseline_of(result, language)
    comparison = figures_in_words.comparison_of(result, language)
    since = f" ({result.baseline_year})" if result.baseline_year else ""
    return Figure(
        indicator=figures_in_words.indicator_of(result, language),
        indicator_language=language,
        value=value.text,
        value_language=value.language,
        baseline=baseline,
        baseline_year=result.baseline_year,
        year=result.year,
        bars=_compare_bars(result.baseline, result.value),
        result=result,
        share=figures_in_words.share_of(result, language),
        comparison=comparison,
        before=_say(N_("before: {value}"), baseline + since, reader) if baseline else "",
        compared=_say(N_("compared with {value}"), comparison, reader) if comparison else "",
    )


def _say(words: str, value: str, reader: Locale) -> str:
    return reader.gettext(words).format(value=value)


def _compare_bars(before: float | None, after: float | None) -> tuple[float, float] | None:
    if before is None or after is None or min(before, after) < 0 or max(before, after) == 0:
        return None
    largest = max(before, after)
    return before / largest, after / largest


def price(cost: Cost, reader: Locale) -> Price:
    language = figure_language(reader)
    text = figures_in_words.cost_text_of(cost, language)
    amount = figures_in_words.cost_of(cost, language)
    return Price(
        kind=label("costs", cost.kind, reader.code),
        amount=amount or (f"({cost.year})" if cost.year else ""),
        text=text.text,
        language=text.language,
        cost=cost,
    )


def figure_language(reader: Locale) -> str:
    """The language of a figure's texts: English for an English reader, else the card's."""
    return "en" if reader.code == "en" else CARD_LANGUAGE


def highlight(results: Iterable[MeasuredResult], reader: Locale) -> Figure | None:
    """The first achieved result; expected results and targets are never used."""
    achieved = (result for result in results if result.achieved)
    return next((figure(result, reader) for result in achieved), None)


def figures(results: Iterable[MeasuredResult], reader: Locale) -> list[Figure]:
    return [figure(result, reader) for result in results]


def practice_card(practice: Practice, reader: Locale) -> PracticeCard:
    title, summary = title_of(practice, reader), summary_of(practice, reader)
    return PracticeCard(
        id=practice.id,
        title=title.text,
        summary=summary.text,
        language=title.language,
        place=practice.place.name,
        country=practice.place.country,
        years=f"{practice.start}–{practice.end or ''}",
        outcome=practice.outcome.value,
        themes=practice.themes,
        highlight=highlight(practice.results, reader),
    )


def document_card(document: Document, reader: Locale) -> DocumentCard:
    return DocumentCard(
        id=document.id,
        title=document.title,
        language=document.language,
        authors=tuple(document.authors),
        publisher=document.publisher,
        year=document.year,
        page_count=document.page_count,
        state=reader.gettext(ITEM_STATES[document.status]),
    )


def project_card(row: ProjectRow, reader: Locale) -> ProjectCard:
    project = Project.model_validate(row.record)
    return ProjectCard(
        id=row.id,
        title=row.title,
        language=row.language,
        place=project.place_name,
        stage=row.stage.value,
        stage_label=reader.gettext(STAGES[row.stage]),
        lead=project.lead_body,
        practices=tuple(one.title for one in row.practice_rows if one.title),
        seeks=project.seeks,
        seeks_lead=project.seeks_lead,
        stopped_because=project.stopped_because,
        themes=project.themes,
    )


def card(item: Item, reader: Locale) -> PracticeCard | DocumentCard | ProjectCard:
    match item:
        case ProjectRow():
            return project_card(item, reader)
        case PracticeRow():
            return practice_card(Practice.model_validate(item.record), reader)
        case Document():
            return document_card(item, reader)
    raise TypeError(item.kind)


def cards_of(
    session: Session, items: Iterable[Item], reader: Locale
) -> list[PracticeCard | DocumentCard | ProjectCard]:
    """The cards of items in their order, those of practices with their pictures."""
    made = [card(item, reader) for item in items]
    pictures = pictures_of(session, [one.id for one in made if isinstance(one, PracticeCard)])
    return [
        replace(one, picture=pictures.get(one.id)) if isinstance(one, PracticeCard) else one
        for one in made
    ]


def place_facts(place: PracticePlace, reader: Locale) -> list[tuple[str, str]]:
    """Known facts of a place as (label, value) pairs."""
    say = reader.gettext
    population = "" if place.population is None else reader.number(place.population)
    if population and place.population_year:
        population += f" ({place.population_year})"
    rows = [
        (N_("Region"), place.region),
        (N_("Residents"), population),
        (N_("Residents per km²"), "" if place.density is None else reader.number(place.density)),
        (N_("Elevation"), "" if place.elevation_m is None else f"{place.elevation_m} m"),
        (N_("Degree of urbanisation"), say(DEGURBA[place.degurba]) if place.degurba else ""),
        (N_("Territory"), _term("territories", place.territory, reader)),
        (N_("Population trend"), _term("trends", place.trend, reader)),
        (N_("Economy"), _term("economies", place.economy, reader)),
        (N_("Run by"), _term("governances", place.governance, reader)),
    ]
    return [(say(name), value) for name, value in rows if value]


DEGURBA = {1: N_("City"), 2: N_("Town or suburb"), 3: N_("Rural area")}


def _term(vocabulary: str, value: str | None, reader: Locale) -> str:
    return label(vocabulary, value, reader.code) if value else ""
