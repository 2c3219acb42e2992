"""What researchers are shown of the sources that cards cite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Status
from kb.messages import N_, Message
from kb.practices.cited_sources import (
    HERE,
    NO_ADDRESS,
    QUEUED,
    CardSource,
    list_cited_sources,
    notes_of,
)
from kb.storage.sources import SourceState
from web.rendering.i18n import Locale
from web.rendering.titles import TitleText, title_of

WORDS: Mapping[str, str] = {
    QUEUED: N_("waiting to be asked"),
    SourceState.NOT_ASKED.value: N_("never asked"),
    SourceState.REACHABLE.value: N_("it answers, not fetched"),
    SourceState.FETCHED.value: N_("fetched"),
    SourceState.CHANGED.value: N_("changed since it was read"),
    SourceState.MOVED.value: N_("fetched, but moved"),
    SourceState.ARCHIVED.value: N_("gone, a copy from an archive"),
    SourceState.GONE.value: N_("gone"),
    SourceState.WALL.value: N_("behind a wall"),
    SourceState.ROBOTS.value: N_("refused to programs"),
    SourceState.REFUSED.value: N_("not fetched"),
    SourceState.FAILED.value: N_("did not answer"),
    HERE: N_("uploaded here"),
    NO_ADDRESS: N_("without an address"),
}
"""States of a source as they are shown, in the order of lists."""
TROUBLED = frozenset(
    {
        SourceState.CHANGED.value,
        SourceState.MOVED.value,
        SourceState.GONE.value,
        SourceState.WALL.value,
        SourceState.ROBOTS.value,
        SourceState.REFUSED.value,
        SourceState.FAILED.value,
    }
)
"""States in which a person has something to do."""


@dataclass(frozen=True)
class SourceLine:
    """``state``: code for the style; ``words``: the same for people. ``asked_at``: last visit."""

    practice_id: str
    practice_title: TitleText
    id: str
    title: str
    publisher: str
    language: str
    url: str
    state: str
    words: str
    notes: tuple[str, ...]
    asked_at: datetime | None
    fetched_at: datetime | None
    document_id: str
    is_ready: bool


@dataclass(frozen=True)
class SourceOverview:
    """``counts``: (state, words, number), for states that occur."""

    lines: tuple[SourceLine, ...] = ()
    counts: tuple[tuple[str, str, int], ...] = field(default=())

    @property
    def waits(self) -> bool:
        return any(line.state == QUEUED for line in self.lines)


def read_sources(
    session: Session, access: Access, reader: Locale, practice_ids: Collection[str] | None = None
) -> SourceOverview:
    """The sources of published cards, of all or of some."""
    cited = list_cited_sources(session, access, practice_ids)
    counted = Counter(one.state for one in cited)
    return SourceOverview(
        tuple(_line(one, reader) for one in cited),
        tuple(
            (state, reader.gettext(words), counted[state])
            for state, words in WORDS.items()
            if counted[state]
        ),
    )


def _line(one: CardSource, reader: Locale) -> SourceLine:
    visit, document = one.visit, one.document
    return SourceLine(
        one.practice_id,
        title_of({"title": one.practice_title, "title_en": one.practice_title_en}, reader),
        one.source.id,
        one.source.title,
        one.source.publisher,
        one.source.language,
        one.url,
        one.state,
        reader.gettext(WORDS[one.state]),
        tuple(_say(note, reader) for note in notes_of(one)),
        visit.checked_at if visit else None,
        visit.fetched_at if visit else None,
        document.id if document else "",
        document is not None and document.status is Status.READY,
    )


def _say(note: Message, reader: Locale) -> str:
    """A note with its day as people write it."""
    day = note.params.get("day")
    if not day:
        return reader.say(note)
    shown = {**note.params, "day": reader.date(datetime.fromisoformat(day).date())}
    return reader.say(Message(note.template, shown))
