"""Addresses that cards cite, what was fetched from them, and when a document was read there"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.create_table(
        "fetched_sources",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("site", sa.String(300), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("document_id", sa.String(100), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("is_page", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("archived_url", sa.Text(), nullable=False),
        sa.Column("archived_at", time, nullable=True),
        sa.Column("fetched_at", time, nullable=True),
        sa.Column("checked_at", time, nullable=True),
        sa.Column("changed_at", time, nullable=True),
        sa.Column("asked", sa.String(20), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", time, nullable=True),
        sa.Column("claimed_by", sa.String(100), nullable=False),
        sa.Column("lease_until", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_fetched_sources_document_id_documents"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetched_sources")),
    )
    for column in ("site", "document_id", "asked"):
        op.create_index(op.f(f"ix_fetched_sources_{column}"), "fetched_sources", [column])
    op.create_table(
        "fetch_sites",
        sa.Column("site", sa.String(300), nullable=False),
        sa.Column("robots", sa.Text(), nullable=False),
        sa.Column("robots_read_at", time, nullable=True),
        sa.Column("next_at", time, nullable=True),
        sa.Column("busy_until", time, nullable=True),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_fetch_sites")),
    )
    op.add_column("documents", sa.Column("accessed_at", time, nullable=True))


def downgrade() -> None:
    # no batch: SQLite would make the table anew, and with the old one delete its pages
    op.drop_column("documents", "accessed_at")
    op.drop_table("fetch_sites")
    op.drop_table("fetched_sources")
