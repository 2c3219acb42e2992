"""Projects and the network go into a backup and come back as they were; `kb check` knows them."""

import pytest
from sqlalchemy import select, update

from kb.maintenance.backup import backup
from kb.maintenance.restore import restore
from kb.maintenance.rows import compare_rows
from kb.storage import network, projects
from kb.storage.db import Database
from kb.storage.projects import ProjectRow, Stage
from kb.storage.schema import METADATA
from tests.databases import of_sqlite
from tests.maintenance.one_project import add_project

FULL = {
    "projects", "project_members", "indicators", "measurements", "measurement_checks", "profiles",
    "contact_requests", "board_lines",
}  # fmt: skip


@pytest.fixture(scope="module")
def project_id(services):
    return add_project(services)


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


@of_sqlite
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
