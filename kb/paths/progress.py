"""What a reader has done of a path, and the record of who has done all of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.collections.contents import group_rows, list_rows
from kb.messages import NotFound
from kb.paths.questions import list_questions, read_number
from kb.storage.accounts import Account
from kb.storage.collections import Collection
from kb.storage.paths import AnswerKind, PathProgress, PathQuestion, PathRecord
from kb.storage.tables import now

CODE_BYTES = 12


@dataclass(frozen=True)
class Unit:
    """A unit with its number from 1, ids of its readings, its questions, and whether it is done."""

    id: str
    number: int
    title: str
    readings: tuple[str, ...]
    questions: tuple[PathQuestion, ...]
    done: bool = False


@dataclass(frozen=True)
class UnitCounts:
    """How many have begun and done a unit."""

    unit: Unit
    begun: int
    done: int


def list_units(session: Session, path: Collection, account_id: str | None) -> list[Unit]:
    """The units in order, with what the account has done; readings before the first unit are in
    none."""
    groups = [group for group in group_rows(list_rows(path)) if group.section is not None]
    ids = [group.section.id for group in groups if group.section]
    questions = list_questions(session, ids)
    done = _list_done(session, ids, account_id)
    return [
        Unit(
            id=group.section.id,
            number=number,
            title=group.section.title,
            readings=tuple(entry.id for entry in group.entries),
            questions=tuple(questions[group.section.id]),
            done=group.section.id in done,
        )
        for number, group in enumerate(groups, 1)
        if group.section
    ]


def is_right(question: PathQuestion, answers: Sequence[str]) -> bool:
    """Whether the chosen options, or the one number, are right."""
    if question.kind is AnswerKind.NUMBER:
        given = read_number(answers[0]) if len(answers) == 1 else None
        return given is not None and given == read_number(question.right_answers[0])
    return set(answers) == set(question.right_answers)


def answer_unit(
    session: Session, account_id: str, unit: Unit, given: Mapping[str, Sequence[str]]
) -> None:
    """Note the answers, by id of the question. A question answered rightly once stays so; with the
    last one the unit is done, and a unit without questions at once. Nothing is taken back."""
    session.get(Account, account_id, with_for_update=True)
    key = {"account_id": account_id, "section_id": unit.id}
    row = session.get(PathProgress, key)
    if row is None:
        row = PathProgress(**key, answered=[])
        session.add(row)
    answered = set(row.answered)
    for question in unit.questions:
        if question.id not in given:
            continue
        right = is_right(question, given[question.id])
        question.tried += 1
        question.wrong += not right
        answered |= {question.id} if right else set()
    row.answered = sorted(answered)
    if row.done_at is None and {one.id for one in unit.questions} <= answered:
        row.done_at = now()
    session.flush()


def record_completion(session: Session, access: Access, path: Collection) -> PathRecord | None:
    """The record of the caller for this revision of the path, made when the last unit is done; None
    before. An older record stays beside it."""
    units = list_units(session, path, access.account_id)
    if not units or not all(unit.done for unit in units):
        return None
    mine = select(PathRecord).where(
        PathRecord.account_id == access.account_id, PathRecord.path_id == path.id
    )
    latest = session.scalars(mine.order_by(PathRecord.passed_at.desc())).first()
    content = [_describe(unit) for unit in units]
    if latest is not None and latest.units == content:
        return latest
    made = PathRecord(
        code=secrets.token_hex(CODE_BYTES),
        account_id=access.account_id,
        path_id=path.id,
        name=access.name,
        title=path.title,
        revision=path.revision,
        hours=path.hours,
        units=content,
    )
    session.add(made)
    session.flush()
    return made


def list_records(session: Session, account_id: str, path_id: str) -> Sequence[PathRecord]:
    """The records of an account for a path, the newest first."""
    mine = select(PathRecord).where(
        PathRecord.account_id == account_id, PathRecord.path_id == path_id
    )
    return session.scalars(mine.order_by(PathRecord.passed_at.desc())).all()


def require_record(session: Session, code: str) -> PathRecord:
    """Raises NotFound."""
    found = session.get(PathRecord, code)
    if found is None:
        raise NotFound()
    return found


def list_changes(session: Session, record: PathRecord, path: Collection) -> list[str]:
    """Titles of the units that are new or have other readings or questions since the record."""
    before = {unit["title"]: unit for unit in record.units}
    units = list_units(session, path, None)
    return [unit.title for unit in units if before.get(unit.title) != _describe(unit)]


def count_units(session: Session, path: Collection) -> list[UnitCounts]:
    """How many readers have begun and done each unit: where they stop."""
    units = list_units(session, path, None)
    rows = session.execute(
        select(PathProgress.section_id, func.count(), func.count(PathProgress.done_at))
        .where(PathProgress.section_id.in_([unit.id for unit in units]))
        .group_by(PathProgress.section_id)
    )
    counts = {row[0]: (row[1], row[2]) for row in rows}
    return [UnitCounts(unit, *counts.get(unit.id, (0, 0))) for unit in units]


def _list_done(session: Session, section_ids: Sequence[str], account_id: str | None) -> set[str]:
    if account_id is None:
        return set()
    done = select(PathProgress.section_id).where(
        PathProgress.account_id == account_id,
        PathProgress.section_id.in_(section_ids),
        PathProgress.done_at.is_not(None),
    )
    return set(session.scalars(done))


def _describe(unit: Unit) -> dict[str, Any]:
    return {
        "title": unit.title,
        "readings": list(unit.readings),
        "questions": [question.text for question in unit.questions],
    }
