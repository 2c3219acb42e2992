"""The titles of practices in the projects that take them up: of those alone that everybody may
see."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.domain import Status
from kb.storage import jobs
from kb.storage.locks import locked_item
from kb.storage.projects import ProjectPractice, ProjectRow

HEADINGS = {"it": "Pratica ripresa", "en": "Practice taken up"}
"""Of the section of a project's text that names the practices, by its language."""


def name_practices(sections: Iterable[list[str]], row: ProjectRow) -> list[list[str]]:
    """The sections of a project's text, those that name practices written anew after the first."""
    own = [one for one in sections if one[0] not in HEADINGS.values()]
    titles = "; ".join(one.title for one in row.practice_rows if one.title)
    heading = HEADINGS.get(row.language, HEADINGS["it"])
    return [*own[:1], *([[heading, titles]] if titles else []), *own[1:]]


def digest_text(row: ProjectRow) -> str:
    """SHA-256 of what is searched of a project."""
    content = json.dumps([row.title, row.sections], ensure_ascii=False)
    return hashlib.sha256(f"{row.id}\n{content}".encode()).hexdigest()


def show_title(session: Session, practice_id: str, title: str) -> None:
    """Write the title of a practice into the projects that take it up, or take it away if it is
    empty, and queue them to be indexed anew."""
    taken_up = select(ProjectPractice.project_id).where(
        ProjectPractice.practice_id == practice_id, ProjectPractice.title != title
    )
    for project_id in sorted(set(session.scalars(taken_up))):
        row = locked_item(session, project_id)
        if not isinstance(row, ProjectRow):
            continue
        session.refresh(row, ["practice_rows"])
        for one in row.practice_rows:
            if one.practice_id == practice_id:
                one.title = title
        if row.status is not Status.DELETED:
            row.sections = name_practices(row.sections, row)
            row.content_sha256 = digest_text(row)
            session.flush()
            jobs.enqueue_index(session, row)
