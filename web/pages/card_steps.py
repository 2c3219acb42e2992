"""Writing a practice card step by step: each step has its address, is saved by itself or by a
button, and the last one sends the card to review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from kb.access import Access, Right
from kb.domain import Visibility
from kb.messages import N_, Message, PermanentError
from kb.practices import drafts, review
from kb.practices.known_values import fill_known_values
from kb.practices.rules import BODY_WORDS
from kb.storage.revisions import OPEN, PracticeRevision
from web.forms.card_actions import apply_action
from web.forms.card_changes import Change, compare_revisions
from web.forms.card_complaints import check_steps
from web.forms.card_reading import merge, read
from web.forms.card_steps import BY_ID, CHECK, CardStep, find_step, next_step
from web.forms.draft import DraftForm
from web.forms.step_page import StepView, build_step_page, check_record, published_record
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.htmx import wants_fragment
from web.rendering.names import VISIBILITIES

MOST_FIELDS = 6000
router = APIRouter(
    prefix="/drafts/{revision_id}",
    include_in_schema=False,
    dependencies=[requires(Right.PRACTICES)],
)


async def build_form(request: Request) -> FormData:
    """The submitted fields; a long card has more than Starlette's default limit."""
    return await request.form(max_fields=MOST_FIELDS, max_files=0)


SentDep = Annotated[FormData, Depends(build_form)]


@dataclass(frozen=True)
class StepAddress:
    """A step of a draft."""

    revision_id: str
    step_id: str

    @property
    def step(self) -> CardStep:
        """Raises HTTPException 404 if there is no such step."""
        if self.step_id not in BY_ID:
            raise HTTPException(404)
        return BY_ID[self.step_id]


@dataclass(frozen=True)
class StepAnswer:
    """Why a step is shown again: what was refused, what somebody else saved meanwhile, or that the
    card could not be submitted. ``print``: fingerprint of what is saved, where the form shows
    something else."""

    status: int = 200
    refused: Message | None = None
    overtaken: Message | None = None
    differing: tuple[Change, ...] = ()
    unsent: bool = False
    print: str = ""


AddressDep = Annotated[StepAddress, Depends()]


@router.get("")
def draft(
    revision_id: str, view: ViewDep, services: ServicesDep, shown: Annotated[StepView, Depends()]
) -> Response:
    """Lead to the step of the element ``at``, or to the first that is not complete."""
    with services.database.session() as session:
        revision = _require_open(session, revision_id)
        if revision.state not in drafts.CHANGEABLE:
            return RedirectResponse(f"/review/{revision.id}", 303)
        step = find_step(shown.at) if shown.at else None
        step = step or _first_incomplete(session, revision, view)
    return RedirectResponse(_address(revision_id, step, shown.at), 303)


@router.get("/{step_id}")
def step_page(
    address: AddressDep,
    view: ViewDep,
    services: ServicesDep,
    shown: Annotated[StepView, Depends()],
) -> Response:
    step = address.step
    with services.database.session() as session:
        revision = _require_open(session, address.revision_id)
        if revision.state not in drafts.CHANGEABLE:
            return RedirectResponse(f"/review/{revision.id}", 303)
        return _show_step(session, view, DraftForm.of(revision), step, shown, StepAnswer())


@router.post("/{step_id}")
def save(
    address: AddressDep, view: ViewDep, services: ServicesDep, access: AccessDep, sent: SentDep
) -> Response:
    """Save the step, then do what the button says: go on, add or remove an entry, take something
    over, submit. ``auto``: saved by itself, answered by what changes on the page."""
    step = address.step
    part = read(sent, view.reader, step)
    action = _action_of(sent)
    try:
        with services.database.transaction() as session:
            revision, at = _save(session, view, address, part, sent)
    except PermanentError as error:
        return _refuse(view, services, address, part, error, is_auto=action == "auto")
    if action == "auto":
        return _answer_auto(view, services, revision, step)
    if action == "submit":
        return _submit(view, services, access, revision)
    if target := _find_target(action, step):
        return _lead(view.request, _address(revision.id, target))
    find = str(sent.get("find", ""))[:100] if at == "find" else ""
    return RedirectResponse(_address(revision.id, step, at, find), 303)


def _save(
    session: Session,
    view: RequestContext,
    address: StepAddress,
    part: Mapping[str, Any],
    sent: FormData,
) -> tuple[PracticeRevision, str]:
    """The saved revision, and the id of the element to show.

    Raises:
        EditConflict: somebody else saved the same step since it was shown. What was saved of
            other steps is kept.
        PermanentError: there is no such draft, it cannot be changed now, or the action fails.
    """
    revision = drafts.require_editable(session, address.revision_id)
    stored = DraftForm.of(revision)
    if str(sent.get("shown", "")) != stored.print_of(address.step):
        session.expunge(revision)
        raise drafts.EditConflict(revision)
    record = merge(stored.record, address.step, part)
    day = view.reader.today()
    record, at = apply_action(session, view.access, record, _action_of(sent), day)
    if _action_of(sent) != "auto":
        published = published_record(session, revision.practice_id)
        record = fill_known_values(session, view.access, record, published)
    version, visibility = revision.version, _read_visibility(sent)
    saved = drafts.save_draft(session, view.access, revision.id, version, record, visibility)
    return saved, at


def _action_of(sent: FormData) -> str:
    """The action of the button; the enter key in the search field searches."""
    action = str(sent.get("action", ""))
    is_new = str(sent.get("find", "")) != str(sent.get("found", ""))
    return "find" if action == "save" and is_new and sent.get("find") else action


def _read_visibility(sent: FormData) -> Visibility | None:
    """None where the step does not ask for it. Raises PermanentError for an unknown value."""
    wanted = sent.get("visibility")
    if wanted is None:
        return None
    found = next((one for one in Visibility if one.value == wanted), None)
    if found is None:
        raise PermanentError(N_("The form was not understood: look through it and save again."))
    return found


def _find_target(action: str, step: CardStep) -> CardStep | None:
    """The step to go to."""
    verb, _, rest = action.partition(":")
    match verb:
        case "next":
            return next_step(step)
        case "back":
            return next_step(step, -1)
        case "go":
            return BY_ID.get(rest)
    return None


def _lead(request: Request, address: str) -> Response:
    if wants_fragment(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def _address(revision_id: str, step: CardStep, at: str = "", find: str = "") -> str:
    query = urlencode({name: value for name, value in (("at", at), ("find", find)) if value})
    return f"/drafts/{revision_id}/{step.id}" + (f"?{query}#{quote(at)}" if query else "")


def _submit(
    view: RequestContext, services: ServicesDep, access: Access, revision: PracticeRevision
) -> Response:
    try:
        with services.database.transaction() as session:
            review.submit_draft(session, access, revision.id)
    except review.NotReady:
        with services.database.session() as session:
            filled, step = DraftForm.of(revision), BY_ID[CHECK]
            answer = StepAnswer(422, unsent=True)
            return _show_step(session, view, filled, step, StepView(at="problems"), answer)
    return _lead(view.request, f"/review/{revision.id}?sent=1")


def _answer_auto(
    view: RequestContext, services: ServicesDep, revision: PracticeRevision, step: CardStep
) -> Response:
    """What changes on the page when it was saved by itself."""
    filled = DraftForm.of(revision)
    with services.database.session() as session:
        findings = check_record(session, filled.record, filled.practice_id)
    return view.page(
        "drafts/_saved.html",
        revision=filled,
        states=check_steps(filled.record, view.reader, findings),
        shown_print=filled.print_of(step),
        refused=None,
    )


def _refuse(
    view: RequestContext,
    services: ServicesDep,
    address: StepAddress,
    part: Mapping[str, Any],
    error: PermanentError,
    *,
    is_auto: bool,
) -> Response:
    """The step as it was typed, with the reason; of a conflict also what was saved meanwhile."""
    conflict = isinstance(error, drafts.EditConflict)
    message = _name_conflict(error, view.access)
    if is_auto:
        return view.page("drafts/_saved.html", refused=message, conflict=conflict)
    with services.database.session() as session:
        revision = session.get(PracticeRevision, address.revision_id)
        saved = DraftForm.of(revision) if revision else DraftForm.lost(address.revision_id)
        typed = merge(saved.record, address.step, part)
        shown = StepView(at="overtaken" if conflict else "refused")
        answer = StepAnswer(422, refused=message)
        if conflict:
            differing = compare_revisions(saved.record, typed, view.reader)
            answer = StepAnswer(409, overtaken=message, differing=differing)
        answer = replace(answer, print=saved.print_of(address.step))
        return _show_step(session, view, saved.with_record(typed), address.step, shown, answer)


def _name_conflict(error: PermanentError, access: Access) -> Message:
    """The reason of a refusal; another window of the same person is not another person."""
    last = error.revision.contributors[-1:] if isinstance(error, drafts.EditConflict) else []
    if any(one["id"] == access.account_id for one in last):
        return Message(
            N_("You saved this step in another window meanwhile: this one is not saved yet.")
        )
    return error.message


def _show_step(
    session: Session,
    view: RequestContext,
    filled: DraftForm,
    step: CardStep,
    shown: StepView,
    answer: StepAnswer,
) -> Response:
    page = build_step_page(session, view.access, filled, step, shown, view.reader)
    return view.page(
        "drafts/page.html",
        status=answer.status,
        revision=filled,
        page=page,
        shown=shown,
        answer=answer,
        shown_print=answer.print or page.print,
        body_words=BODY_WORDS,
        visibilities=[(v.value, view.reader.gettext(name)) for v, name in VISIBILITIES.items()],
    )


def _first_incomplete(
    session: Session, revision: PracticeRevision, view: RequestContext
) -> CardStep:
    filled = DraftForm.of(revision)
    findings = check_record(session, filled.record, filled.practice_id)
    states = check_steps(filled.record, view.reader, findings)
    return next((one.step for one in states if one.errors), BY_ID[CHECK])


def _require_open(session: Session, revision_id: str) -> PracticeRevision:
    revision = session.get(PracticeRevision, revision_id)
    if revision is None or revision.state not in OPEN:
        raise HTTPException(404)
    return revision
