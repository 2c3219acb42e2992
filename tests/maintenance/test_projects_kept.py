"""Projects and the network go into a backup and come back as they were; `kb check` knows them."""

from datetime import date

import pytest
from sqlalchemy import select, update

from kb.access import Role
from kb.accounts import accounts
from kb.maintenance.backup import backup
from kb.maintenance.restore import restore
from kb.maintenance.rows import compare_rows
from kb.projects import commands, measurements
from kb.projects.indicators import IndicatorFields
from kb.projects.measurements import CheckResult, MeasurementFields
from kb.storage import network, projects
from kb.storage.db import Database
from kb.storage.projects import CheckDecision, ProjectRow, Stage
from kb.storage.schema import METADATA
from kb.storage.tables import Document

YEAR = {"period_start": date(2027, 1, 1), "period_end": date(2027, 12, 31)}
FULL = {
    "projects", "project_members", "indicators", "measurements", "measurement_checks", "profiles",
    "contact_requests", "board_lines",
}  # fmt: skip
RECORD = {"title": "Mensa", "municipality": "052032", "lead_body": "Comune di Siena"}


@pytest.fixture(scope="module")
def project_id(services):
    """A project with two measurements, one checked; a profile, a request to it, a line."""
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


def read_tables(database):
    """Every row of the tables of projects and of the network."""
    own = {projects.__name__, network.__name__}
    classes = {one.class_.__tablename__ for one in projects.Base.registry.mappers
               if one.class_.__module__ in own}  # fmt: skip
    with database.engine.connect() as connection:
        return {
            name: sorted(map(str, connection.execute(select(METADATA.tables[name])).all()))
            for name in sorted(classes)
        }


def test_they_come_back_as_they_were(services, project_id, make_settings, tmp_path):
    before = read_tables(services.database)
    assert {name for name, rows in before.items() if rows} >= FULL
    backup(services, tmp_path / "base.tar.gz")
    elsewhere = make_settings()
    restore(elsewhere, tmp_path / "base.tar.gz")
    restored = Database(f"sqlite:///{elsewhere.data_dir / 'kb.sqlite'}")
    assert read_tables(restored) == before
    restored.engine.dispose()


def test_a_check_names_a_project_that_is_not_as_its_record(services, project_id):
    with services.database.session() as session:
        found = [one.where for one in compare_rows(session)]
        assert project_id not in found
        table = ProjectRow.__table__
        session.execute(update(table).where(table.c.id == project_id).values(stage=Stage.STOPPED))
        session.expire_all()
        (difference,) = [one for one in compare_rows(session) if one.where == project_id]
        assert "Mensa" in str(difference.what)
        session.rollback()
