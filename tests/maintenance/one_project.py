"""A project with two measurements, one checked; a profile, a request to it, a line."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from kb.access import Role
from kb.accounts import accounts
from kb.projects import commands, measurements
from kb.projects.indicators import IndicatorFields
from kb.projects.measurements import CheckResult, MeasurementFields
from kb.runtime.services import Services
from kb.storage import network
from kb.storage.projects import CheckDecision
from kb.storage.tables import Document

YEAR = {"period_start": date(2027, 1, 1), "period_end": date(2027, 12, 31)}
RECORD = {"title": "Mensa", "municipality": "052032", "lead_body": "Comune di Siena"}


def add_project(services: Services) -> str:
    """Returns the project's id. The base has a document."""
    with services.database.transaction() as session:
        lead = accounts.create(session, "lead", Role.OFFICER)
        checker = accounts.create(session, "checker", Role.RESEARCHER)
        session.flush()
        leads, checks = accounts.access_of(lead), accounts.access_of(checker)
        row = commands.create_project(session, leads, RECORD)
        fields = IndicatorFields(text="Pasti", unit="%", baseline=10, target=40)
        indicator = commands.save_indicator(session, leads, row, fields)
        evidence = session.scalars(select(Document.id)).first()
        given = MeasurementFields(**YEAR, value=21.5, document_id=evidence)
        wrong = measurements.report(session, leads, row, indicator, given, "Comune")
        measurements.decide(
            session, checks, row, wrong.id, CheckResult(CheckDecision.SENT_BACK, "Sono 22.")
        )
        given = given.model_copy(update={"value": 22.0, "supersedes": wrong.id})
        right = measurements.report(session, leads, row, indicator, given, "Comune")
        measurements.decide(session, checks, row, right.id, CheckResult(CheckDecision.CHECKED))
        row.sheet_id, row.sheet_sha256, row.card_id = evidence, "a" * 64, "mensa"
        profile = network.Profile(
            account_id=lead.id, kind=network.ProfileKind.BODY, name="Comune", offers="Mense"
        )
        session.add(profile)
        session.flush()
        asked = {"account_id": checker.id, "profile_id": profile.id, "question": "Come?"}
        session.add(network.ContactRequest(**asked))
        session.add(network.BoardLine(text="Mense", signed_by="B", signed_on=date(2027, 1, 1)))
        return row.id
