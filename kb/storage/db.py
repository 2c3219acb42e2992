"""The database: engine, SQLite pragmas, sessions, schema migrations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)
from sqlalchemy.orm import Session, sessionmaker

from kb.messages import N_, ConfigurationError, PermanentError, TransientError
from kb.storage import (
    commits,
    projects,  # noqa: F401  # a kind of item
    public_records,
)
from kb.storage.commits import Committed
from kb.storage.migrating import SchemaFit, find_fit, migrate
from kb.text.storable import write_json

BUSY_TIMEOUT_MS = 15_000
"""Longest wait for SQLite's write lock."""
CONNECTIONS = 10
"""Connections kept open."""
MOST_CONNECTIONS = 60
"""Connections at the same time: one for each of the forty threads that answer requests, and some
for those that need a second one meanwhile, so that they never all wait for each other."""
CONNECTION_S = 15
"""Longest wait for one of them."""
MAPPED_BYTES = 1 << 28
"""Bytes of the SQLite file that are memory-mapped: a question reads hundreds of scattered rows."""
DEADLOCK = "40P01"
"""PostgreSQL's code for a transaction that it ended because two waited for each other."""
OUTAGES = frozenset({"25006", "25P03", "0A000"})
"""PostgreSQL's codes for a server that may only be read, a transaction that was idle for too long,
and, on a standby, for a table that is not copied to it. They are no OperationalError."""
UNANSWERED = N_("The database did not answer ({reason}): try again in a moment.")
SCHEMA_CHANGED = N_(
    "The tables of the database were changed by another version of this program: restart this"
    " process with the newest version."
)

log = structlog.get_logger()


class DatabaseUnavailable(TransientError):
    """The database is locked, full or unreachable. The reason may hold its address."""


class Deadlock(DatabaseUnavailable):
    """The transaction and another one waited for each other: do it again."""


class SchemaChangedError(TransientError):
    """Another version of the program changed the tables while this process ran."""


class Database:
    """An engine with its sessions. Nothing is opened before :meth:`upgrade` or a session."""

    def __init__(self, url: str) -> None:
        """Raises ConfigurationError if the URL is invalid, its driver is not installed, or the
        folder of the file cannot be created."""
        try:
            self.url = make_url(url)
            if self.url.get_backend_name() == "sqlite" and self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = _engine(url)
        except (ArgumentError, ImportError, ValueError) as error:
            raise ConfigurationError(
                N_(
                    "KB_DATABASE_URL names no database that can be used here: write it like"
                    " {example}, and install the extra `postgresql` for it."
                ),
                example="postgresql+psycopg://kb@db.example/kb",
            ) from error
        except OSError as error:
            raise ConfigurationError(
                N_(
                    "The folder of the database {file} cannot be made ({reason}): check"
                    " KB_DATA_DIR and KB_DATABASE_URL."
                ),
                file=str(self.url.database),
                reason=error.strerror or str(error),
            ) from error
        self._reads = sessionmaker(self.engine, expire_on_commit=False)
        self._writes = sessionmaker(
            self.engine.execution_options(writes=True), expire_on_commit=False
        )
        commits.watch(self._writes)
        public_records.watch(self._writes)
        self.on_commit: list[Callable[[Committed], None]] = []
        """Called after each transaction that queued jobs or changed filter values."""
        self.failed_by_schema = False
        """Whether something failed since another version of the program changed the tables."""

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A read-only session: changes are discarded.

        Raises:
            DatabaseUnavailable: the database is locked or unreachable; Deadlock is one case of it.
            SchemaChangedError: its tables were changed by another version of the program.
            PermanentError: a value of the query cannot be represented in the database.
        """
        with self.explaining(), self._reads() as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back on an exception.

        Raises:
            DatabaseUnavailable: the database is locked, full, unreachable, or may only be read at
                the moment; Deadlock is one case of it.
            TransientError: a concurrent transaction wrote the same, or another version of the
                program changed the tables.
            PermanentError: a value cannot be represented in the database.
        """
        refused = N_("The database did not accept the change ({reason}): it will be tried again.")
        try:
            with self.explaining(refused), self._writes.begin() as session:
                yield session
                session.flush()
                written = commits.written_by(session)
        except IntegrityError as error:
            raise TransientError(
                N_("Somebody changed the same thing at this moment: try again.")
            ) from error
        if written.jobs or written.items:
            self._notify(written)

    @contextmanager
    def explaining(self, unavailable: str = UNANSWERED) -> Iterator[None]:
        """Turn errors of the database within the block into those of :meth:`session`.

        ``unavailable``: template of the message where the database cannot be used.
        """
        try:
            yield
        except DataError as error:
            raise _unfit_error(error) from error
        except (DBAPIError, TimeoutError) as error:
            self._raise_if_changed(error)
            if not _is_outage(error):
                raise
            kind = Deadlock if _code_of(error) == DEADLOCK else DatabaseUnavailable
            raise kind(unavailable, reason=_reason_of(error)) from error

    def _notify(self, written: Committed) -> None:
        """Notify the listeners; their errors are logged, because the commit stands."""
        for told in self.on_commit:
            try:
                told(written)
            except Exception:
                log.exception("after a commit")

    def upgrade(self) -> None:
        """Migrate the schema to the newest version.

        Raises:
            ConfigurationError: the database cannot be opened or written, or was migrated by a newer
                version of the program.
        """
        from alembic.util import CommandError

        try:
            migrate(self.engine)
        except CommandError as error:
            raise ConfigurationError(
                N_(
                    "The database {url} was changed by another version of this program ({reason}):"
                    " install that version, or the newest one."
                ),
                url=self.url.render_as_string(hide_password=True),
                reason=str(error),
            ) from error
        except DatabaseError as error:
            raise ConfigurationError(
                N_("The database {url} cannot be used ({reason}): check KB_DATABASE_URL and disk."),
                url=self.url.render_as_string(hide_password=True),
                reason=str(error.orig),
            ) from error

    def find_schema_fit(self) -> SchemaFit:
        """Raises TransientError if the database does not answer."""
        with self.session() as session:
            return find_fit(session.connection())

    def _raise_if_changed(self, error: SQLAlchemyError) -> None:
        """Raises SchemaChangedError if that is what may have caused an error."""
        if isinstance(error, TimeoutError):  # there is no connection to ask on
            return
        try:
            with self.engine.connect() as connection:
                if find_fit(connection) is SchemaFit.SAME:
                    return
        except SQLAlchemyError:
            return
        self.failed_by_schema = True
        raise SchemaChangedError(SCHEMA_CHANGED) from error

    def close(self) -> None:
        self.engine.dispose()


def _is_outage(error: DBAPIError | TimeoutError) -> bool:
    if isinstance(error, OperationalError | TimeoutError):
        return True
    return error.connection_invalidated or _code_of(error) in OUTAGES


def _code_of(error: DBAPIError | TimeoutError) -> str:
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def _reason_of(error: DBAPIError | TimeoutError) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error)


def _unfit_error(error: DataError) -> PermanentError:
    return PermanentError(
        N_("The database cannot hold this ({reason}): change what you wrote."),
        reason=str(error.orig),
    )


def _engine(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=not url.startswith("sqlite"),
        json_deserializer=_read_json,
        json_serializer=write_json,
        pool_size=CONNECTIONS,
        max_overflow=MOST_CONNECTIONS - CONNECTIONS,
        pool_timeout=CONNECTION_S,
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    return engine


def _read_json(text: str) -> Any:
    """A column's value; ``json`` reads what ``orjson`` does not: half of a surrogate pair."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, not by the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take SQLite's write lock at the start of a writing transaction: one that has read first fails
    instead of waiting for the lock."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
