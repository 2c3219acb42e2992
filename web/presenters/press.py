"""What a page for the media says of a practice or an issue: its own words, its figures with their
sources, pictures with their licences, texts to share. Nothing is written anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.periodical.texts import EntryKind, EntryTexts
from kb.practices.practice import MeasuredResult, Practice
from kb.practices.quotations import page_number
from kb.storage.collections import CollectionImage
from kb.storage.periodical import Issue
from kb.storage.pictures import PracticePicture
from kb.vocabulary.vocabularies import label
from web.presenters import queries
from web.presenters.issue_texts import STOPPED, EntryFate, ShownIssue
from web.presenters.share_texts import ShareTexts, write_for_issue, write_for_practice
from web.presenters.story import STORY_HEADINGS
from web.presenters.tiles import Figure, figures
from web.presenters.transfer import say_period, say_status
from web.rendering.i18n import Locale, load_locales
from web.rendering.markdown import plain_text
from web.rendering.titles import summary_of, title_of, where

SECOND_PARAGRAPHS = ("solution", "problem", "lessons", "resources", "conditions", "limits")
"""Sections of the story of which the first that is not empty follows the summary."""


@dataclass(frozen=True)
class PressParagraph:
    """``origin``: which part of the card or issue it is."""

    text: str
    language: str
    origin: str


@dataclass(frozen=True)
class PressFigure:
    """A figure with its source. ``here``: the cited page in this base, if everybody may read it.
    ``removed``: when that document was removed; ``about``: the practice it is of, on an issue's
    page."""

    shown: Figure
    publisher: str
    title: str
    language: str
    year: int | None
    page: str
    url: str
    here: str
    removed: datetime | None
    about: EntryTexts | None = None


@dataclass(frozen=True)
class PressPicture:
    """``licence`` is empty where nobody has said it."""

    path: str
    alt: str
    author: str
    licence: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class PressSheet:
    """``measured``: checked values of projects in an issue, as it says them. ``dropped``: figures
    of an issue that its cards no longer say."""

    title: str
    language: str
    lead: str
    address: str
    paragraphs: tuple[PressParagraph, ...]
    figures: tuple[PressFigure, ...]
    pictures: tuple[PressPicture, ...]
    share: ShareTexts
    measured: tuple[EntryTexts, ...] = ()
    dropped: int = 0


def press_of_practice(
    session: Session, practice: Practice, reader: Locale, address: str, licence: str
) -> PressSheet:
    """``practice`` without what the reader may not see; ``address``: its page on the site."""
    title, summary = title_of(practice, reader), summary_of(practice, reader)
    place = where(practice.place.name, practice.place.country, reader)
    period = f"{say_period(practice, reader)} · {say_status(practice, reader)}"
    outcome = label("outcomes", practice.outcome.value, reader.code)
    paragraphs = [
        PressParagraph(summary.text, summary.language, reader.gettext(N_("Summary"))),
        *_story_paragraph(practice, reader),
    ]
    shown = figures((one for one in practice.results if one.achieved), reader)
    cited = _cite(session, practice, shown)
    picture = queries.find_picture(session, practice.id)
    return PressSheet(
        title=title.text,
        language=title.language,
        lead=f"{place} · {period} · {outcome}",
        address=address,
        paragraphs=tuple(paragraphs),
        figures=tuple(cited),
        pictures=(_picture(practice.id, picture),) if picture else (),
        share=write_for_practice(practice, shown, reader, address, licence),
    )


def press_of_issue(
    session: Session, issue: Issue, shown: ShownIssue, reader: Locale, address: str, licence: str
) -> PressSheet:
    """Of a published issue, for everybody; withdrawn and removed entries are left out."""
    texts = shown.texts
    title = title_of(texts, reader)
    entries = [
        entry.texts
        for section in shown.sections
        for entry in section.entries
        if entry.seen in (EntryFate.SAME, EntryFate.CHANGED)
    ]
    practices = _read_practices(session, entries)
    writer = load_locales().get(texts.language, reader).in_zone(reader.zone)
    cited = [one for text in entries for one in _find_said(session, text, practices, writer)]
    said = sum(len(text.facts) for text in entries if text.kind is EntryKind.PRACTICE)
    number = reader.gettext(N_("Issue {number} · {day}")).format(
        number=texts.number, day=reader.date(texts.dated)
    )
    return PressSheet(
        title=title.text,
        language=title.language,
        lead=number,
        address=address,
        paragraphs=tuple(
            PressParagraph(line, texts.language, reader.gettext(N_("Editorial")))
            for line in plain_text(texts.editorial).split("\n")[:2]
        ),
        figures=tuple(cited),
        pictures=tuple(_pictures_of_issue(session, issue, practices)),
        share=write_for_issue(texts, entries, reader, address, licence),
        measured=tuple(_find_measured(entries, writer)),
        dropped=max(said - len(cited), 0),
    )


def _find_measured(entries: Sequence[EntryTexts], writer: Locale) -> Iterator[EntryTexts]:
    """Projects with their values alone. ``writer``: the locale of the issue's language."""
    for text in entries:
        values = tuple(one for one in text.facts if one.label != writer.gettext(STOPPED))
        if text.kind is EntryKind.PROJECT and values:
            yield text.model_copy(update={"facts": values})


def _story_paragraph(practice: Practice, reader: Locale) -> Iterator[PressParagraph]:
    """The first section that has a text, on one line."""
    for name in SECOND_PARAGRAPHS:
        if text := " ".join(plain_text(getattr(practice, name)).split()):
            yield PressParagraph(text, CARD_LANGUAGE, reader.gettext(STORY_HEADINGS[name]))
            return


def _cite(session: Session, practice: Practice, shown: Sequence[Figure]) -> list[PressFigure]:
    documents = [source.document for source in practice.sources if source.document]
    removed = queries.read_removals(session, documents) if documents else {}
    public = queries.visible_document_ids(session, PUBLIC, documents) - removed.keys()
    return [_cite_one(practice, one, removed, public) for one in shown]


def _cite_one(
    practice: Practice, one: Figure, removed: Mapping[str, datetime], public: Set[str]
) -> PressFigure:
    result = one.result
    source = practice.source(result.source)
    document = source.document or ""
    return PressFigure(
        shown=one,
        publisher=source.publisher,
        title=source.title,
        language=source.language,
        year=source.year,
        page=result.page,
        url=source.url or "",
        here=_page_path(document, result) if document in public else "",
        removed=removed.get(document),
    )


def _page_path(document: str, result: MeasuredResult) -> str:
    number = page_number(result.page)
    if number is None:
        return f"/documents/{document}"
    words = f"?{urlencode({'quote': result.quote}, quote_via=quote)}" if result.quote else ""
    return f"/documents/{document}/pages/{number}{words}"


def _read_practices(session: Session, entries: Sequence[EntryTexts]) -> dict[str, Practice]:
    """The practices of the entries as everybody may see them, by id."""
    keys = [one.key for one in entries if one.kind is EntryKind.PRACTICE]
    found = {key: queries.find_practice(session, PUBLIC, key) for key in keys}
    return {key: one for key, one in found.items() if one is not None}


def _find_said(
    session: Session, text: EntryTexts, practices: Mapping[str, Practice], writer: Locale
) -> Iterator[PressFigure]:
    """The figures of an entry that its card still says in the same words. ``writer``: the locale
    of the issue's language."""
    practice = practices.get(text.key)
    if practice is None:
        return
    said = {(fact.label, fact.value) for fact in text.facts}
    achieved = figures((one for one in practice.results if one.achieved), writer)
    still = [one for one in achieved if (one.indicator, one.in_words) in said]
    for one in _cite(session, practice, still):
        yield PressFigure(**{**vars(one), "about": text})


def _picture(practice_id: str, row: PracticePicture) -> PressPicture:
    path = f"/practices/{practice_id}/picture/large?v={row.sha256[:12]}"
    return PressPicture(path, row.alt, row.author, row.licence, row.width, row.height)


def _pictures_of_issue(
    session: Session, issue: Issue, practices: Mapping[str, Practice]
) -> Iterator[PressPicture]:
    """The cover, if one was uploaded, then the pictures of the practices."""
    cover: CollectionImage | None = issue.collection.image
    if cover is not None:
        path = f"/collections/{issue.collection_id}/cover?v={cover.sha256[:12]}"
        yield PressPicture(path, cover.alt, "", "")
    pictures = queries.pictures_of(session, list(practices))
    for practice_id in practices:
        if practice_id in pictures:
            yield _picture(practice_id, pictures[practice_id])
