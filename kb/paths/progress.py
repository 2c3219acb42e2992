"""What a reader has done of a path, and the record of who has done all of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kb.access import Access
from kb.collections.contents import group_rows, list_rows
from kb.messages import NotFound
from kb.paths.attendance import is_on_list, load_events
from kb.paths.questions import digest_asked, list_questions, read_number
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionState
from kb.storage.paths import AnswerKind, PathProgress, PathQuestion, PathRecord
from kb.storage.tables import now

CODE_BYTES = 12


@dataclass(frozen=True)
class Unit:
    """A unit with its number from 1, ids of its readings and its questions.

    ``done``: whether the account has done it; ``current``: whether it has answered the questions of
    now, as some may have been added since. ``event``: whose attendance is part of it.
    """

    id: str
    number: int
    title: str
    readings: tuple[str, ...]
    questions: tuple[PathQuestion, ...]
    done: bool = False
    current: bool = False
    event: Collection | None = None
    attended: bool = False


@dataclass(frozen=True)
class UnitChange:
    """How a unit differs from what a record says: texts of questions, number of readings.

    ``is_new`` and ``is_gone`` are about the unit as a whole.
    """

    title: str
    is_new: bool = False
    is_gone: bool = False
    new_questions: tuple[str, ...] = ()
    gone_questions: tuple[str, ...] = ()
    changed_questions: tuple[str, ...] = ()
    """Asked with the same words, with other answers."""
    new_readings: int = 0
    gone_readings: int = 0
    event_changed: bool = False


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
    rows = _load_progress(session, ids, account_id)
    events = load_events(session, path)
    return [
        Unit(
            id=group.section.id,
            number=number,
            title=group.section.title,
            readings=tuple(entry.id for entry in group.entries),
            questions=tuple(questions[group.section.id]),
            done=_is_done(rows.get(group.section.id)),
            current=_is_current(
                rows.get(group.section.id),
                questions[group.section.id],
                needs_event=group.section.id in events,
            ),
            event=events.get(group.section.id),
            attended=_has_attended(rows.get(group.section.id)),
        )
        for number, group in enumerate(groups, 1)
        if group.section
    ]


def is_right(question: PathQuestion, answers: Sequence[str]) -> bool:
    """Whether the chosen options, or the one number, are right."""
    if question.kind is AnswerKind.NUMBER:
        given = read_number(answers[0]) if len(answers) == 1 else frozenset()
        return bool(given & read_number(question.right_answers[0]))
    return set(answers) == set(question.right_answers)


def answer_unit(
    session: Session,
    account_id: str,
    unit: Unit,
    given: Mapping[str, Sequence[str]],
    *,
    counted: bool = True,
) -> None:
    """Note the answers, by id of the question. A question answered rightly once stays so; with the
    last one the unit is done, and a unit without questions at once; a unit with an event needs the
    attendance too. Nothing is taken back."""
    session.get_one(Account, account_id, with_for_update=True)
    row = open_progress(session, account_id, unit.id)
    if unit.event is not None and is_on_list(session, unit.event, account_id):
        row.attended_at = row.attended_at or now()
    answered = set(row.answered)
    for question in unit.questions:
        if question.id not in given:
            continue
        right = is_right(question, given[question.id])
        if counted:
            session.execute(
                update(PathQuestion)
                .where(PathQuestion.id == question.id)
                .values(tried=PathQuestion.tried + 1, wrong=PathQuestion.wrong + int(not right))
            )
        answered |= {question.id} if right else set()
    row.answered = sorted(answered)
    close_progress(row, unit.questions, needs_event=unit.event is not None)
    session.flush()


def open_progress(session: Session, account_id: str, section_id: str) -> PathProgress:
    """What the account has done of a unit; begun if it was not."""
    key = {"account_id": account_id, "section_id": section_id}
    row = session.get(PathProgress, key)
    if row is None:
        row = PathProgress(**key, answered=[])
        session.add(row)
    return row


def close_progress(
    row: PathProgress, questions: Sequence[PathQuestion], *, needs_event: bool
) -> None:
    """Note that the unit is done, if it is."""
    if row.done_at is None and _is_current(row, questions, needs_event=needs_event):
        row.done_at = now()


def record_completion(session: Session, access: Access, path: Collection) -> PathRecord | None:
    """The newest record of the caller; None before the last unit is done.

    A record is made when all units are done, and another one when all questions that were added
    since are answered too; the older one stays beside it. A draft gives none.
    """
    units = list_units(session, path, access.account_id)
    mine = select(PathRecord).where(
        PathRecord.account_id == access.account_id, PathRecord.path_id == path.id
    )
    latest = session.scalars(mine.order_by(PathRecord.passed_at.desc())).first()
    content = [_describe(unit) for unit in units]
    if not is_complete(units) or path.state is not CollectionState.PUBLISHED:
        return latest
    if latest is not None and _list_asked(latest.units) == _list_asked(content):
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


def is_complete(units: Sequence[Unit]) -> bool:
    """Whether all units are done, with the questions and events of now."""
    return bool(units) and all(unit.done and unit.current for unit in units)


def lacks_record(units: Sequence[Unit], records: Sequence[PathRecord]) -> bool:
    """Whether all is done and the newest record does not say so, as when the last unit that was
    missing was removed, or attendance came last."""
    if not is_complete(units):
        return False
    asked = _list_asked([_describe(unit) for unit in units])
    return not records or _list_asked(records[0].units) != asked


def list_records(
    session: Session, account_id: str, path_id: str | None = None
) -> Sequence[PathRecord]:
    """The records of an account, for a path or for all, the newest first."""
    mine = select(PathRecord).where(PathRecord.account_id == account_id)
    if path_id is not None:
        mine = mine.where(PathRecord.path_id == path_id)
    return session.scalars(mine.order_by(PathRecord.passed_at.desc())).all()


def require_record(session: Session, code: str) -> PathRecord:
    """Raises NotFound."""
    found = session.get(PathRecord, code)
    if found is None:
        raise NotFound()
    return found


def list_changes(session: Session, record: PathRecord, path: Collection) -> list[UnitChange]:
    """The units that are new, gone, or have other readings, questions or events since the
    record."""
    before = {unit["title"]: unit for unit in record.units}
    units = {unit.title: _describe(unit) for unit in list_units(session, path, None)}
    compared = [
        _compare(before[title], unit) if title in before else UnitChange(title, is_new=True)
        for title, unit in units.items()
    ]
    gone = [UnitChange(title, is_gone=True) for title in before if title not in units]
    return [one for one in compared if one != UnitChange(one.title)] + gone


def _compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> UnitChange:
    asked, asks = before["questions"], after["questions"]
    known = dict(zip(asked, before.get("answers", ()), strict=False))
    answers = dict(zip(asks, after["answers"], strict=True))
    return UnitChange(
        after["title"],
        new_questions=tuple(text for text in asks if text not in asked),
        gone_questions=tuple(text for text in asked if text not in asks),
        changed_questions=tuple(
            text for text in asks if text in known and known[text] != answers[text]
        ),
        new_readings=len(set(after["readings"]) - set(before["readings"])),
        gone_readings=len(set(before["readings"]) - set(after["readings"])),
        event_changed=before.get("event_id", "") != after["event_id"],
    )


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


def _load_progress(
    session: Session, section_ids: Sequence[str], account_id: str | None
) -> dict[str, PathProgress]:
    if account_id is None:
        return {}
    mine = select(PathProgress).where(
        PathProgress.account_id == account_id, PathProgress.section_id.in_(section_ids)
    )
    return {row.section_id: row for row in session.scalars(mine)}


def _is_done(row: PathProgress | None) -> bool:
    return row is not None and row.done_at is not None


def _has_attended(row: PathProgress | None) -> bool:
    return row is not None and row.attended_at is not None


def _is_current(
    row: PathProgress | None, questions: Sequence[PathQuestion], *, needs_event: bool
) -> bool:
    if row is None or (needs_event and row.attended_at is None):
        return False
    return {one.id for one in questions} <= set(row.answered)


def _list_asked(units: Sequence[dict[str, Any]]) -> list[tuple[str, list[str], str]]:
    """Title, questions and event of each unit: what a record says was answered and attended."""
    return [(unit["title"], unit["questions"], unit.get("event_id", "")) for unit in units]


def _describe(unit: Unit) -> dict[str, Any]:
    return {
        "title": unit.title,
        "readings": list(unit.readings),
        "questions": [question.text for question in unit.questions],
        "answers": [digest_asked(question) for question in unit.questions],
        "event": unit.event.title if unit.event is not None else "",
        "event_id": unit.event.id if unit.event is not None else "",
    }
