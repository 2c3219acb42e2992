"""The name of the first index of a base, agreed on by processes that start at once."""

from __future__ import annotations

from kb.messages import TransientError
from kb.storage.db import Database
from kb.storage.tables import ActiveIndex


def name_first_index(database: Database, name: str) -> ActiveIndex:
    """Note ``name`` as that of the active index where there is none; returns the one that is noted
    then, which another process may have named.

    Raises:
        TransientError: the database does not answer.
    """
    named = ActiveIndex(id=1, name=name)
    try:
        with database.transaction() as session:
            session.add(named)
    except TransientError:
        with database.session() as session:
            others = session.get(ActiveIndex, 1)
        if others is None:
            raise
        return others
    return named
