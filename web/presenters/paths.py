"""A unit of a path for display: its readings, its questions and what explains them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from kb.access import Access
from kb.collections.contents import EntryRow, list_rows
from kb.paths.progress import Unit, is_right
from kb.paths.questions import is_passage_there, may_readers_see
from kb.storage.collections import Collection
from kb.storage.paths import PathQuestion
from kb.storage.tables import Document
from web.presenters import queries
from web.presenters.collections import ShownEntry, build_entry_presenter
from web.rendering.i18n import Locale


@dataclass(frozen=True)
class ShownQuestion:
    """A question; ``right`` is None before an answer. ``url`` is empty if the passage is gone."""

    question: PathQuestion
    given: tuple[str, ...]
    right: bool | None
    url: str
    document_title: str
    open: bool
    """Whether all readers of the path may see the passage."""
    language: str


def present_readings(
    session: Session, access: Access, path: Collection, unit: Unit, reader: Locale
) -> list[ShownEntry]:
    """The readings of a unit, in order, with the note why to read each."""
    show = build_entry_presenter(session, access, path, reader)
    rows = {row.id: row for row in list_rows(path) if isinstance(row, EntryRow)}
    return [show(rows[id]) for id in unit.readings]


def present_answers(
    session: Session,
    access: Access,
    path: Collection,
    unit: Unit,
    given: Mapping[str, Sequence[str]],
) -> list[ShownQuestion]:
    """The questions of a unit with the answers given, by id of the question."""
    return [_present(session, access, path, one, given.get(one.id, ())) for one in unit.questions]


def count_lost_passages(session: Session, access: Access, units: Sequence[Unit]) -> int:
    """How many questions have lost the passage that explains them."""
    asked = [question for unit in units for question in unit.questions]
    return sum(not is_passage_there(session, access, question) for question in asked)


def _present(
    session: Session,
    access: Access,
    path: Collection,
    question: PathQuestion,
    given: Sequence[str],
) -> ShownQuestion:
    document = queries.find_item(session, access, question.document_id)
    there = isinstance(document, Document) and is_passage_there(session, access, question)
    address = f"/documents/{question.document_id}/pages/{question.page}"
    return ShownQuestion(
        question=question,
        given=tuple(given),
        right=is_right(question, given) if given else None,
        url=f"{address}?{urlencode({'quote': question.quote})}" if there else "",
        open=may_readers_see(session, path, question.document_id),
        document_title=document.title if document is not None and there else "",
        language=document.language if document is not None and there else "",
    )
