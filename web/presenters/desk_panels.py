"""The panels of the desk: each a query and up to five lines of what waits for the caller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.access import Access, Role
from kb.messages import N_
from kb.practices import drafts
from kb.practices.review import may_decide
from kb.storage.accounts import Account, AuditEntry
from kb.storage.collections import Collection, CollectionState
from kb.storage.periodical import Issue
from kb.storage.questions import Notice, SavedQuestion
from kb.storage.revisions import RevisionState
from kb.storage.tables import Item
from kb.storage.worksheets import Worksheet
from web.presenters import queries
from web.presenters.audit import present_entries
from web.presenters.worksheets import read_titles
from web.rendering.i18n import Locale
from web.rendering.names import ROLES
from web.rendering.titles import title_of

LINES = 5
"""Most lines of a panel; its link leads to the rest."""


@dataclass(frozen=True)
class DeskLine:
    """A thing that waits and the address of its page. ``language`` is that of ``text``."""

    text: str
    url: str
    note: str = ""
    language: str = ""


@dataclass(frozen=True)
class DeskPanel:
    """``empty`` is shown when there are no lines; ``all_url`` lists everything of the kind.

    ``count`` is the number before cutting to ``LINES``.
    """

    title: str
    empty: str
    all_url: str
    lines: tuple[DeskLine, ...]
    count: int


def cut_panel(title: str, empty: str, all_url: str, lines: Iterable[DeskLine]) -> DeskPanel:
    """The panel with the first lines."""
    every = tuple(lines)
    return DeskPanel(title, empty, all_url, every[:LINES], len(every))


def build_answers(session: Session, access: Access, reader: Locale) -> DeskPanel:
    rows = session.execute(
        select(Notice.item_id, SavedQuestion.text)
        .join(SavedQuestion)
        .where(SavedQuestion.account_id == access.account_id, Notice.read_at.is_(None))
        .order_by(Notice.created_at.desc())
    ).all()
    items = queries.items_by_id(session, access, {row.item_id for row in rows})
    return cut_panel(
        N_("New answers to your questions"),
        N_("Nothing new. Keep a question from its results, and new answers are named here."),
        "/questions",
        (_item_line(items[row.item_id], reader, row.text) for row in rows if row.item_id in items),
    )


def _item_line(item: Item, reader: Locale, note: str = "") -> DeskLine:
    title = title_of(item, reader)
    return DeskLine(title.text, f"/{item.kind}s/{item.id}", note, title.language)


def build_worksheets(session: Session, access: Access, reader: Locale) -> DeskPanel:
    own = select(Worksheet).where(Worksheet.account_id == access.account_id)
    kept = session.scalars(own.order_by(Worksheet.updated_at.desc())).all()
    titles = read_titles(session, access, kept, reader)
    return cut_panel(
        N_("Your transfer worksheets"),
        N_("None yet. Start one from a practice that might work at home."),
        "/worksheets",
        (
            DeskLine(
                titles[one.id].text,
                f"/worksheets/{one.id}",
                reader.date(one.updated_at),
                titles[one.id].language,
            )
            for one in kept
        ),
    )


def build_unanswered(session: Session, access: Access, reader: Locale) -> DeskPanel:
    return cut_panel(
        N_("Questions without an answer"),
        N_("Every question asked so far found an answer."),
        "/unanswered",
        (
            DeskLine(one.text, "/unanswered", f"× {reader.number(one.times)}", one.language)
            for one in queries.list_unanswered(session)
        ),
    )


def build_drafts(session: Session, access: Access, reader: Locale) -> DeskPanel:
    found = drafts.list_unfinished(session, RevisionState.DRAFT, RevisionState.RETURNED)
    returned = reader.gettext(N_("sent back"))
    return cut_panel(
        N_("Your drafts"),
        N_("None. Start a card from a document's page, or from an empty form."),
        "/drafts",
        (
            DeskLine(
                title_of(one.record, reader).text or one.practice_id,
                f"/drafts/{one.id}",
                returned if one.state is RevisionState.RETURNED else reader.date(one.updated_at),
                title_of(one.record, reader).language,
            )
            for one in found
            if one.author_id == access.account_id
        ),
    )


def build_reviews(session: Session, access: Access, reader: Locale) -> DeskPanel:
    return cut_panel(
        N_("Cards that wait for a second person"),
        N_("No card to review."),
        "/review",
        (
            DeskLine(
                title_of(one.record, reader).text or one.practice_id,
                f"/review/{one.id}",
                one.author_name,
                title_of(one.record, reader).language,
            )
            for one in drafts.list_unfinished(session, RevisionState.REVIEW)
            if may_decide(one, access)
        ),
    )


def build_failed(session: Session, access: Access, reader: Locale) -> DeskPanel:
    return cut_panel(
        N_("Documents that could not be read"),
        N_("Every document was read."),
        "/work?state=failed",
        (
            DeskLine(one.title, f"/documents/{one.id}/work", "", one.language)
            for one in queries.list_failed(session, access)
        ),
    )


def build_draft_collections(session: Session, access: Access, reader: Locale) -> DeskPanel:
    found = select(Collection).where(Collection.state == CollectionState.DRAFT)
    numbers = select(Issue.collection_id, Issue.number)
    issues = {row[0]: f"/magazine/{row[1]}/edit" for row in session.execute(numbers)}
    return cut_panel(
        N_("Collections not yet published"),
        N_("None."),
        "/collections",
        (
            DeskLine(
                title_of(one, reader).text,
                issues.get(one.id, f"/collections/{one.id}/edit"),
                reader.date(one.updated_at),
                title_of(one, reader).language,
            )
            for one in session.scalars(found.order_by(Collection.updated_at.desc()))
        ),
    )


def build_new_items(session: Session, access: Access, reader: Locale) -> DeskPanel:
    found = queries.recently_added(session, access, LINES)
    return cut_panel(
        N_("New in the library"),
        N_("Nothing yet."),
        "/practices",
        (_item_line(one, reader, reader.date(one.created_at)) for one in found),
    )


def build_accounts(session: Session, access: Access, reader: Locale) -> DeskPanel:
    number = func.count().label("number")
    rows = session.execute(select(Account.role, number).group_by(Account.role))
    counts = {row.role: row.number for row in rows}
    return cut_panel(
        N_("Accounts"),
        N_("None."),
        "/admin/accounts",
        (
            DeskLine(reader.gettext(ROLES[role]), "/admin/accounts", reader.number(counts[role]))
            for role in Role
            if role in counts
        ),
    )


def build_changes(session: Session, access: Access, reader: Locale) -> DeskPanel:
    newest = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(LINES)
    return cut_panel(
        N_("Latest changes"),
        N_("None."),
        "/admin/audit",
        (
            DeskLine(one.sentence, one.thing.url or "/admin/audit", reader.moment(one.at))
            for one in present_entries(session, session.scalars(newest).all(), reader)
        ),
    )
