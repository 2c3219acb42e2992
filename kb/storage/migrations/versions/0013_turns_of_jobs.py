"""Turns of accounts in the queue, and how often the program died while it was at a job"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_index("ix_jobs_queue")
        batch_op.add_column(
            sa.Column("account_id", sa.String(length=36), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.alter_column(
            "run_after", existing_type=kb.storage.tables.UtcDateTime(), nullable=True
        )
    op.create_index("ix_jobs_queue", "jobs", ["status", "turn", "id"])
    op.create_index("ix_jobs_turns", "jobs", ["status", "account_id", "turn"])
    op.execute("UPDATE jobs SET turn = id, run_after = NULL WHERE status = 'queued'")


def downgrade() -> None:
    op.execute("UPDATE jobs SET run_after = created_at WHERE run_after IS NULL")
    op.drop_index("ix_jobs_turns", "jobs")
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_index("ix_jobs_queue")
        for name in ("crashes", "size", "turn", "account_id"):
            batch_op.drop_column(name)
        batch_op.alter_column(
            "run_after", existing_type=kb.storage.tables.UtcDateTime(), nullable=False
        )
    op.create_index("ix_jobs_queue", "jobs", ["status", "run_after", "id"])
