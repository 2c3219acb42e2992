"""Places and transfer worksheets"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "place_facts",
        sa.Column("istat_code", sa.String(length=6), nullable=False),
        sa.Column("variable", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("loaded_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("istat_code", "variable", name=op.f("pk_place_facts")),
    )
    op.create_table(
        "worksheets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=100), nullable=False),
        sa.Column("practice_title", sa.Text(), nullable=False),
        sa.Column("practice_sha256", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=6), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("created_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_worksheets_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worksheets")),
    )
    op.create_index(op.f("ix_worksheets_account_id"), "worksheets", ["account_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_worksheets_account_id"), table_name="worksheets")
    op.drop_table("worksheets")
    op.drop_table("place_facts")
