"""Photographs of events, with what they show, author and licence"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_photographs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("collection_id", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("added_by", sa.String(36), nullable=True),
        sa.Column("added_name", sa.String(200), nullable=False),
        sa.Column("added_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_event_photographs_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_photographs")),
    )
    op.create_index(
        op.f("ix_event_photographs_collection_id"), "event_photographs", ["collection_id"]
    )


def downgrade() -> None:
    op.drop_table("event_photographs")
