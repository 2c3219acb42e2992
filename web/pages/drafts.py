"""Practice cards in writing: list, begin, edit, submit for review, delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from kb.access import Access, Right
from kb.domain import Status, Visibility
from kb.messages import N_, PermanentError
from kb.places import municipalities
from kb.practices import drafts, review
from kb.practices.rules import BODY_WORDS
from kb.practices.validation import Finding, fill_known_facts
from kb.practices.verification import due_before
from kb.storage.revisions import OPEN, PracticeRevision
from kb.storage.tables import PracticeRow
from web.forms.card_changes import compare_revisions
from web.forms.card_filling import fill_form, list_advice, list_complaints
from web.forms.card_reading import read
from web.forms.document import VISIBILITIES
from web.forms.draft import DraftForm
from web.forms.numbers import number
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.htmx import wants_fragment
from web.presenters import queries

FOUND_PLACES = 10
router = APIRouter(include_in_schema=False, dependencies=[requires(Right.PRACTICES)])
MOST_FIELDS = 6000


async def build_form(request: Request) -> FormData:
    """The submitted fields; a long card has more than Starlette's default limit."""
    return await request.form(max_fields=MOST_FIELDS, max_files=0)


SentDep = Annotated[FormData, Depends(build_form)]


@dataclass(frozen=True)
class DraftView:
    """State of the form. ``at`` is the id of the element to focus; ``find`` searches for a
    place."""

    at: str = ""
    find: str = ""


@router.get("/drafts")
def draft_list(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        every = drafts.list_unfinished(session)
        due = len(_list_due(session, access, view.reader.today()))
    mine = [one for one in every if _is_mine(one, access)]
    others = [one for one in every if not _is_mine(one, access)]
    return view.page("drafts/list.html", mine=mine, others=others, due=due)


@router.get("/drafts/to-check")
def to_check(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """Published cards not checked against their sources for two years."""
    with services.database.session() as session:
        return view.page(
            "drafts/to_check.html", practices=_list_due(session, access, view.reader.today())
        )


@router.get("/practices/new")
def new(view: ViewDep) -> Response:
    return view.page("drafts/new.html", title="", problem=None)


@router.post("/practices/new")
def begin(
    view: ViewDep, services: ServicesDep, access: AccessDep, title: Annotated[str, Form()] = ""
) -> Response:
    try:
        with services.database.transaction() as session:
            revision = drafts.begin_draft(session, access, title)
    except PermanentError as error:
        return view.page("drafts/new.html", status=422, title=title, problem=error.message)
    return RedirectResponse(f"/drafts/{revision.id}", 303)


@router.get("/practices/{practice_id}/edit")
def edit(practice_id: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        practice = queries.find_practice(session, access, practice_id)
        draft = drafts.open_revision(session, practice_id)
    if draft is not None:
        return RedirectResponse(f"/drafts/{draft.id}", 303)
    if practice is None:
        raise HTTPException(404)
    return view.page("drafts/revise.html", practice=practice)


@router.post("/practices/{practice_id}/edit")
def revise(practice_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        revision = drafts.revise_practice(session, access, practice_id)
    return RedirectResponse(f"/drafts/{revision.id}", 303)


@router.get("/drafts/{revision_id}")
def draft(
    revision_id: str, view: ViewDep, services: ServicesDep, shown: Annotated[DraftView, Depends()]
) -> Response:
    with services.database.session() as session:
        revision = _require_open(session, revision_id)
    if revision.state not in drafts.CHANGEABLE:
        return RedirectResponse(f"/review/{revision.id}", 303)
    return _show_form(view, DraftForm.of(revision), shown)


@router.post("/drafts/{revision_id}")
def save(
    revision_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, sent: SentDep
) -> Response:
    """Save the form, then run the button's action: add or remove an entry, find a place, submit."""
    record, at = apply_action(read(sent, view.reader), str(sent.get("action", "")))
    version = number(str(sent.get("version", "")))
    visibility = _read_visibility(sent)
    try:
        if version is None or visibility is None:
            raise PermanentError(N_("The form was not understood: look through it and save again."))
        with services.database.transaction() as session:
            revision = drafts.save_draft(session, access, revision_id, version, record, visibility)
    except drafts.EditConflict as error:
        return _show_conflict(view, error, record)
    except PermanentError as error:
        typed = DraftForm(revision_id, record, version or 0, visibility or Visibility.RESEARCHERS)
        return _show_form(view, typed, DraftView(at="refused"), status=422, refused=error.message)
    if sent.get("action") == "submit":
        return _submit(view, services, access, revision)
    query = {"at": at, "find": str(sent.get("find", ""))[:100] if at == "find" else ""}
    kept = urlencode({name: value for name, value in query.items() if value})
    return RedirectResponse(f"/drafts/{revision_id}?{kept}#{at}", 303)


@router.post("/drafts/{revision_id}/recall")
def recall(revision_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        review.recall_draft(session, access, revision_id)
    return RedirectResponse(f"/drafts/{revision_id}", 303)


@router.post("/drafts/{revision_id}/delete")
def delete(revision_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        drafts.discard_draft(session, access, revision_id)
    return RedirectResponse("/drafts", 303)


def _read_visibility(sent: FormData) -> Visibility | None:
    wanted = sent.get("visibility", Visibility.PUBLIC.value)
    return next((one for one in Visibility if one.value == wanted), None)


def apply_action(record: dict[str, Any], action: str) -> tuple[dict[str, Any], str]:
    """The record after the button's action, and the id of the element to show."""
    verb, _, rest = action.partition(":")
    name, _, at = rest.partition(":")
    place_in_list = number(at)
    entries = list(record.get(name, ()))
    match verb:
        case "add":
            return {**record, name: [*entries, {}]}, f"{name}-{len(entries)}-entry"
        case "remove" if place_in_list is not None and place_in_list < len(entries):
            del entries[place_in_list]
            return {**record, name: entries}, f"group-{name}"
        case "find":
            return record, "find"
        case "place" if place := municipalities.find(rest):
            known = {"name": place.name, "country": "IT", "istat_code": place.istat_code}
            facts = fill_known_facts(known)
            return {**record, "place": {**_keep_unofficial(record["place"]), **facts}}, "place-name"
    return record, "saved"


def _keep_unofficial(place: dict[str, Any]) -> dict[str, Any]:
    """The fields of the former place that no official facts replace."""
    kept = ("degurba", "territory", "trend", "economy", "governance")
    return {name: value for name, value in place.items() if name in kept}


def _submit(
    view: RequestContext, services: ServicesDep, access: Access, revision: PracticeRevision
) -> Response:
    try:
        with services.database.transaction() as session:
            review.submit_draft(session, access, revision.id)
    except review.NotReady as error:
        filled = DraftForm.of(revision)
        return _show_form(view, filled, DraftView(at="problems"), error.findings, status=422)
    address = f"/review/{revision.id}?sent=1"
    if wants_fragment(view.request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def _show_conflict(
    view: RequestContext, error: drafts.EditConflict, mine: dict[str, Any]
) -> Response:
    """The form with what was typed, above it the differences to what was saved meanwhile."""
    saved = error.revision
    differing = compare_revisions(saved.record, mine, view.reader)
    return _show_form(
        view,
        DraftForm.of(saved).with_record(mine),
        DraftView(at="overtaken"),
        status=409,
        overtaken=error.message,
        differing=differing,
    )


def _show_form(
    view: RequestContext,
    filled: DraftForm,
    shown: DraftView,
    findings: Iterable[Finding] = (),
    *,
    status: int = 200,
    **more: Any,
) -> Response:
    """``findings``: why the draft was not sent to review. What should be mended in what is filled
    in is shown in any case."""
    refused = list(findings)
    advice = review.advise(filled.record, view.reader.today())
    sections = fill_form(filled.record, view.reader, [*refused, *advice])
    context: dict[str, Any] = {"overtaken": None, "refused": None, "differing": (), **more}
    return view.page(
        "drafts/page.html",
        status=status,
        revision=filled,
        sections=sections,
        complaints=list_complaints(sections),
        advice=list_advice(sections),
        unsent=bool(refused),
        shown=shown,
        found=municipalities.search(shown.find)[:FOUND_PLACES] if shown.find else [],
        total_found=len(municipalities.search(shown.find)) if shown.find else 0,
        body_words=BODY_WORDS,
        visibilities=[(v.value, view.reader.gettext(name)) for v, name in VISIBILITIES.items()],
        **context,
    )


def _require_open(session: Session, revision_id: str) -> PracticeRevision:
    revision = session.get(PracticeRevision, revision_id)
    if revision is None or revision.state not in OPEN:
        raise HTTPException(404)
    return revision


def _is_mine(revision: PracticeRevision, access: Access) -> bool:
    return any(one["id"] == access.account_id for one in revision.contributors)


def _list_due(session: Session, access: Access, today: date) -> list[PracticeRow]:
    old = PracticeRow.verified_on < due_before(today)
    query = select(PracticeRow).where(
        PracticeRow.visibility.in_(access.visibilities),
        PracticeRow.status != Status.DELETED,
        old | PracticeRow.verified_on.is_(None),
    )
    return list(session.scalars(query.order_by(PracticeRow.verified_on, PracticeRow.title)))
