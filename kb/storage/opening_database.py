"""Open the database of a base."""

from __future__ import annotations

from kb.storage.base_copy import refuse_half_copied
from kb.storage.db import Database


def open_database(url: str, *, half_copied: bool) -> Database:
    """The database, migrated to the newest version; to be closed by the caller.

    Raises:
        ConfigurationError: it cannot be used, or, unless ``half_copied``, a copy into it was begun
            and not finished.
    """
    database = Database(url)
    try:
        database.upgrade()
        if not half_copied:
            refuse_half_copied(database)
    except BaseException:
        database.close()
        raise
    return database
