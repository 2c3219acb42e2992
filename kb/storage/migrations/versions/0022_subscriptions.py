"""Subscriptions to the magazine and deliveries of its issues"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.add_column(
        "outgoing_mails", sa.Column("unsubscribe", sa.Text(), nullable=False, server_default="")
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("address", sa.String(254), nullable=True),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("confirmed_at", time, nullable=True),
        sa.Column("left_at", time, nullable=True),
        sa.Column("confirm_sha256", sa.String(64), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("address", name=op.f("uq_subscriptions_address")),
        sa.UniqueConstraint("confirm_sha256", name=op.f("uq_subscriptions_confirm_sha256")),
    )
    op.create_index(op.f("ix_subscriptions_state"), "subscriptions", ["state"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("issue_id", sa.String(100), nullable=False),
        sa.Column("subscription_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", time, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("leave_sha256", sa.String(64), nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issues.collection_id"],
            name=op.f("fk_deliveries_issue_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_deliveries_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("issue_id", "subscription_id", name=op.f("uq_deliveries_issue_id")),
        sa.UniqueConstraint("leave_sha256", name=op.f("uq_deliveries_leave_sha256")),
    )
    for column in ("issue_id", "subscription_id", "state", "tried_at"):
        op.create_index(op.f(f"ix_deliveries_{column}"), "deliveries", [column])


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("subscriptions")
    op.drop_column("outgoing_mails", "unsubscribe")
