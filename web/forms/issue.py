"""Reads the form in which an issue is composed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from starlette.datastructures import FormData

from kb.collections.contents import EntryRow, Rows, find_row
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_, PermanentError
from kb.periodical.issues import IssueForm
from kb.periodical.texts import COLLECTION_PREFIX, NOTE_PREFIX, EntryTexts
from kb.text.lines import one_line, several_lines
from web.forms.arranging import Done, apply_action
from web.forms.collection import NOTE_LENGTH
from web.forms.issue_news import QUESTION_PREFIX

LANGUAGES = ("it", "en")
"""Languages that an issue may be written in: those of the site."""
ADD_ADDRESS, ADD_NOTE, ADD_SECTION, DELETE = "add-address", "note", "section", "delete"
_PAGE = re.compile(r"(?:^|/)(practices|projects|documents|collections)/([^\s/?#]+)")

Describe = Callable[[EntryRow], EntryTexts | None]


def read_issue(fields: FormData) -> IssueForm:
    language = _read(fields, "language")
    return IssueForm(
        title=one_line(_read(fields, "title")),
        title_en=one_line(_read(fields, "title_en")),
        language=language if language in LANGUAGES else DEFAULT_LANGUAGE,
        dated=_read_day(_read(fields, "dated")),
        editorial=_read(fields, "editorial").replace("\r\n", "\n").replace("\0", "").strip(),
    )


@dataclass(frozen=True)
class TypedAdditions:
    """What stands in the fields that add something, for a form that could not be saved."""

    section: str = ""
    note: str = ""
    address: str = ""


def read_additions(fields: FormData) -> TypedAdditions:
    names = ("new_section", "new_note", "address")
    return TypedAdditions(*(_read(fields, name).replace("\0", "") for name in names))


def apply_issue_action(rows: Rows, fields: FormData, describe: Describe) -> Done:
    """As ``apply_action``; also adds notes, and what is named by its address.

    Whatever the button, what stands in the fields for a new section, note or address is added.
    Without a button, ``taken`` is the key of news that were dragged into the contents, ``before``
    that of the row where they were let go.

    Raises:
        PermanentError: what is added does not exist, or not everybody may see it.
    """
    verb = _read(fields, "do").partition(":")[0]
    if verb == DELETE:
        return Done(rows)
    typed = read_additions(fields)
    done = _apply(rows, fields, describe)
    rows = done.rows if verb else _place_before(done.rows, done.key, _read(fields, "before"))
    if verb != ADD_SECTION and one_line(typed.section):
        rows = apply_action(rows, FormData({"do": ADD_SECTION, "new_section": typed.section})).rows
    if verb != ADD_NOTE and several_lines(typed.note):
        rows = _add_note(rows, several_lines(typed.note)).rows
    if verb != ADD_ADDRESS and typed.address.strip():
        rows = _add_entry(rows, read_key(typed.address), describe).rows
    return replace(done, rows=rows)


def _apply(rows: Rows, fields: FormData, describe: Describe) -> Done:
    verb, _, key = _read(fields, "do").partition(":")
    if not verb and (taken := _read(fields, "taken")):
        verb, key = "add", taken
    if verb == ADD_NOTE:
        return _add_note(rows, several_lines(_read(fields, "new_note")))
    if verb == "add" and key.startswith(QUESTION_PREFIX):
        return _add_note(rows, key.removeprefix(QUESTION_PREFIX))
    if verb == ADD_ADDRESS:
        return _add_entry(rows, read_key(_read(fields, "address")), describe)
    if verb == "add":
        return _add_entry(rows, key, describe)
    return apply_action(rows, fields)


def _place_before(rows: Rows, key: str, before: str) -> Rows:
    """The rows with one moved before another; unchanged if either is not there."""
    moved, at = find_row(rows, key), find_row(rows, before)
    if moved is None or at is None or moved == at:
        return rows
    others = [*rows[:moved], *rows[moved + 1 :]]
    place = at - (moved < at)
    return (*others[:place], rows[moved], *others[place:])


def _add_entry(rows: Rows, key: str, describe: Describe) -> Done:
    entry = EntryRow(key)
    if find_row(rows, entry.key) is not None:
        return Done(rows, entry.key)
    if key.startswith(NOTE_PREFIX) or describe(entry) is None:
        raise PermanentError(
            N_("There is nothing that everybody may see at “{address}”."), address=key[:200]
        )
    return Done((*rows, entry), entry.key)


def read_key(address: str) -> str:
    """The key of an entry from the address of its page, or the id as it is."""
    found = _PAGE.search(address)
    if found is None:
        return address.strip().removeprefix("/")[:200]
    return (COLLECTION_PREFIX if found[1] == "collections" else "") + found[2]


def _add_note(rows: Rows, text: str) -> Done:
    if not text:
        raise PermanentError(N_("Write the note before you add it."))
    if len(text) > NOTE_LENGTH:
        raise PermanentError(
            N_("Too long: at most {max_length} characters."), max_length=NOTE_LENGTH
        )
    entry = EntryRow(f"{NOTE_PREFIX}{uuid.uuid4()}", text)
    return Done((*rows, entry), entry.key)


def _read_day(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


def _read(fields: FormData, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
