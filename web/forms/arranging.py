"""What the buttons of a form of rows do: move, remove, add, begin a section."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from starlette.datastructures import FormData

from kb.collections.contents import EntryRow, Rows, SectionRow, add_row, move_row, remove_row
from web.forms.collection import NOTE_LENGTH
from web.forms.numbers import number

STEP = {"up": -1, "down": 1}


@dataclass(frozen=True)
class Done:
    """The rows after an action, the key of its row, and the action."""

    rows: Rows
    key: str = ""
    verb: str = "save"


def apply_action(rows: Rows, fields: FormData) -> Done:
    """Apply the action of the button: ``up:KEY``, ``down:KEY``, ``remove:KEY``, ``add:ITEM`` or
    ``section``.

    ``placed`` is the key of a row that was dragged.
    """
    verb, _, key = str(fields.get("do") or "").partition(":")
    if verb in STEP:
        return Done(move_row(rows, key, STEP[verb]), key, verb)
    if verb == "remove":
        return Done(remove_row(rows, key), key, verb)
    if verb == "add":
        return Done(add_row(rows, key), EntryRow(key).key, verb)
    title = " ".join(str(fields.get("new_section") or "").split())[:NOTE_LENGTH]
    if verb == "section" and title:
        section = SectionRow(str(uuid.uuid4()), title)
        return Done((*rows, section), section.key, verb)
    placed = str(fields.get("placed") or "")
    return Done(rows, placed, "place") if placed else Done(rows)


def read_revision(fields: FormData) -> int:
    """The revision that the form was made of; 0 if it names none."""
    return number(str(fields.get("revision") or "")) or 0
