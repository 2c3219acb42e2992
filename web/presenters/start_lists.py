"""What each role has to do next, and whether it is done; all read from the base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from kb.access import Access, Right, Role
from kb.domain import Kind, Status
from kb.messages import N_
from kb.practices import drafts
from kb.practices.card_figures import count_places
from kb.practices.review import may_decide
from kb.settings import Settings
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionEntry, CollectionState
from kb.storage.kept import keep_until_change
from kb.storage.questions import SavedQuestion
from kb.storage.revisions import RevisionState
from kb.storage.tables import PracticeRow
from kb.storage.worksheets import Worksheet
from web.presenters import queries
from web.presenters.first_steps import StartStep, first_steps
from web.presenters.guesses import count_unconfirmed


def list_steps(session: Session, access: Access, settings: Settings) -> list[StartStep]:
    """The steps of the caller's role while any is open; otherwise none."""
    if access.account_id is None:
        return []
    match access.role:
        case Role.ADMIN:
            return first_steps(session, access, settings)
        case Role.RESEARCHER:
            key = (list_steps, access.role, access.account_id)
            steps = keep_until_change(session, key, lambda: _list_for_researcher(session, access))
        case Role.CURATOR:
            steps = _list_for_curator(session, access)
        case _:
            steps = _list_for_reader(session, access) if access.may(Right.NOTES) else []
    return [] if all(step.done for step in steps) else steps


def _to_do(text: str, hint: str, count: int, url: str) -> StartStep:
    """A step that is done when nothing of its kind is left."""
    return StartStep(text, hint, count == 0, url, count=count)


def _list_for_researcher(session: Session, access: Access) -> list[StartStep]:
    places = count_places(session, access)
    return [
        _to_do(
            N_("Documents to read"),
            N_("No card cites them yet: is there a practice in them?"),
            _count_uncited(session, access),
            "/documents",
        ),
        _to_do(
            N_("Guessed data to confirm"),
            N_("Titles, authors and years that the program read from the files."),
            count_unconfirmed(session, access),
            "/documents/to-confirm",
        ),
        _to_do(
            N_("Figures without a page"),
            N_("Find them in the sources, so that the reader sees the proof."),
            places.figures - places.with_page,
            "/sources",
        ),
        _to_do(
            N_("Drafts to finish"),
            N_("Your cards that are not yet sent to a second person, or were sent back."),
            _count_own_drafts(session, access),
            "/drafts",
        ),
        _to_do(
            N_("Questions without an answer"),
            N_("What people asked and the library does not hold."),
            queries.count_unanswered(session),
            "/unanswered",
        ),
    ]


def _list_for_curator(session: Session, access: Access) -> list[StartStep]:
    draft = select(func.count()).where(Collection.state == CollectionState.DRAFT)
    bare = select(func.count()).select_from(CollectionEntry).where(CollectionEntry.note == "")
    return [
        _to_do(
            N_("Collections to publish"),
            N_("Drafts that only curators see."),
            session.scalar(draft) or 0,
            "/collections",
        ),
        _to_do(
            N_("Items without a reason"),
            N_("In collections: say in a note why each is there."),
            session.scalar(bare) or 0,
            "/collections",
        ),
        _to_do(
            N_("Cards to review"),
            N_("They wait for a second person."),
            _count_reviews(session, access),
            "/review",
        ),
        _to_do(
            N_("Questions without an answer"),
            N_("What people asked and the library does not hold."),
            queries.count_unanswered(session),
            "/unanswered",
        ),
    ]


def _list_for_reader(session: Session, access: Access) -> list[StartStep]:
    own = session.get(Account, access.account_id)
    steps = [
        StartStep(
            N_("Set your municipality"),
            N_("Results are compared with it."),
            bool(own and own.municipality),
            "/account",
        ),
        StartStep(
            N_("Keep a question"),
            N_("Ask it, then choose “Tell me about new answers” above the results."),
            _has(session, select(exists().where(SavedQuestion.account_id == access.account_id))),
            "/search",
        ),
    ]
    if access.role is Role.MEMBER:
        return steps
    worksheet = StartStep(
        N_("Start a transfer worksheet"),
        N_("On the page of a practice: what it needs, and what of it your municipality has."),
        _has(session, select(exists().where(Worksheet.account_id == access.account_id))),
        "/practices",
    )
    return [*steps, worksheet]


def _has(session: Session, found: Select[tuple[bool]]) -> bool:
    return bool(session.scalar(found))


def _count_uncited(session: Session, access: Access) -> int:
    """The documents ready to be read that no published card names among its sources."""
    records = session.scalars(
        select(PracticeRow.record).where(PracticeRow.status != Status.DELETED)
    )
    cited = {id for record in records for id in _documents_of(record)}
    ready = queries.list_ready_ids(session, access, Kind.DOCUMENT)
    return len(ready - cited)


def _documents_of(record: Mapping[str, Any]) -> set[str]:
    return {source["document"] for source in record.get("sources", ()) if source.get("document")}


def _count_own_drafts(session: Session, access: Access) -> int:
    found = drafts.list_unfinished(session, RevisionState.DRAFT, RevisionState.RETURNED)
    return sum(one.author_id == access.account_id for one in found)


def _count_reviews(session: Session, access: Access) -> int:
    found = drafts.list_unfinished(session, RevisionState.REVIEW)
    return sum(may_decide(one, access) for one in found)
