"""Pictures of practices, read from SQL. The caller has checked that the practices may be seen."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.storage.pictures import PracticePicture


def find_picture(session: Session, practice_id: str) -> PracticePicture | None:
    return session.get(PracticePicture, practice_id)


def pictures_of(session: Session, ids: Iterable[str]) -> dict[str, PracticePicture]:
    """The pictures that there are, by the practice's id, without their bytes."""
    wanted = select(PracticePicture).where(PracticePicture.practice_id.in_(list(ids)))
    return {row.practice_id: row for row in session.scalars(wanted)}
