"""Reads the forms of collections into values, with errors by field."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Form, Request
from starlette.datastructures import FormData

from kb.collections.contents import EntryRow, Row, Rows, SectionRow
from kb.collections.forms import COVERS, EARLIEST_YEAR, LATEST_YEAR, About, no_such_year
from kb.domain import DEFAULT_LANGUAGE, Visibility
from kb.flaws import none_of
from kb.messages import N_, Message, PermanentError
from kb.storage.collections import Collection, CollectionKind, CollectionState, EventType
from kb.text.lines import one_line
from web.forms import event
from web.forms.programme import read_programme, write_programme

Choice = TypeVar("Choice", bound=StrEnum)

NOTE_LENGTH = 1000
MAX_FIELDS = 2000

STATES = {
    CollectionState.DRAFT: N_("Draft: only curators see it"),
    CollectionState.PUBLISHED: N_("Published"),
}
KINDS = {
    CollectionKind.THEMATIC: N_("On a theme"),
    CollectionKind.EVENT: N_("Archive of an event"),
    CollectionKind.PATH: N_("Training path"),
}


@dataclass(frozen=True)
class AboutForm:
    """The submitted form about a collection; :meth:`read` validates it."""

    title: Annotated[str, Form()] = ""
    title_en: Annotated[str, Form()] = ""
    language: Annotated[str, Form()] = DEFAULT_LANGUAGE
    argument: Annotated[str, Form()] = ""
    visibility: Annotated[str, Form()] = Visibility.PUBLIC.value
    state: Annotated[str, Form()] = CollectionState.DRAFT.value
    kind: Annotated[str, Form()] = CollectionKind.THEMATIC.value
    event_type: Annotated[str, Form()] = ""
    held_on: Annotated[str, Form()] = ""
    held_until: Annotated[str, Form()] = ""
    held_in: Annotated[str, Form()] = ""
    begins_at: Annotated[str, Form()] = ""
    organiser: Annotated[str, Form()] = ""
    people: Annotated[str, Form(description="A person on each line, `name: part`.")] = ""
    programme: Annotated[str, Form(description="On each line `9:30–10:15 what | who`.")] = ""
    recordings: Annotated[str, Form(description="An address on each line.")] = ""
    licence: Annotated[str, Form()] = ""
    places: Annotated[str, Form()] = ""
    enrol_until: Annotated[str, Form()] = ""
    hours: Annotated[str, Form()] = ""
    audience: Annotated[str, Form()] = ""
    outcomes: Annotated[str, Form(description="One on each line.")] = ""
    cover: Annotated[str, Form()] = "hills"

    @classmethod
    def of(cls, collection: Collection) -> AboutForm:
        about = About.of(collection)
        values = {name: "" if v is None else str(v) for name, v in vars(about).items()}
        values["people"] = event.write_people(about.people)
        values["programme"] = write_programme(about.programme)
        values["outcomes"] = "\n".join(about.outcomes)
        values["recordings"] = "\n".join(about.recordings)
        values["begins_at"] = about.begins_at.strftime("%H:%M") if about.begins_at else ""
        return cls(**values)

    def read(self) -> tuple[About, dict[str, Message]]:
        """The values, and error messages by field."""
        found: dict[str, Message] = {}
        about = About(
            title=one_line(self.title),
            title_en=one_line(self.title_en),
            language=self.language if len(self.language) == 2 else DEFAULT_LANGUAGE,
            argument=self.argument.replace("\r\n", "\n").strip(),
            visibility=_choose(Visibility, self.visibility, "visibility"),
            state=_choose(CollectionState, self.state, "state"),
            kind=_choose_kind(self.kind),
            cover=self.cover if self.cover in COVERS else "hills",
        )
        if about.kind is CollectionKind.EVENT:
            about = self._read_event(about, found)
        elif about.kind is CollectionKind.PATH:
            about = replace(
                about,
                audience=one_line(self.audience),
                outcomes=[line for line in map(one_line, self.outcomes.splitlines()) if line],
                hours=event.read_count(self.hours, "hours", found),
            )
        return about, about.problems() | found

    def _read_event(self, about: About, found: dict[str, Message]) -> About:
        """``about`` with the fields of an event; ``found`` gets what is wrong in them."""
        chosen = _choose(EventType, self.event_type, "event_type") if self.event_type else None
        return replace(
            about,
            event_type=chosen,
            held_on=_read_day(self.held_on, "held_on", found),
            held_until=_read_day(self.held_until, "held_until", found),
            begins_at=event.read_hour(self.begins_at, found),
            held_in=one_line(self.held_in),
            organiser=one_line(self.organiser),
            people=event.read_people(self.people),
            programme=read_programme(self.programme, found),
            recordings=event.read_addresses(self.recordings, found),
            licence=one_line(self.licence),
            places=event.read_count(self.places, "places", found),
            enrol_until=_read_day(self.enrol_until, "enrol_until", found),
            hours=event.read_count(self.hours, "hours", found),
        )


AboutFormDep = Annotated[AboutForm, Depends()]


async def posted(request: Request) -> AsyncIterator[FormData]:
    """The submitted fields; their names depend on the collection's rows. Their file is closed after
    the answer."""
    async with request.form(max_fields=MAX_FIELDS, max_files=1) as form:
        yield form


PostedDep = Annotated[FormData, Depends(posted)]


def read_rows(fields: FormData, known: Rows) -> Rows:
    """The rows in submitted order, with the submitted texts.

    Rows unknown to ``known`` are dropped, and rows that the form does not list are appended, so
    that an outdated form neither restores removed rows nor loses new ones.

    Raises:
        PermanentError: a note or a heading is too long.
    """
    by_key = {row.key: row for row in known}
    order = [key for key in dict.fromkeys(_get_texts(fields, "row")) if key in by_key]
    order += [key for key in by_key if key not in order]
    return tuple(_read_row(by_key[key], fields) for key in order)


def _read_row(row: Row, fields: FormData) -> Row:
    if isinstance(row, EntryRow):
        return replace(row, note=_read_text(fields, f"note:{row.id}", row.note))
    title = " ".join(_read_text(fields, f"title:{row.id}", row.title).split())
    text = _read_text(fields, f"text:{row.id}", row.text)
    return SectionRow(row.id, title or row.title, text)


def _read_text(fields: FormData, name: str, present: str) -> str:
    value = fields.get(name, present)
    text = (value if isinstance(value, str) else present).replace("\r\n", "\n").strip()
    if len(text) > NOTE_LENGTH:
        raise PermanentError(
            N_("Too long: at most {max_length} characters."), max_length=NOTE_LENGTH
        )
    return text


def _get_texts(fields: FormData, name: str) -> Sequence[str]:
    return [value for value in fields.getlist(name) if isinstance(value, str)]


def _choose_kind(value: str) -> CollectionKind:
    """Raises PermanentError for a kind that the form does not offer, as that of an issue."""
    kind = _choose(CollectionKind, value, "kind")
    if kind not in KINDS:
        flaw = none_of("kind", value, KINDS)
        raise PermanentError(flaw.template, **flaw.params)
    return kind


def _choose(choices: type[Choice], value: str, field: str) -> Choice:
    """Raises PermanentError for a value that the form does not offer."""
    try:
        return choices(value)
    except ValueError as error:
        flaw = none_of(field, value, choices)
        raise PermanentError(flaw.template, **flaw.params) from error


def _read_day(value: str, field: str, found: dict[str, Message]) -> date | None:
    if not value.strip():
        return None
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        found[field] = Message(N_("Write the day as year-month-day, for example 2026-05-04."))
        return None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        found[field] = no_such_year()
    return day


def choices(named: Mapping[Any, str]) -> list[tuple[str, str]]:
    """Value and English label of each choice, for templates."""
    return [(str(value), label) for value, label in named.items()]
