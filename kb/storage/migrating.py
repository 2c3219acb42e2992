"""Schema migrations, by one process at a time, and which version of the schema there is."""

from __future__ import annotations

import enum
import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATING = 0x6B62
"""Advisory lock for schema changes of a PostgreSQL database by one process at a time."""
LOCK_WAIT_S = 3
"""Seconds for which a migration waits for a table of PostgreSQL. Whoever asks for the table after
it waits too, so that it gives up and tries again."""
RETRY_S = 1.0
TRIES = 150
"""About ten minutes."""
NOT_AVAILABLE = "55P03"
"""What PostgreSQL calls a lock that was not given in time."""

log = structlog.get_logger()


class SchemaFit(enum.Enum):
    """The version of a database's tables, compared with the one that this program knows."""

    SAME = "same"
    OLDER = "older"
    """Migrations of this program are missing."""
    NEWER = "newer"
    """Migrations were made that this program does not know."""


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest version that this program knows.

    A process that starts while another migrates waits for it. All migrations are one transaction:
    one that is interrupted leaves the tables as they were.

    Raises:
        CommandError: the tables are of a version that this program does not know.
        DatabaseError: the database cannot be opened or written.
    """
    with engine.connect() as connection:
        if find_fit(connection) is SchemaFit.SAME:
            return
    for left in reversed(range(TRIES)):
        try:
            _migrate_at_once(engine)
        except OperationalError as error:
            if not left or getattr(error.orig, "sqlstate", "") != NOT_AVAILABLE:
                raise
            log.info("the migration waits for tables that are in use")
            time.sleep(RETRY_S)
        else:
            return


def find_fit(connection: Connection) -> SchemaFit:
    """Determined without waiting for a lock."""
    from alembic.migration import MigrationContext

    present = set(MigrationContext.configure(connection).get_current_heads())
    if present == set(_scripts().get_heads()):
        return SchemaFit.SAME
    known = {script.revision for script in _scripts().walk_revisions()}
    return SchemaFit.OLDER if present <= known else SchemaFit.NEWER


def _migrate_at_once(engine: Engine) -> None:
    from alembic import command

    config = _config()
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATING})"))
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@functools.cache
def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())
