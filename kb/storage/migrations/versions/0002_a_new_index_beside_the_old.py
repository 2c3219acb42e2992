"""A new index beside the old one"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reindexing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reindexing")),
    )
    op.create_table(
        "staged_items",
        sa.Column("item_id", sa.String(length=100), nullable=False),
        sa.Column("based_on", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("staged", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
            name=op.f("fk_staged_items_item_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_staged_items")),
    )


def downgrade() -> None:
    op.drop_table("staged_items")
    op.drop_table("reindexing")
