"""Copy a base to the stores of other settings, compare both, and mark the copy as finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete

from kb.embedding.embedder import find_model
from kb.maintenance.moving import verify
from kb.maintenance.moving.files import copy_files
from kb.maintenance.moving.points import copy_points, find_foreign
from kb.maintenance.moving.source import hold_still
from kb.maintenance.moving.state import State, find_begun, read_state, rows_of, shown_url
from kb.maintenance.moving.tables import copied_tables, copy_rows
from kb.maintenance.moving.target import Route
from kb.messages import N_, ConfigurationError, Message
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage.base_copy import BaseCopy
from kb.storage.disposal import referred
from kb.storage.tables import ActiveIndex, now
from kb.vectors.opening import VectorIndex, list_indexes, open_index

Report = Callable[[int, int], None]
"""Called with the number of steps done and their total."""
Progress = Callable[[str], AbstractContextManager[Report]]
"""Shows the progress of what it is given the name of."""


@dataclass(frozen=True)
class Plan:
    """What is to be copied. ``begun``: whether an earlier run has copied part of it."""

    route: Route
    rows: dict[str, int]
    files: int
    points: int
    index: str
    begun: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows if self.route.rows else None,
            "files": self.files if self.route.files else None,
            "points": self.points if self.route.points else None,
            "index": self.index,
            "begun": self.begun,
        }


@dataclass
class Copied:
    """What was copied and compared. ``wrong``: differences that keep the copy from being used;
    ``noticed``: what is worth knowing, such as what was wrong in the source already."""

    plan: Plan
    questions: int = 0
    wrong: list[Message] = field(default_factory=list)
    rankings: list[Message] = field(default_factory=list)
    """Questions with other results in the target."""
    noticed: list[Message] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.wrong and not self.rankings

    def as_json(self) -> dict[str, Any]:
        return {
            **self.plan.as_json(),
            "questions": self.questions,
            "same": self.same,
            "finished": not self.wrong,
            "differences": [str(one) for one in (*self.wrong, *self.rankings)],
            "notes": [str(one) for one in self.noticed],
        }


def plan_copy(source: Services, target: Settings, *, anew: bool = False) -> Plan:
    """What ``move`` would copy; nothing is written.

    Raises:
        ConfigurationError: the target cannot take the base, or the source is in use.
        TransientError: a store does not answer.
    """
    index = source.index
    with hold_still(source) as connection:
        plan, _ = _plan(source, target, connection, index, anew=anew)
    return plan


def move(
    source: Services,
    target: Settings,
    progress: Progress,
    ask: verify.Ask,
    *,
    anew: bool = False,
) -> Copied:
    """Copy what lies in other stores, or go on with it, and compare the copy with its source.

    ``anew``: write everything again, after deleting what an unfinished copy left in the target, or,
    where only the index moves, the points that the source does not have.

    Raises:
        ConfigurationError: the target cannot take the base, or the source is in use or has changed
            since the copy was begun.
        PermanentError: the target cannot hold a value.
        TransientError: a store does not answer or is full; the next run goes on.
    """
    index = source.index  # before the lock, because opening may write
    with hold_still(source) as connection:
        plan, begun = _plan(source, target, connection, index, anew=anew)
        state = read_state(connection)
        with _opened(source, target, plan.route) as services:
            if anew:
                _clear(source, services, plan)
            elif begun and begun.source_state != state:
                raise ConfigurationError(
                    N_(
                        "The knowledge base has changed since its copy was begun: delete what was"
                        " copied with `kb migrate --anew`, which begins again."
                    )
                )
            run = _Run(source, services, plan, connection, state, progress, ask, anew=anew)
            return run.run()


def _plan(
    source: Services, target: Settings, connection: Connection, index: VectorIndex, *, anew: bool
) -> tuple[Plan, BaseCopy | None]:
    route = Route.between(source.settings, target)
    if find_model(target).fingerprint != source.model.fingerprint:
        raise ConfigurationError(
            N_(
                "The target is set to another embedding model, and vectors are copied as they are:"
                " set KB_EMBEDDING_MODEL and KB_EMBEDDING_DIMENSIONS as here, and run `kb reindex`"
                " there afterwards."
            )
        )
    begun = find_begun(target) if route.rows else None
    if begun and begun.finished_at:
        raise ConfigurationError(
            N_(
                "The target {url} already has a finished copy, of {day}: use it, or name an empty"
                " database."
            ),
            url=shown_url(target),
            day=begun.finished_at.date().isoformat(),
        )
    present = list_indexes(target) if route.points else []  # the server must answer in any case
    if index.name in present and not begun:
        with closing(open_index(target, index.name, index.dimension)) as found:
            if route.rows:
                _require_no_points(found)
            elif not anew:
                _require_own_points(index, found)
    with source.database.session() as session:
        files = len(referred(session))
    rows = rows_of(read_state(connection))
    return Plan(route, rows, files, index.count(), index.name, begun is not None), begun


def _require_no_points(index: VectorIndex) -> None:
    if count := index.count():
        raise ConfigurationError(
            N_(
                "The index {name} of the target has {count} points already, perhaps of another"
                " knowledge base: name another server or folder."
            ),
            name=index.name,
            count=count,
        )


def _require_own_points(source: VectorIndex, target: VectorIndex) -> None:
    """Where only the index moves, points in the target may be those of an interrupted run."""
    if foreign := find_foreign(source, target):
        raise ConfigurationError(
            N_(
                "The index {name} of the target has {count} points that this knowledge base has"
                " not, perhaps those of another: name another server or folder, or another"
                " KB_QDRANT_PREFIX. If nobody needs them, `kb migrate --anew` deletes them."
            ),
            name=target.name,
            count=len(foreign),
        )


@contextmanager
def _opened(source: Services, target: Settings, route: Route) -> Iterator[Services]:
    """The target, with the model of the source, which need not be loaded twice."""
    same_folder = target.data_dir.resolve() == source.settings.data_dir.resolve()
    own = target.embedded and not (same_folder and source.settings.embedded)
    with open_services(target, own=own, half_copied=True) as services:
        services.use_model_of(source)
        if route.points:
            index = open_index(target, source.index.name, source.model.dimension)
        else:
            index = source.index
        with services.replacing_index(index):
            """From now on."""
        yield services


def _clear(source: Services, target: Services, plan: Plan) -> None:
    """Delete the rows of an unfinished copy, and the points that are not written again. Files stay:
    they are named by their content."""
    if plan.route.points:
        target.index.delete_points(find_foreign(source.index, target.index))
    if not plan.begun:
        return
    with target.database.transaction() as session:
        for one in reversed(copied_tables()):
            session.execute(delete(one))
        session.execute(delete(BaseCopy))


@dataclass
class _Run:
    source: Services
    target: Services
    plan: Plan
    connection: Connection
    """To the source's database."""
    state: State
    progress: Progress
    ask: verify.Ask
    anew: bool

    def run(self) -> Copied:
        copied = Copied(self.plan)
        route = self.plan.route
        if route.rows:
            self._copy_rows()
        if route.files:
            self._copy_files(copied)
        if route.points:
            self._copy_points()
        self._compare(copied)
        if route.rows and not copied.wrong:
            with self.target.database.transaction() as session:
                session.get_one(BaseCopy, 1).finished_at = now()
        return copied

    def _copy_rows(self) -> None:
        with self.target.database.transaction() as session:
            if session.get(BaseCopy, 1) is None:
                session.execute(delete(ActiveIndex))  # the name of an empty index
                source = shown_url(self.source.settings)
                session.add(BaseCopy(source=source, source_state=self.state))
        with self._counting("rows", sum(self.plan.rows.values())) as count:
            copy_rows(self.connection, self.target.database.engine, count)

    def _copy_files(self, copied: Copied) -> None:
        with self.source.database.session() as session:
            wanted = referred(session)
        with self._counting("files", len(wanted)) as count:
            wrong = copy_files(self.source.originals, self.target, wanted, count)
        copied.noticed += wrong

    def _copy_points(self) -> None:
        with self._counting("vectors", self.plan.points) as count:
            copy_points(self.source, self.target.index, count, anew=self.anew)

    def _compare(self, copied: Copied) -> None:
        if self.plan.route.rows:
            with self.target.database.engine.connect() as target:
                copied.wrong += verify.compare_rows(self.connection, target, self.state)
        if self.plan.route.points:
            with self._counting("vectors compared", self.plan.points) as count:
                copied.wrong += verify.compare_points(self.source, self.target.index, count)
        wrong, known = verify.check_copy(self.source, self.target)
        copied.wrong += wrong
        copied.noticed += [one for one in known if one not in copied.noticed]
        copied.questions, copied.rankings = verify.compare_searches(
            self.source, self.target, self.ask, self.progress("questions")
        )

    @contextmanager
    def _counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Yield the function that is told of each step done."""
        done = 0
        with self.progress(what) as report:

            def count(steps: int) -> None:
                nonlocal done
                done += steps
                report(done, total)

            yield count
