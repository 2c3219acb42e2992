"""Projects: members, practices taken up, indicators, measurements and their checks"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("municipality", sa.String(length=6), nullable=False),
        sa.Column("seeks_partners", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=True),
        sa.Column("sheet_id", sa.String(length=100), nullable=True),
        sa.Column("card_id", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["accounts.id"],
            name=op.f("fk_projects_created_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["id"], ["items.id"], name=op.f("fk_projects_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["documents.id"], name=op.f("fk_projects_sheet_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    op.create_index(op.f("ix_projects_municipality"), "projects", ["municipality"])
    op.create_index(op.f("ix_projects_sheet_id"), "projects", ["sheet_id"])
    op.create_index(op.f("ix_projects_stage"), "projects", ["stage"])
    op.create_table(
        "indicators",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("measure", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("unit_en", sa.String(length=60), nullable=False),
        sa.Column("better", sa.String(length=20), nullable=False),
        sa.Column("aggregable", sa.Boolean(), nullable=False),
        sa.Column("baseline", sa.Double(), nullable=True),
        sa.Column("baseline_numerator", sa.Double(), nullable=True),
        sa.Column("baseline_denominator", sa.Double(), nullable=True),
        sa.Column("baseline_on", sa.Date(), nullable=True),
        sa.Column("baseline_how", sa.Text(), nullable=False),
        sa.Column("target", sa.Double(), nullable=True),
        sa.Column("target_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("every_months", sa.Integer(), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("practice_id", sa.String(length=100), nullable=False),
        sa.Column("result_key", sa.String(length=100), nullable=False),
        sa.Column("retired_at", time, nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts.id"], name=op.f("fk_indicators_owner_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_indicators_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicators")),
    )
    op.create_index(op.f("ix_indicators_measure"), "indicators", ["measure"])
    op.create_index(op.f("ix_indicators_owner_id"), "indicators", ["owner_id"])
    op.create_index(op.f("ix_indicators_project_id"), "indicators", ["project_id"])
    op.create_table(
        "project_members",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("body", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("invited_at", time, nullable=False),
        sa.Column("joined_at", time, nullable=True),
        sa.Column("left_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_project_members_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_project_members_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_members")),
    )
    op.create_index(op.f("ix_project_members_account_id"), "project_members", ["account_id"])
    op.create_index(op.f("ix_project_members_project_id"), "project_members", ["project_id"])
    op.create_table(
        "project_practices",
        sa.Column("project_id", sa.String(length=100), nullable=False),
        sa.Column("practice_id", sa.String(length=100), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_project_practices_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "practice_id", name=op.f("pk_project_practices")),
    )
    op.create_index(op.f("ix_project_practices_practice_id"), "project_practices", ["practice_id"])
    op.create_table(
        "measurements",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("indicator_id", sa.String(length=36), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(length=100), nullable=True),
        sa.Column("document_title", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.String(length=36), nullable=True),
        sa.Column("reporter", sa.String(length=200), nullable=False),
        sa.Column("reported_at", time, nullable=False),
        sa.Column("supersedes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_measurements_document_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["indicator_id"],
            ["indicators.id"],
            name=op.f("fk_measurements_indicator_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reported_by"],
            ["accounts.id"],
            name=op.f("fk_measurements_reported_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["supersedes"],
            ["measurements.id"],
            name=op.f("fk_measurements_supersedes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurements")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_measurements_supersedes")),
    )
    op.create_index(op.f("ix_measurements_document_id"), "measurements", ["document_id"])
    op.create_index(op.f("ix_measurements_indicator_id"), "measurements", ["indicator_id"])
    op.create_table(
        "measurement_checks",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("measurement_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.String(length=36), nullable=True),
        sa.Column("checker", sa.String(length=200), nullable=False),
        sa.Column("checked_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["checked_by"],
            ["accounts.id"],
            name=op.f("fk_measurement_checks_checked_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["measurement_id"],
            ["measurements.id"],
            name=op.f("fk_measurement_checks_measurement_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement_checks")),
    )
    op.create_index(
        op.f("ix_measurement_checks_measurement_id"), "measurement_checks", ["measurement_id"]
    )
    _note_adoptions_in_italy()


def _note_adoptions_in_italy() -> None:
    """Fill the filter ``taken_up`` of the cards that name a body in Italy."""
    practices = sa.table("practices", sa.column("id", sa.String), sa.column("record", sa.JSON))
    values = sa.table(
        "item_values",
        sa.column("item_id", sa.String),
        sa.column("name", sa.String),
        sa.column("value", sa.String),
    )
    rows = op.get_bind().execute(sa.select(practices.c.id, practices.c.record)).all()
    taken_up = [
        {"item_id": practice_id, "name": "taken_up", "value": "italy"}
        for practice_id, record in rows
        if any(one.get("country") == "IT" for one in record.get("adopted_by") or ())
    ]
    if taken_up:
        op.bulk_insert(values, taken_up)


def downgrade() -> None:
    for table in (
        "measurement_checks",
        "measurements",
        "project_practices",
        "project_members",
        "indicators",
        "projects",
    ):
        op.drop_table(table)
    op.execute(
        "DELETE FROM item_values WHERE name IN ('taken_up', 'measured_here', 'stage', 'place')"
    )
    # the older program knows no item of this kind
    op.execute("DELETE FROM jobs WHERE item_id IN (SELECT id FROM items WHERE kind = 'project')")
    op.execute("DELETE FROM items WHERE kind = 'project'")
    op.execute("DELETE FROM removed_items WHERE kind = 'project'")
