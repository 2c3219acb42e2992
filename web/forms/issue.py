"""Reads the form in which an issue is composed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
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
ADD_ADDRESS, ADD_NOTE = "add-address", "note"
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


def apply_issue_action(rows: Rows, fields: FormData, describe: Describe) -> Done:
    """As ``apply_action``; also adds notes, and what is named by its address.

    Raises:
        PermanentError: what is added does not exist, or not everybody may see it.
    """
    verb, _, key = _read(fields, "do").partition(":")
    if verb == ADD_NOTE:
        return _add_note(rows, several_lines(_read(fields, "new_note")))
    if verb == "add" and key.startswith(QUESTION_PREFIX):
        return _add_note(rows, key.removeprefix(QUESTION_PREFIX))
    if verb == ADD_ADDRESS:
        key, verb = read_key(_read(fields, "address")), "add"
    if verb == "add":
        entry = EntryRow(key)
        if find_row(rows, entry.key) is None and (
            key.startswith(NOTE_PREFIX) or describe(entry) is None
        ):
            raise PermanentError(
                N_("There is nothing that everybody may see at “{address}”."), address=key[:200]
            )
        return Done(rows if find_row(rows, entry.key) is not None else (*rows, entry), entry.key)
    return apply_action(rows, fields)


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
