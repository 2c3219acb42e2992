"""What accounts follow, the weekly mails of news, and mails that came back"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.add_column("accounts", sa.Column("digest_since", time, nullable=True))
    op.add_column("collection_entries", sa.Column("added_at", time, nullable=True))
    op.add_column("deliveries", sa.Column("bounced_at", time, nullable=True))
    op.create_table(
        "follows",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_follows_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follows")),
        sa.UniqueConstraint("account_id", "kind", "target", name=op.f("uq_follows_account_id")),
    )
    op.create_index(op.f("ix_follows_account_id"), "follows", ["account_id"])
    op.create_table(
        "digests",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", time, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("bounced_at", time, nullable=True),
        sa.Column("leave_sha256", sa.String(64), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_digests_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("account_id", "week", name=op.f("uq_digests_account_id")),
        sa.UniqueConstraint("leave_sha256", name=op.f("uq_digests_leave_sha256")),
    )
    for column in ("account_id", "state", "tried_at"):
        op.create_index(op.f(f"ix_digests_{column}"), "digests", [column])


def downgrade() -> None:
    op.drop_table("digests")
    op.drop_table("follows")
    op.drop_column("deliveries", "bounced_at")
    op.drop_column("collection_entries", "added_at")
    op.drop_column("accounts", "digest_since")
