"""Compose, propose, approve and publish issues. The functions work in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager

from kb.access import Access
from kb.accounts import audit
from kb.accounts.accounts import display_name
from kb.collections import commands
from kb.collections.contents import Rows, list_rows, store_rows
from kb.collections.forms import EARLIEST_YEAR, LATEST_YEAR, TITLE_LENGTH, no_such_year
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_, Message, NotFound, PermanentError
from kb.periodical.texts import IssueTexts
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionKind, CollectionState
from kb.storage.periodical import Issue, IssueState
from kb.storage.tables import now

EDITORIAL_WORDS = 2000
"""Most words of an editorial."""
COVER = "pages"


@dataclass(frozen=True)
class IssueForm:
    """What an issue says beside its contents. ``editorial`` is Markdown."""

    title: str = ""
    title_en: str = ""
    language: str = DEFAULT_LANGUAGE
    dated: date | None = None
    editorial: str = ""

    @classmethod
    def of(cls, issue: Issue) -> IssueForm:
        kept = issue.collection
        return cls(kept.title, kept.title_en, kept.language, issue.dated, kept.argument)

    def problems(self) -> dict[str, Message]:
        """What is wrong, by field. A draft may lack its editorial."""
        found: dict[str, Message] = {}
        if not self.title:
            found["title"] = Message(N_("An issue needs a title."))
        for name in ("title", "title_en"):
            if len(getattr(self, name)) > TITLE_LENGTH:
                too_long = N_("Too long: at most {max_length} characters.")
                found[name] = Message(too_long, {"max_length": TITLE_LENGTH})
        if self.dated is None:
            found["dated"] = Message(N_("Write the day as year-month-day, for example 2026-05-04."))
        elif not EARLIEST_YEAR <= self.dated.year <= LATEST_YEAR:
            found["dated"] = no_such_year()
        words = len(self.editorial.split())
        if words > EDITORIAL_WORDS:
            params = {"count": words, "most": EDITORIAL_WORDS}
            found["editorial"] = Message(N_("{count} words: at most {most}."), params)
        return found


class NotReadyIssue(PermanentError):
    """The issue cannot be proposed or published as it is."""


def find_issue(session: Session, number: int) -> Issue | None:
    return session.scalars(select(Issue).where(Issue.number == number)).one_or_none()


def require_issue(session: Session, number: int) -> Issue:
    """Raises NotFound."""
    issue = find_issue(session, number)
    if issue is None:
        raise NotFound()
    return issue


def list_published(session: Session, access: Access) -> Sequence[Issue]:
    """The published issues that may be seen, newest first, with their collections loaded."""
    query = _select_published(access).options(contains_eager(Issue.collection))
    return session.scalars(query.order_by(Issue.dated.desc(), Issue.number.desc())).all()


def require_published(session: Session, access: Access, number: int) -> Issue:
    """Raises NotFound for an issue that is not published, or may not be seen."""
    issue = session.scalars(_select_published(access).where(Issue.number == number)).one_or_none()
    if issue is None:
        raise NotFound()
    return issue


def _select_published(access: Access) -> Select[Issue]:
    return (
        select(Issue)
        .join(Issue.collection)
        .where(Issue.state == IssueState.PUBLISHED, Collection.visibility.in_(access.visibilities))
    )


def find_last_published(session: Session, before: int | None = None) -> Issue | None:
    """The issue published last, or the one with the next lower number than ``before``."""
    query = select(Issue).where(Issue.state == IssueState.PUBLISHED)
    if before is not None:
        query = query.where(Issue.number < before)
    return session.scalars(query.order_by(Issue.number.desc()).limit(1)).first()


def create_issue(session: Session, access: Access, title: str, today: date) -> Issue:
    """Begin the next issue. ``title`` names the field ``{number}``."""
    number = (session.scalar(select(func.max(Issue.number))) or 0) + 1
    named = title.format(number=number)
    collection = Collection(
        id=commands.find_free_id(session, f"magazine {number}"),
        title=named,
        argument="",
        kind=CollectionKind.ISSUE,
        state=CollectionState.DRAFT,
        cover=COVER,
        created_by=access.account_id,
        revision=1,
        edited_here=True,
    )
    issue = Issue(number=number, dated=today, collection=collection)
    _note_contributor(session, access, issue)
    session.add(issue)
    session.flush()
    audit.record_event(session, access, "issue.create", collection.id, title=named)
    return issue


def save_issue(
    session: Session, access: Access, issue: Issue, form: IssueForm, rows: Rows, revision: int
) -> None:
    """Write what the form says and the contents of a draft.

    Raises:
        CollectionConflict: ``revision`` is not the present one.
        PermanentError: it is no draft any more.
    """
    commands.lock(session, issue.collection, revision)
    _require_state(session, issue, IssueState.DRAFT)
    kept = issue.collection
    changed = store_rows(kept, rows)
    if form != IssueForm.of(issue) and form.dated is not None:
        kept.title, kept.title_en = form.title, form.title_en
        kept.language, kept.argument = form.language, form.editorial
        issue.dated = form.dated
        changed = True
    if changed:
        _note_contributor(session, access, issue)
        commands.touch(kept)
        session.flush()
        audit.record_event(session, access, "issue.change", kept.id, title=kept.title)


def delete_issue(session: Session, access: Access, issue: Issue) -> None:
    """Delete a draft. Raises PermanentError for any other."""
    commands.lock(session, issue.collection)
    _require_state(session, issue, IssueState.DRAFT)
    collection = issue.collection
    session.delete(issue)
    session.flush()
    session.delete(collection)
    audit.record_event(session, access, "issue.delete", collection.id, title=collection.title)


def list_missing(issue: Issue) -> list[Message]:
    """What a draft lacks before it can be proposed."""
    missing = []
    if not issue.collection.argument.strip():
        missing.append(Message(N_("Write the editorial: an issue without one is only a list.")))
    if not issue.collection.entries:
        missing.append(Message(N_("Add at least one entry.")))
    return missing


def propose_issue(session: Session, access: Access, issue: Issue, revision: int) -> None:
    """Ask a second person to approve the issue.

    Raises:
        CollectionConflict: ``revision`` is not the present one.
        NotReadyIssue: something is missing.
    """
    commands.lock(session, issue.collection, revision)
    _require_state(session, issue, IssueState.DRAFT)
    _require_complete(issue)
    _note_contributor(session, access, issue)
    issue.state, issue.note = IssueState.PROPOSED, ""
    _record(session, access, issue, "propose")


def recall_issue(session: Session, access: Access, issue: Issue) -> None:
    """Make a proposed or approved issue a draft again, to change it."""
    commands.lock(session, issue.collection)
    _require_state(session, issue, IssueState.PROPOSED, IssueState.APPROVED)
    _forget_approval(issue)
    _record(session, access, issue, "recall")


def may_approve(issue: Issue, access: Access) -> bool:
    """Whether the caller is somebody who did not work on the issue."""
    if access.account_id is None:
        return False
    return all(one["id"] != access.account_id for one in issue.contributors)


def approve_issue(
    session: Session, access: Access, issue: Issue, texts: IssueTexts, seen_sha256: str
) -> None:
    """Approve the texts that the caller read. ``texts``: the present ones.

    Raises:
        PermanentError: it is not proposed, is the caller's own, or says something else by now.
    """
    commands.lock(session, issue.collection)
    _require_state(session, issue, IssueState.PROPOSED)
    if not may_approve(issue, access):
        raise PermanentError(N_("An issue is approved by somebody who did not work on it."))
    if texts.sha256 != seen_sha256:
        raise PermanentError(
            N_("An entry was changed since you opened this page: read the issue again.")
        )
    account = session.get(Account, access.account_id or "")
    issue.state = IssueState.APPROVED
    issue.approved_by, issue.approved_at = access.account_id, now()
    issue.approver = display_name(account)
    issue.approved_sha256 = texts.sha256
    _record(session, access, issue, "approve")


def send_back_issue(session: Session, access: Access, issue: Issue, note: str) -> None:
    """Make a proposed or approved issue a draft again, with a note for its authors.

    Raises:
        PermanentError: it is neither, or the note is empty.
    """
    commands.lock(session, issue.collection)
    _require_state(session, issue, IssueState.PROPOSED, IssueState.APPROVED)
    if not note.strip():
        raise PermanentError(N_("Say why: the authors need to know."))
    _forget_approval(issue)
    issue.note = note.strip()
    _record(session, access, issue, "return")


def publish_issue(session: Session, access: Access, issue: Issue, texts: IssueTexts) -> bool:
    """Publish an approved issue and keep its texts as they are now.

    ``False`` if an entry was changed since the approval: then it is proposed again.

    Raises:
        PermanentError: it is not approved.
    """
    commands.lock(session, issue.collection)
    _require_state(session, issue, IssueState.APPROVED)
    _require_complete(issue)
    if texts.sha256 != issue.approved_sha256:
        _forget_approval(issue)
        issue.state = IssueState.PROPOSED
        return False
    issue.state, issue.published_at = IssueState.PUBLISHED, now()
    issue.texts, issue.texts_sha256 = texts.as_json(), texts.sha256
    issue.collection.state = CollectionState.PUBLISHED
    commands.touch(issue.collection)
    _record(session, access, issue, "publish")
    return True


def read_texts(issue: Issue) -> IssueTexts:
    """The texts of a published issue. Raises NotFound for any other."""
    if issue.state is not IssueState.PUBLISHED or issue.texts is None:
        raise NotFound()
    return IssueTexts.from_json(issue.texts)


def rows_of(issue: Issue) -> Rows:
    return list_rows(issue.collection)


def _forget_approval(issue: Issue) -> None:
    issue.state = IssueState.DRAFT
    issue.approved_by, issue.approver, issue.approved_at = None, "", None
    issue.approved_sha256 = ""


def _note_contributor(session: Session, access: Access, issue: Issue) -> None:
    if access.account_id is None:
        return
    known = issue.contributors or []
    if all(one["id"] != access.account_id for one in known):
        account = session.get(Account, access.account_id)
        name = display_name(account)
        issue.contributors = [*known, {"id": access.account_id, "name": name}]


_REFUSALS: Mapping[IssueState, str] = {
    IssueState.DRAFT: N_("This issue is a draft again: open it anew."),
    IssueState.PROPOSED: N_("This issue waits for approval: take it back to change it."),
    IssueState.APPROVED: N_("This issue is approved: take it back to change it."),
    IssueState.PUBLISHED: N_("This issue is published: what it says stays as it is."),
}


def tell_state(issue: Issue) -> Message:
    """Why an issue that is not in the expected state cannot be changed now."""
    return Message(_REFUSALS[issue.state])


def _require_state(session: Session, issue: Issue, *states: IssueState) -> None:
    session.refresh(issue)
    if issue.state not in states:
        raise PermanentError(_REFUSALS[issue.state])


def _require_complete(issue: Issue) -> None:
    for one in list_missing(issue):
        raise NotReadyIssue(one.template, **one.params)


def _record(session: Session, access: Access, issue: Issue, verb: str) -> None:
    session.flush()
    kept = issue.collection
    audit.record_event(session, access, f"issue.{verb}", kept.id, title=kept.title)
