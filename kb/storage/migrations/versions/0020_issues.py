"""Issues of the magazine"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.create_table(
        "issues",
        sa.Column("collection_id", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("contributors", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.String(36), nullable=True),
        sa.Column("approver", sa.String(200), nullable=False),
        sa.Column("approved_at", time, nullable=True),
        sa.Column("approved_sha256", sa.String(64), nullable=False),
        sa.Column("published_at", time, nullable=True),
        sa.Column("texts", sa.JSON(), nullable=True),
        sa.Column("texts_sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_issues_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_issues")),
        sa.UniqueConstraint("number", name=op.f("uq_issues_number")),
    )
    op.create_index(op.f("ix_issues_state"), "issues", ["state"])


def downgrade() -> None:
    op.execute("DELETE FROM collections WHERE kind = 'issue'")
    op.drop_table("issues")
