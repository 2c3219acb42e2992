"""Pages of the site in words, and what visitors write"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.create_table(
        "site_page_versions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("written_by", sa.String(200), nullable=False),
        sa.Column("written_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_page_versions")),
        sa.UniqueConstraint("slug", "language", "number", name=op.f("uq_site_page_versions_slug")),
    )
    op.create_table(
        "contributions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.String(36), nullable=True),
        sa.Column("decided_by", sa.String(36), nullable=True),
        sa.Column("written_at", time, nullable=False),
        sa.Column("decided_at", time, nullable=True),
        sa.Column("erased_at", time, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contributions")),
    )
    op.create_index(op.f("ix_contributions_state"), "contributions", ["state"])
    op.create_index(op.f("ix_contributions_written_at"), "contributions", ["written_at"])


def downgrade() -> None:
    op.drop_table("contributions")
    op.drop_table("site_page_versions")
