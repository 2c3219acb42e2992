"""Confirming or correcting guessed metadata of documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from ingest.item_commands import update_metadata
from kb.access import Right
from kb.messages import N_, Message, PermanentError
from kb.runtime.services import Services
from web.http.addresses import local_path
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.htmx import wants_fragment
from web.presenters.guesses import (
    PAGE_SIZE,
    Description,
    build_description,
    count_unconfirmed,
    list_unconfirmed,
)
from web.presenters.listing import number_pages
from web.presenters.queries import require_document

WITHOUT_GUESSES = ("language", "visibility")
"""Fields of a row that are changed and not confirmed."""
READ_AGAIN = N_("The document was read again meanwhile: look at its data once more.")
router = APIRouter(include_in_schema=False, dependencies=[requires(Right.DOCUMENTS)])


@dataclass(frozen=True)
class RowForm:
    """Submitted fields of a document's row; fields not sent stay unchanged.

    ``take``: ``field:rank`` of a chosen candidate; ``only``: the one field to confirm; ``brief``:
    whether the form is that of a list; ``back``: address to return to.
    """

    title: Annotated[str | None, Form()] = None
    authors: Annotated[str | None, Form()] = None
    year: Annotated[str | None, Form()] = None
    publisher: Annotated[str | None, Form()] = None
    language: Annotated[str | None, Form()] = None
    visibility: Annotated[str | None, Form()] = None
    take: Annotated[str, Form()] = ""
    only: Annotated[str, Form()] = ""
    brief: Annotated[str, Form()] = ""
    back: Annotated[str, Form(max_length=9000)] = ""

    def typed(self) -> dict[str, str]:
        """All that was sent; the form of a list sends what it shows, and nothing is typed there."""
        names = ("title", "authors", "year", "publisher", *WITHOUT_GUESSES)
        sent = {name: getattr(self, name) for name in names}
        return {name: text.strip() for name, text in sent.items() if text is not None}

    def to_save(self) -> dict[str, str]:
        return {name: text for name, text in self.typed().items() if self.only in ("", name)}

    def left(self) -> dict[str, str]:
        """What was typed and is not saved by the button of one field."""
        saved = self.only or self.take.partition(":")[0]
        if self.brief or not saved:
            return {}
        return {name: text for name, text in self.typed().items() if name != saved}


@router.get("/documents/to-confirm")
def inbox(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Documents with unconfirmed guesses."""
    with services.database.session() as session:
        total = count_unconfirmed(session, access)
        found = [
            build_description(session, one, view.reader)
            for one in list_unconfirmed(session, access, page)
        ]
    return view.page(
        "documents/to_confirm.html",
        described=found,
        total=total,
        languages=view.reader.all_languages(),
        back="/documents/to-confirm",
        pages=number_pages("/documents/to-confirm", [], page, total, PAGE_SIZE),
    )


@router.post("/documents/{document_id}/guesses")
def confirm(
    document_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    row: Annotated[RowForm, Depends()],
) -> Response:
    """Confirm the submitted fields and change the edited ones; with ``take``, set a field to a
    candidate. What was typed into other fields stays in the form."""
    with services.database.session() as session:
        document = require_document(session, access, document_id)
        before = build_description(session, document, view.reader)
        present = {one.name: one.value for one in before.fields}
        present |= {"language": document.language, "visibility": document.visibility.value}
    try:
        change, seen = _read_row(row, before, present)
        update_metadata(services, document_id, change, access, confirmed=seen)
    except PermanentError as error:
        typed = {} if row.brief else row.typed()
        return _show_row(view, services, document_id, row, typed, error.message)
    left = row.left()
    is_unsaved = any(text != present[name] for name, text in left.items())
    if wants_fragment(view.request) or is_unsaved:
        return _show_row(view, services, document_id, row, left)
    address = local_path(row.back, f"/documents/{document_id}")
    return RedirectResponse(f"{address}#describe-{document_id}", 303)


def _read_row(
    row: RowForm, before: Description, present: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """The values to change and the names of the fields to confirm.

    Raises:
        PermanentError: a candidate is no longer there, or the form of a list shows other values
            than the ``present`` ones.
    """
    if row.take:
        name, text = _find_candidate(before, row.take)
        return {name: text}, [name]
    typed = row.to_save()
    change = {name: text for name, text in typed.items() if text != present[name]}
    if change and row.brief:
        raise PermanentError(READ_AGAIN)
    return change, [name for name in typed if name not in WITHOUT_GUESSES]


def _find_candidate(described: Description, take: str) -> tuple[str, str]:
    """Field and text of the chosen candidate. Raises PermanentError if it no longer exists."""
    name, _, rank = take.partition(":")
    for field in described.fields:
        for other in field.others if field.name == name else ():
            if str(other.rank) == rank:
                return name, other.text
    raise PermanentError(READ_AGAIN)


def _show_row(
    view: RequestContext,
    services: Services,
    document_id: str,
    row: RowForm,
    typed: Mapping[str, str],
    problem: Message | None = None,
) -> Response:
    with services.database.session() as session:
        document = require_document(session, view.access, document_id)
        described = build_description(session, document, view.reader, problem).with_typed(typed)
    template = "documents/describe.html"
    if wants_fragment(view.request):
        template = "documents/_guesses.html" if row.brief else "documents/_describe.html"
    return view.page(
        template,
        status=422 if problem else 200,
        described=described,
        document=document,
        languages=view.reader.all_languages(),
        back=row.back,
    )
