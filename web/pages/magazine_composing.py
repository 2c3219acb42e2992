"""Issues in the making: composing, preview, approval by a second person, publication."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette import status as http
from starlette.datastructures import FormData

from kb.access import Access, Right
from kb.collections.commands import CollectionConflict
from kb.collections.contents import EntryRow, Rows, SectionRow, list_rows
from kb.messages import N_, Message, PermanentError
from kb.periodical import issues
from kb.periodical.issues import IssueForm, require_issue
from kb.periodical.texts import EntryTexts
from kb.runtime.services import Services
from kb.storage.periodical import Issue, IssueState
from web.forms.arranging import Done, read_revision
from web.forms.collection import NOTE_LENGTH, PostedDep, read_rows
from web.forms.issue import (
    LANGUAGES,
    TypedAdditions,
    apply_issue_action,
    read_additions,
    read_issue,
    read_key,
)
from web.forms.issue_news import find_taken, list_news
from web.http.context import (
    AccessDep,
    Number,
    RequestContext,
    ServicesDep,
    ViewDep,
    requires,
)
from web.presenters.issue_texts import build_describer, build_issue, issue_path, show_draft
from web.rendering.names import ENTRY_KINDS, ISSUE_STATES

router = APIRouter(prefix="/magazine", include_in_schema=False)
COMPOSE, REVIEW = requires(Right.COLLECTIONS), requires(Right.REVIEW)
TITLE = N_("Issue {number}")
NO_BUTTON = N_("Press one of the buttons of this page.")


@dataclass(frozen=True)
class IssueRow:
    """A row of the composer. ``texts`` of an entry are None if it cannot be published."""

    row: SectionRow | EntryRow
    texts: EntryTexts | None
    name: str

    @property
    def is_entry(self) -> bool:
        return isinstance(self.row, EntryRow)


@dataclass(frozen=True)
class IssueDecision:
    """``do``: approve or return. ``seen``: hash of the texts that were read."""

    do: Annotated[str, Form()] = ""
    seen: Annotated[str, Form()] = ""
    note: Annotated[str, Form(max_length=5000)] = ""


@dataclass(frozen=True)
class Typed:
    """What a form that was not saved says, and why it was not."""

    form: IssueForm
    rows: Rows
    problems: dict[str, Message]
    status: int
    added: TypedAdditions


@router.post("/new", dependencies=[COMPOSE])
def create(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """Begin the next issue."""
    title = view.reader.gettext(TITLE)
    with services.database.transaction() as session:
        issue = issues.create_issue(session, access, title, view.reader.today())
        number = issue.number
    return RedirectResponse(f"/magazine/{number}/edit", 303)


@router.get("/{number}/edit", dependencies=[COMPOSE])
def edit(number: Number, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        issue = require_issue(session, number)
        if issue.state is not IssueState.DRAFT:
            return RedirectResponse(issue_path(issue), 303)
        return _show_composer(view, session, services, issue)


@router.post("/{number}/edit", dependencies=[COMPOSE])
def save(
    number: Number, view: ViewDep, services: ServicesDep, access: AccessDep, fields: PostedDep
) -> Response:
    """Save the form, with what its button does; ``do`` is also preview, propose or delete."""
    form, do = read_issue(fields), str(fields.get("do") or "")
    problems, done, status = form.problems(), Done(()), http.HTTP_422_UNPROCESSABLE_CONTENT
    try:
        if not problems:
            done = _save(services, access, number, form, fields)
    except CollectionConflict as error:
        problems, status = {"": error.message}, http.HTTP_409_CONFLICT
    except PermanentError as error:
        problems = {"": error.message}
    if problems:
        return _show_again(number, view, services, fields, UnsavedIssue(form, problems, status))
    if do == "delete":
        return RedirectResponse("/magazine", 303)
    if do in ("preview", "propose"):
        return RedirectResponse(f"/magazine/{number}/preview", 303)
    anchor = f"#row-{done.key.partition(':')[2]}" if done.key else ""
    return RedirectResponse(f"/magazine/{number}/edit{anchor}", 303)


@dataclass(frozen=True)
class UnsavedIssue:
    """A form that was not saved, and why."""

    form: IssueForm
    problems: dict[str, Message]
    status: int


def _show_again(
    number: int, view: RequestContext, services: Services, fields: FormData, refused: UnsavedIssue
) -> Response:
    """The composer as it was typed; the preview with what was typed, if it is no draft any more."""
    with services.database.session() as session:
        issue = require_issue(session, number)
        if issue.state is not IssueState.DRAFT:
            problem, lost = issues.tell_state(issue), refused.form.editorial
            lost = "" if lost == issue.collection.argument else lost
            return _show_preview(view, session, services, issue, problem, lost)
        rows = list_rows(issue.collection)
        with suppress(PermanentError):  # a text that is too long: the kept ones are shown
            rows = read_rows(fields, rows)
        added = read_additions(fields)
        typed = Typed(refused.form, rows, refused.problems, refused.status, added)
        return _show_composer(view, session, services, issue, typed)


def _save(
    services: Services, access: Access, number: int, form: IssueForm, fields: FormData
) -> Done:
    do = str(fields.get("do") or "")
    with services.database.transaction() as session:
        issue = require_issue(session, number)
        rows = read_rows(fields, list_rows(issue.collection))
        taken = str(fields.get("taken") or "")
        keys = [do.partition(":")[2], taken, read_key(str(fields.get("address") or ""))]
        describe = build_describer(session, keys, form.language, services.settings.zone)
        done = apply_issue_action(rows, fields, describe)
        issues.save_issue(session, access, issue, form, done.rows, read_revision(fields))
        if do == "delete":
            issues.delete_issue(session, access, issue)
        elif do == "propose":
            session.refresh(issue.collection)
            build_issue(session, issue, services.settings.zone).require_publishable()
            issues.propose_issue(session, access, issue, issue.collection.revision)
    return done


@router.get("/{number}/preview", dependencies=[REVIEW])
def preview(number: Number, view: ViewDep, services: ServicesDep) -> Response:
    """The issue as readers will see it, for its authors and for who approves it."""
    with services.database.session() as session:
        issue = require_issue(session, number)
        if issue.state is IssueState.PUBLISHED:
            return RedirectResponse(issue_path(issue), 303)
        return _show_preview(view, session, services, issue)


@router.post("/{number}/review", dependencies=[REVIEW])
def decide(
    number: Number,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    decision: Annotated[IssueDecision, Depends()],
) -> Response:
    """Approve the issue, or return it with a note."""

    def act(session: Session, issue: Issue) -> None:
        if decision.do == "return":
            issues.send_back_issue(session, access, issue, decision.note)
            return
        if decision.do != "approve":
            raise PermanentError(NO_BUTTON)
        texts = build_issue(session, issue, services.settings.zone).require_publishable()
        issues.approve_issue(session, access, issue, texts, decision.seen)

    return _act(number, view, services, act)


@router.post("/{number}/publish", dependencies=[COMPOSE])
def publish(
    number: Number,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    do: Annotated[str, Form()] = "",
) -> Response:
    """Publish an approved issue; with ``do=recall`` make it a draft again."""
    changed: list[Message] = []

    def act(session: Session, issue: Issue) -> None:
        if do == "recall":
            issues.recall_issue(session, access, issue)
            return
        if do != "publish":
            raise PermanentError(NO_BUTTON)
        texts = build_issue(session, issue, services.settings.zone).require_publishable()
        if not issues.publish_issue(session, access, issue, texts):
            changed.append(
                Message(N_("An entry was changed since the approval: have it approved again."))
            )

    return _act(number, view, services, act, changed)


def _act(
    number: int,
    view: RequestContext,
    services: Services,
    act: Callable[[Session, Issue], None],
    told: list[Message] | None = None,
) -> Response:
    problem = None
    try:
        with services.database.transaction() as session:
            act(session, require_issue(session, number))
    except PermanentError as error:
        problem = error.message
    problem = problem or next(iter(told or []), None)
    with services.database.session() as session:
        issue = require_issue(session, number)
        if problem is not None and issue.state is not IssueState.PUBLISHED:
            return _show_preview(view, session, services, issue, problem)
        return RedirectResponse(issue_path(issue), 303)


def _show_preview(
    view: RequestContext,
    session: Session,
    services: Services,
    issue: Issue,
    problem: Message | None = None,
    lost: str = "",
) -> Response:
    """``lost``: an editorial that was typed and not saved."""
    built = build_issue(session, issue, services.settings.zone)
    missing = issues.list_missing(issue)
    return view.page(
        "magazine/preview.html",
        status=http.HTTP_422_UNPROCESSABLE_CONTENT if problem else 200,
        issue=issue,
        shown=show_draft(built.texts),
        kinds=ENTRY_KINDS,
        states=ISSUE_STATES,
        seen=built.texts.sha256,
        lacking=[*missing, *built.problems],
        problem=problem,
        lost=lost,
        may_approve=issues.may_approve(issue, view.access),
    )


def _show_composer(
    view: RequestContext,
    session: Session,
    services: Services,
    issue: Issue,
    typed: Typed | None = None,
) -> Response:
    form = typed.form if typed else IssueForm.of(issue)
    rows = typed.rows if typed else list_rows(issue.collection)
    news = list_news(session, issue.number, view.reader)
    return view.page(
        "magazine/edit.html",
        status=typed.status if typed else 200,
        issue=issue,
        revision=issue.collection.revision,
        form=form,
        rows=_present_rows(session, view, services, form, rows),
        held=find_taken(news, [row for row in rows if isinstance(row, EntryRow)]),
        news=news,
        added=typed.added if typed else TypedAdditions(),
        problems=typed.problems if typed else {},
        languages=[(code, view.reader.language(code)) for code in LANGUAGES],
        note_length=NOTE_LENGTH,
        most_words=issues.EDITORIAL_WORDS,
        words=len(form.editorial.split()),
    )


def _present_rows(
    session: Session, view: RequestContext, services: Services, form: IssueForm, rows: Rows
) -> list[IssueRow]:
    keys = [row.id for row in rows]
    describe = build_describer(session, keys, form.language, services.settings.zone)
    shown = []
    for row in rows:
        texts = describe(row) if isinstance(row, EntryRow) else None
        if isinstance(row, SectionRow):
            name = row.title
        elif texts is None:
            name = view.reader.gettext(N_("Entry that cannot be published"))
        else:
            name = texts.title or view.reader.gettext(N_("Note"))
        shown.append(IssueRow(row, texts, name))
    return shown
