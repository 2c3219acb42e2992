"""Compare the copy with its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
from sqlalchemy import Connection, Table, select, tuple_

from kb.domain import Status
from kb.maintenance.check import check_base
from kb.maintenance.moving.points import searchable_items
from kb.maintenance.moving.state import State, read_state
from kb.maintenance.moving.tables import (
    Row,
    copied_tables,
    plain,
    read_rows,
    sample_keys,
    select_rows,
)
from kb.messages import N_, Message
from kb.runtime.services import Services
from kb.storage.questions import Judgement, SavedQuestion
from kb.storage.tables import Item, UnansweredQuestion
from kb.vectors.opening import Filter, Vector, VectorIndex

SAMPLE_ROWS = 200
"""Rows of each table that are compared value by value."""
KEYS_AT_ONCE = 50
SAMPLE_ITEMS = 20
"""Items of which all vectors are compared."""
VECTOR_TOLERANCE = 1e-6
QUESTIONS = 50
"""Most questions that are put to both."""
SCORE_TOLERANCE = 0.02
"""Difference of scores below which two results may stand in another order: the rarity of words also
counts points that were deleted and not yet cleared away, which a new index does not have."""

Ranking = Sequence[tuple[str, float]]
"""Ids of results with their scores, best first."""
Ask = Callable[[Services, str], Ranking]
"""Puts a question to a base."""


def compare_rows(source: Connection, target: Connection, before: State) -> Iterator[Message]:
    """Tables whose number of rows or newest times differ, and those with a different row among a
    sample. ``before``: the state of the source."""
    after = read_state(target)
    for one in copied_tables():
        if after[one.name] != before[one.name]:
            yield Message(
                N_("{table} has {found} rows in the target and {expected} in the source."),
                {
                    "table": one.name,
                    "found": after[one.name][0],
                    "expected": before[one.name][0],
                },
            )
        elif wrong := _different_rows(source, target, one):
            yield Message(
                N_("{count} rows of {table} that were compared are different in the target."),
                {"count": wrong, "table": one.name},
            )


def _different_rows(source: Connection, target: Connection, of: Table) -> int:
    keys = sample_keys(source, of, SAMPLE_ROWS)
    wrong = 0
    for start in range(0, len(keys), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE]
        expected, found = (_rows(one, of, part) for one in (source, target))
        wrong += sum(found.get(key) != row for key, row in expected.items())
    return wrong


def _rows(connection: Connection, of: Table, keys: Sequence[Sequence[object]]) -> dict[object, Row]:
    names = [key.name for key in of.primary_key.columns]
    columns = [plain(of).c[name] for name in names]
    if len(columns) == 1:
        chosen = columns[0].in_([key[0] for key in keys])
    else:
        chosen = tuple_(*columns).in_([tuple(key) for key in keys])
    wanted = select_rows(of).where(chosen)
    return {tuple(row[name] for name in names): row for row in read_rows(connection, wanted)}


def compare_points(
    source: Services, target: VectorIndex, report: Callable[[int], None]
) -> Iterator[Message]:
    """Items that have other points in the target, and vectors of a sample of items that differ."""
    batches = list(searchable_items(source))
    for item_ids in batches:
        where = Filter(visibility=None, item_ids=item_ids)
        expected, found = (Counter(index.ids(where)) for index in (source.index, target))
        report(sum(expected.values()))
        for item_id in sorted({item_id for _, item_id in (expected - found) + (found - expected)}):
            counts = [sum(1 for _, id in those if id == item_id) for those in (found, expected)]
            yield Message(
                N_("{id} has {found} points in the target and {expected} in the source."),
                {"id": item_id, "found": counts[0], "expected": counts[1]},
            )
    items = sorted(id for item_ids in batches for id in item_ids)
    for item_id in items[:: max(len(items) // SAMPLE_ITEMS, 1)][:SAMPLE_ITEMS]:
        if not _same_vectors(source.index, target, item_id):
            yield Message(N_("The vectors of {id} are different in the target."), {"id": item_id})


def _same_vectors(source: VectorIndex, target: VectorIndex, item_id: str) -> bool:
    where = Filter(visibility=None, item_ids=frozenset({item_id}))
    expected, found = ({p.id: p.dense for p in index.points(where)} for index in (source, target))
    return expected.keys() == found.keys() and all(
        _near(vector, found[id]) for id, vector in expected.items()
    )


def _near(one: Vector, other: Vector) -> bool:
    return bool(np.abs(one - other).max() <= VECTOR_TOLERANCE)


def check_copy(source: Services, target: Services) -> tuple[list[Message], list[Message]]:
    """What ``kb check`` finds in the target: what is wrong there alone, and what was wrong in the
    source already."""
    found = [one for one in check_base(target).differences if not one.notice]
    if not found:
        return [], []
    known = {(one.where, str(one.what)) for one in check_base(source).differences}
    new = [one.what for one in found if (one.where, str(one.what)) not in known]
    return new, [one.what for one in found if (one.where, str(one.what)) in known]


def choose_questions(services: Services) -> list[str]:
    """Questions of users, then titles of items, each once."""
    with services.database.session() as session:
        asked = [
            *session.scalars(
                select(UnansweredQuestion.text).order_by(UnansweredQuestion.last_asked_at.desc())
            ),
            *session.scalars(select(SavedQuestion.text).order_by(SavedQuestion.id)),
            *session.scalars(select(Judgement.text).order_by(Judgement.text)),
        ]
        ready = select(Item.title).where(Item.status == Status.READY).order_by(Item.id)
        titles = session.scalars(ready).all()
    spread = titles[:: max(len(titles) // QUESTIONS, 1)]
    chosen = dict.fromkeys([*list(dict.fromkeys(asked))[: QUESTIONS // 2], *spread])
    return list(chosen)[:QUESTIONS]


def compare_searches(
    source: Services,
    target: Services,
    ask: Ask,
    progress: AbstractContextManager[Callable[[int, int], None]],
) -> tuple[int, list[Message]]:
    """Put the same questions to both; returns their number and the differences."""
    questions = choose_questions(source)
    different = []
    with progress as report:
        for number, question in enumerate(questions, start=1):
            if not same_ranking(ask(source, question), ask(target, question)):
                what = N_("“{question}” finds other results in the target.")
                different.append(Message(what, {"question": question}))
            report(number, len(questions))
    return len(questions), different


def same_ranking(one: Ranking, other: Ranking) -> bool:
    """Whether the ids are the same in the same order, except among almost equal scores."""
    if len(one) != len(other):
        return False
    return all(
        first[0] == second[0] or abs(first[1] - second[1]) <= SCORE_TOLERANCE
        for first, second in zip(one, other, strict=True)
    )
