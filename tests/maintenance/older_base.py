"""A base as version 0.1 left it: its schema, its splitter in the index's name, its filters."""

from __future__ import annotations

from typing import Any

import qdrant_edge as edge
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from kb.domain import SPLITTER_VERSION
from kb.settings import Settings
from kb.storage.db import Database
from kb.storage.migrating import MIGRATIONS
from kb.vectors.base import ITEM_ID, VISIBILITY

HEAD = "0008"
FILTERS = {ITEM_ID, VISIBILITY, "kind", "language", "country", "themes", "year"}


def migrate(database: Database, to: str) -> None:
    """Bring the schema up or down to a revision."""
    with database.engine.execution_options(writes=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        present = MigrationContext.configure(connection).get_current_revision()
        (command.downgrade if present and present > to else command.upgrade)(config, to)


def make_older(settings: Settings) -> str:
    """Take a base that nobody has open back to version 0.1; returns the name of its index."""
    database = Database(settings.sql_url)
    migrate(database, HEAD)
    with database.engine.execution_options(writes=True).begin() as connection:
        name = connection.scalar(text("SELECT name FROM active_index"))
        older = name.replace(f"-{SPLITTER_VERSION}-", "-1-", 1)
        for table, column in (("active_index", "name"), ("items", "indexed_as")):
            connection.execute(text(f"UPDATE {table} SET {column} = :older"), {"older": older})
    database.close()
    (settings.index_dir / name).rename(settings.index_dir / older)
    shard = edge.EdgeShard.load(str(settings.index_dir / older / "shard"))
    for key in shard.info().payload_schema.keys() - FILTERS:
        shard.update(edge.UpdateOperation.delete_field_index(key))
    shard.flush()
    shard.close()
    return older


def insert(connection: Connection, table: str, **values: Any) -> None:
    """A row by plain SQL, as an older version wrote it."""
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)
