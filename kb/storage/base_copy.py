"""Table of the copy that ``kb migrate`` makes of another base into this one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, mapped_column

from kb.messages import N_, ConfigurationError
from kb.storage.db import Database
from kb.storage.tables import Base, now


class BaseCopy(Base):
    """The single row of a base that was copied here, or is being copied."""

    __tablename__ = "base_copy"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    source: Mapped[str] = mapped_column(Text)
    """URL of the database it is copied from, without password."""
    source_state: Mapped[dict[str, Any]]
    """Rows and newest times of each table of the source when the copy began, see
    ``kb.maintenance.moving.state``."""
    begun_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    """When everything was copied and compared; until then nothing else may use the base."""


def refuse_half_copied(database: Database) -> None:
    """Raises ConfigurationError if a copy into this database was begun and not finished."""
    unfinished = select(BaseCopy.source).where(BaseCopy.finished_at.is_(None))
    with database.session() as session:
        source = session.scalar(unfinished)
    if source is not None:
        raise ConfigurationError(
            N_(
                "The copy of {source} into this knowledge base is not finished: run the same"
                " `kb migrate` again, it goes on."
            ),
            source=source,
        )
