"""Random secrets that all processes on a database share."""

from __future__ import annotations

import secrets
import uuid
from contextlib import suppress

from sqlalchemy import select

from kb.messages import N_, TransientError
from kb.storage.db import Database
from kb.storage.paths import SigningKey

BYTES = 32


def load_or_make_secret(database: Database, purpose: str) -> bytes:
    """The secret of a purpose; of two processes that make the first one, both use that of the
    earlier.

    Raises:
        TransientError: the database does not answer, or could not keep the first one.
    """
    present = select(SigningKey.private_key).where(SigningKey.purpose == purpose)
    with database.session() as session:
        found = session.scalar(present)
    if found is None:
        made = SigningKey(
            id=str(uuid.uuid4()), purpose=purpose, private_key=secrets.token_hex(BYTES)
        )
        with suppress(TransientError), database.transaction() as session:
            session.add(made)
        with database.session() as session:
            found = session.scalar(present)
    if found is None:
        raise TransientError(
            N_("The secret of the counters could not be kept in the database: try again.")
        )
    return bytes.fromhex(found)
