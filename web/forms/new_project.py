"""Begin a project from a practice or a worksheet, as the page and the JSON interface do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.projects.commands import create_project
from kb.projects.from_worksheet import fields_of_worksheet
from kb.storage.projects import ProjectRow
from kb.worksheets.commands import require_worksheet
from web.http.context import require_account
from web.presenters import queries


def read_worksheet(session: Session, access: Access, worksheet_id: str) -> dict[str, Any]:
    """Fields of a project from the caller's worksheet, without a practice that the caller may not
    see any more. Raises NotFound."""
    worksheet = require_worksheet(session, require_account(access), worksheet_id)
    found = fields_of_worksheet(worksheet)
    if queries.find_practice(session, access, worksheet.practice_id) is None:
        found["practice_ids"] = []
    return found


def begin_project(
    session: Session,
    access: Access,
    told: Mapping[str, Any],
    practice_id: str = "",
    worksheet_id: str = "",
) -> ProjectRow:
    """Create a project with what the worksheet found, the themes of the practice, and what is
    ``told`` (fields of a ``Project``), which counts more.

    Raises:
        NotFound: the caller has no such worksheet.
        PermanentError: the caller may not, or a field is wrong.
    """
    found = read_worksheet(session, access, worksheet_id) if worksheet_id else {}
    card = queries.find_practice(session, access, practice_id) if practice_id else None
    values = {
        "practice_ids": [card.id] if card else found.get("practice_ids", []),
        "themes": list(card.themes) if card else [],
    }
    return create_project(session, access, {**found, **values, **told})
