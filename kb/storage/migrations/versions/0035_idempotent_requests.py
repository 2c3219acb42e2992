"""Requests of programs that are done once"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.create_table(
        "idempotent_requests",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("begun_at", time, nullable=False),
        sa.Column("answered_at", time, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_idempotent_requests_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_requests")),
    )
    for column in ("account_id", "begun_at"):
        op.create_index(op.f(f"ix_idempotent_requests_{column}"), "idempotent_requests", [column])


def downgrade() -> None:
    op.drop_table("idempotent_requests")
