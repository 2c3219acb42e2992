"""Report a measurement with the file that shows it, as the page and the JSON interface do."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from ingest.metadata import Metadata
from ingest.submit import submit
from kb.access import Access
from kb.domain import Kind, Visibility
from kb.projects import commands, measurements
from kb.projects.measurements import MeasurementFields
from kb.projects.values import require_indicator
from kb.runtime.services import Services
from kb.storage.accounts import AuditEntry
from kb.storage.projects import Measurement, ProjectRow
from web.presenters import queries


def may_cite(session: Session, access: Access, document_id: str) -> bool:
    """Whether the caller may see the document, or has added it and let only researchers see it."""
    if queries.find_item(session, access, document_id, Kind.DOCUMENT):
        return True
    added = select(AuditEntry.id).where(
        AuditEntry.subject_id == document_id,
        AuditEntry.action == "document.add",
        AuditEntry.account_id == access.account_id,
    )
    return session.scalars(added).first() is not None


def may_be_evidence(
    session: Session, access: Access, row: ProjectRow, indicator_id: str, document_id: str
) -> bool:
    """Whether the caller may name the document: one of its own or of the indicator's values.

    Raises NotFound for an indicator that the project does not have.
    """
    known = {one.document_id for one in require_indicator(row, indicator_id).measurements}
    return document_id in known or may_cite(session, access, document_id)


def add_evidence(
    services: Services, access: Access, file: UploadFile, visibility: Visibility
) -> tuple[str, str]:
    """Add the file as a document. Returns its id and name."""
    name = file.filename or "?"
    accepted = submit(services, file.file, name, Metadata(visibility=visibility), access)
    return accepted.id, name[-500:]


def report_value(
    session: Session,
    access: Access,
    project_id: str,
    indicator_id: str,
    fields: MeasurementFields,
) -> Measurement:
    """Report for the body that the caller acts for in the project.

    Raises:
        NotFound: there is no such project or indicator.
        PermanentError: the caller may not, or the measurement breaks a rule.
    """
    row = commands.lock_project(session, project_id)
    own = [one for one in row.members if one.account_id == access.account_id and not one.left_at]
    body = own[0].body if own else access.name
    indicator = require_indicator(row, indicator_id)
    return measurements.report(session, access, row, indicator, fields, body)
