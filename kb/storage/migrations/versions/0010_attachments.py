"""Signatures of documents, and the files that came with them"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "documents", sa.Column("signatures", sa.JSON(), nullable=False, server_default="[]")
    )
    op.create_table(
        "attachments",
        sa.Column("parent_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("child_id", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["documents.id"],
            name=op.f("fk_attachments_parent_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["documents.id"],
            name=op.f("fk_attachments_child_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("parent_id", "number", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_child_id"), "attachments", ["child_id"])


def downgrade() -> None:
    op.drop_table("attachments")
    op.drop_column("documents", "signatures")
