"""Training paths: questions, progress and records"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.add_column(
        "collections", sa.Column("audience", sa.Text(), nullable=False, server_default="")
    )
    op.add_column(
        "collections",
        sa.Column("outcomes", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.create_table(
        "path_questions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("section_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("right_answers", sa.JSON(), nullable=False),
        sa.Column("document_id", sa.String(100), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"],
            ["collection_sections.id"],
            name=op.f("fk_path_questions_section_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_questions")),
    )
    op.create_index(op.f("ix_path_questions_section_id"), "path_questions", ["section_id"])
    op.create_table(
        "path_progress",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("section_id", sa.String(36), nullable=False),
        sa.Column("answered", sa.JSON(), nullable=False),
        sa.Column("begun_at", time, nullable=False),
        sa.Column("done_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_path_progress_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["section_id"],
            ["collection_sections.id"],
            name=op.f("fk_path_progress_section_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "section_id", name=op.f("pk_path_progress")),
    )
    op.create_index(op.f("ix_path_progress_section_id"), "path_progress", ["section_id"])
    op.create_table(
        "path_records",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("path_id", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("passed_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_path_records_account_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_path_records")),
    )
    op.create_index(op.f("ix_path_records_account_id"), "path_records", ["account_id"])
    op.create_index(op.f("ix_path_records_path_id"), "path_records", ["path_id"])


def downgrade() -> None:
    for table in ("path_records", "path_progress", "path_questions"):
        op.drop_table(table)
    for name in ("outcomes", "audience"):
        op.drop_column("collections", name)
