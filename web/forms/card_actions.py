"""What the buttons of the form of a card do to its record, beside saving it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Status
from kb.messages import N_, PermanentError
from kb.practices.known_values import place_facts
from kb.practices.quotations import COST, RESULT, add_source, take
from kb.practices.suggestions import find_suggestions
from kb.storage.tables import Document, PageRow
from web.forms.card_fields import GROUPS
from web.forms.card_reading import MOST_ENTRIES
from web.forms.numbers import number

UNOFFICIAL = ("degurba", "territory", "trend", "economy", "governance")
"""Fields of a place that stay when another municipality is chosen, unless facts replace them."""
TOO_MANY_ENTRIES = N_("A card has at most {most} of these: put some of them together.")


@dataclass(frozen=True)
class _Writer:
    """Who presses the button, and when."""

    session: Session
    access: Access
    day: date


def apply_action(
    session: Session, access: Access, record: dict[str, Any], action: str, day: date
) -> tuple[dict[str, Any], str]:
    """The record after the button's action, and the id of the element to show.

    Raises:
        PermanentError: the action names a document that is not there any more, or adds one entry
            too many.
    """
    verb, _, rest = action.partition(":")
    act = _ACTIONS.get(verb)
    if act is None:
        return record, "saved"
    changed, at = act(_Writer(session, access, day), record, rest)
    for name in GROUPS:
        if len(changed.get(name, ())) > max(MOST_ENTRIES, len(record.get(name, ()))):
            raise PermanentError(TOO_MANY_ENTRIES, most=MOST_ENTRIES)
    return changed, at


def _find(by: _Writer, record: dict[str, Any], rest: str) -> tuple[dict[str, Any], str]:
    return record, "find"


def _add(by: _Writer, record: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    if name not in GROUPS:
        return record, "saved"
    entries = list(record.get(name, ()))
    return {**record, name: [*entries, {}]}, f"{name}-{len(entries)}-entry"


def _remove(by: _Writer, record: dict[str, Any], rest: str) -> tuple[dict[str, Any], str]:
    name, _, at = rest.partition(":")
    entries = list(record.get(name, ())) if name in GROUPS else []
    place_in_list = number(at)
    if place_in_list is None or place_in_list >= len(entries):
        return record, "saved"
    del entries[place_in_list]
    return {**record, name: entries}, f"group-{name}"


def _put_place(by: _Writer, record: dict[str, Any], code: str) -> tuple[dict[str, Any], str]:
    facts = {name: value for name, (value, _) in place_facts(by.session, code).items()}
    if not facts:
        return record, "saved"
    kept = {name: value for name, value in record["place"].items() if name in UNOFFICIAL}
    return {**record, "place": {**kept, **facts}}, "place-name"


def _add_document(
    by: _Writer, record: dict[str, Any], document_id: str
) -> tuple[dict[str, Any], str]:
    document = _require_document(by, document_id)
    sources, source_id = add_source(list(record.get("sources", ())), document, by.day)
    at = next(n for n, source in enumerate(sources) if source.get("id") == source_id)
    return {**record, "sources": sources}, f"sources-{at}-entry"


def _add_result(by: _Writer, record: dict[str, Any], rest: str) -> tuple[dict[str, Any], str]:
    return _add_figure(by, record, rest, RESULT)


def _add_cost(by: _Writer, record: dict[str, Any], rest: str) -> tuple[dict[str, Any], str]:
    return _add_figure(by, record, rest, COST)


def _add_figure(
    by: _Writer, record: dict[str, Any], rest: str, target: str
) -> tuple[dict[str, Any], str]:
    """``rest``: id of a document and key of a sentence suggested from it, ``ID:KEY``."""
    document_id, _, key = rest.partition(":")
    document = _require_document(by, document_id)
    offered = find_suggestions(by.session, document)
    suggested = next((one for one in offered if one.key == key), None)
    page = by.session.get(PageRow, (document.id, suggested.page)) if suggested else None
    if suggested is None or page is None:
        raise PermanentError(N_("This sentence is not in the document any more: open it again."))
    taken, name, at = take(record, document, page, suggested.text, target, by.day)
    return taken, f"{name}-{at}-entry"


def _require_document(by: _Writer, document_id: str) -> Document:
    document = by.session.get(Document, document_id) if document_id else None
    is_here = document is not None and document.status is not Status.DELETED
    if document is None or not is_here or document.visibility not in by.access.visibilities:
        raise PermanentError(N_("This document is not there any more: choose another."))
    return document


_ACTIONS: Mapping[str, Callable[[_Writer, dict[str, Any], str], tuple[dict[str, Any], str]]] = {
    "add": _add,
    "remove": _remove,
    "find": _find,
    "place": _put_place,
    "document": _add_document,
    "result": _add_result,
    "cost": _add_cost,
}
