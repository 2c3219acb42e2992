"""Several documents chosen in the list: changed or deleted together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from ingest.item_commands import delete_item, update_metadata
from kb.access import Access, Right
from kb.messages import N_, KbError, Message, PermanentError
from kb.runtime.services import Services
from kb.storage.tables import Document
from web.forms.document import choices
from web.forms.selected_documents import CommonChange, fingerprint
from web.http.addresses import local_path
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.errors import sentence_of
from web.http.finding import count_text_search
from web.presenters import queries
from web.presenters.queries import DocumentListQuery

PATH = "/documents/selected"
router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[requires(Right.DOCUMENTS)])
MOST = 200
"""Documents changed at once."""
NONE = N_("No document is chosen: go back to the list and choose one or more.")
TOO_MANY = N_("{count} documents are chosen, and {most} can be changed at once: narrow the list.")
GONE = N_("“{title}” was deleted meanwhile.")
NOT_THERE = N_("One of the chosen documents is not there, or you may not see it.")
CHANGED = N_(
    "“{title}” was changed by somebody else meanwhile and was left as it is: look at its data, "
    "then save once more."
)
REFUSED = N_("“{title}”: {reason}")


class WantedSelection(DocumentListQuery):
    """The chosen ids, or ``all`` documents of the filtered list; ``back``: address of that list."""

    id: list[str] = []
    all: str = ""
    back: str = ""


@dataclass(frozen=True)
class ChosenDocuments:
    """``chosen``: ids with the fingerprints of their data when the form was opened, as ``id:hash``
    separated by blanks; in one field, as a form has at most 200."""

    chosen: Annotated[str, Form(max_length=100_000)] = ""
    back: Annotated[str, Form(max_length=9000)] = ""

    @property
    def seen(self) -> dict[str, str]:
        """The fingerprint by id."""
        pairs = (one.partition(":") for one in self.chosen.split())
        return {document_id: mark for document_id, _, mark in pairs if document_id}


@dataclass
class BulkOutcome:
    """How many were done; the ids of those left, and why."""

    done: int = 0
    left: list[str] = field(default_factory=list)
    reasons: list[Message] = field(default_factory=list)


@router.get("")
def selection(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[WantedSelection, Query()],
) -> Response:
    """The chosen documents and what can be done with them."""
    if wanted.all:
        count_text_search(view, wanted.words_in_text)
    with services.database.session() as session:
        ids = queries.matching_ids(session, access, wanted) if wanted.all else wanted.id
        return _show(view, session, list(dict.fromkeys(ids)), wanted.back)


@router.post("")
def change(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    chosen: Annotated[ChosenDocuments, Depends()],
    common: Annotated[CommonChange, Depends()],
) -> Response:
    """Change the chosen documents, except those that somebody else changed meanwhile."""
    seen = chosen.seen
    ids = list(seen)
    problem = _why_not(ids)
    try:
        common.validate()
    except PermanentError as error:
        problem = problem or error.message
    if problem:
        with services.database.session() as session:
            return _show(view, session, ids, chosen.back, problem=problem, filled=common)

    def apply(document: Document) -> None:
        if seen.get(document.id) != fingerprint(document):
            raise PermanentError(CHANGED, title=document.title)
        update_metadata(services, document.id, common.of(document), access)

    outcome = _do(services, access, ids, apply)
    return _answer(view, services, outcome, chosen.back, "changed", common)


@router.post("/delete")
def remove(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    chosen: Annotated[ChosenDocuments, Depends()],
) -> Response:
    """Delete the chosen documents; the page with the form has asked for confirmation."""
    ids = list(chosen.seen)
    if problem := _why_not(ids):
        with services.database.session() as session:
            return _show(view, session, ids, chosen.back, problem=problem)
    outcome = _do(services, access, ids, lambda one: delete_item(services, one.id, access))
    return _answer(view, services, outcome, chosen.back, "deleted", CommonChange())


def _why_not(ids: Sequence[str]) -> Message | None:
    if not ids:
        return Message(NONE)
    return Message(TOO_MANY, {"count": len(ids), "most": MOST}) if len(ids) > MOST else None


def _do(
    services: Services, access: Access, ids: Sequence[str], act: Callable[[Document], None]
) -> BulkOutcome:
    """Do something with each document that is still there and may be seen."""
    outcome = BulkOutcome()
    for document_id in ids:
        with services.database.session() as session:
            document = queries.find_document(session, access, document_id)
            if document is None:
                outcome.reasons.append(_missing(session, access, document_id))
                continue
            try:
                act(document)
            except KbError as error:
                outcome.left.append(document_id)
                outcome.reasons.append(_reason(document, error))
            else:
                outcome.done += 1
    return outcome


def _reason(document: Document, error: KbError) -> Message:
    if error.message.template == CHANGED:
        return error.message
    return Message(REFUSED, {"title": document.title, "reason": sentence_of(error)})


def _missing(session: Session, access: Access, document_id: str) -> Message:
    removed = queries.find_removed(session, document_id, access)
    return Message(GONE, {"title": removed.title}) if removed else Message(NOT_THERE)


def _answer(
    view: RequestContext,
    services: Services,
    outcome: BulkOutcome,
    back: str,
    what: str,
    filled: CommonChange,
) -> Response:
    """The list again if all went well, else what was not done and why."""
    if not outcome.reasons:
        path, _, query = local_path(back, "/documents").partition("?")
        said = f"{what}={outcome.done}"
        return RedirectResponse(f"{path}?{query}&{said}" if query else f"{path}?{said}", 303)
    with services.database.session() as session:
        return _show(view, session, outcome.left, back, outcome=outcome, what=what, filled=filled)


def _show(
    view: RequestContext,
    session: Session,
    ids: Sequence[str],
    back: str,
    **more: Any,
) -> Response:
    """The page of the chosen ones; ``more``: outcome, problem and what was filled in."""
    found = queries.items_by_id(session, view.access, ids[:MOST])
    documents = [one for id in ids if isinstance(one := found.get(id), Document)]
    outcome: BulkOutcome | None = more.get("outcome")
    problem = more.get("problem") or (None if outcome else _why_not(ids))
    missing = (
        [_missing(session, view.access, id) for id in ids[:MOST] if id not in found]
        if outcome is None
        else []
    )
    return view.page(
        "documents/selected.html",
        status=422 if problem else 409 if outcome else 200,
        documents=[(one, fingerprint(one)) for one in documents],
        missing=missing,
        problem=problem,
        outcome=outcome,
        what=more.get("what", ""),
        filled=more.get("filled") or CommonChange(),
        back=local_path(back, "/documents"),
        **choices(view.reader),
    )
