"""Practice cards written here, and what lists of practices filter by"""

import json
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RANKS = ("primary", "secondary", "unverified", "contested")


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("outcome", sa.String(length=20), nullable=False, server_default=""),
        sa.Column("life", sa.String(length=20), nullable=False, server_default=""),
        sa.Column("evidence", sa.String(length=20), nullable=False, server_default=""),
        sa.Column("verified_on", sa.Date(), nullable=True),
    )


def upgrade() -> None:
    op.create_table(
        "practice_revisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "review",
                "returned",
                "published",
                "withdrawn",
                name="revisionstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum(
                "public", "members", "researchers", name="visibility", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("contributors", sa.JSON(), nullable=False),
        sa.Column("reviewer_id", sa.String(length=36), nullable=True),
        sa.Column("reviewer_name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("updated_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("decided_at", kb.storage.tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_revisions")),
        sa.UniqueConstraint(
            "practice_id", "number", name=op.f("uq_practice_revisions_practice_id")
        ),
    )
    op.create_index(
        op.f("ix_practice_revisions_state"), "practice_revisions", ["state"], unique=False
    )
    op.create_table(
        "discarded_candidates",
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("sentence_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("discarded_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_discarded_candidates_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "document_id", "sentence_sha256", name=op.f("pk_discarded_candidates")
        ),
    )
    for column in _columns():
        op.add_column("practices", column)
    _fill()


def _fill() -> None:
    """Read the new columns from the cards that are here."""
    practices = sa.table(
        "practices",
        sa.column("id"),
        sa.column("record", sa.JSON()),
        *(sa.column(column.name, column.type) for column in _columns()),
    )
    connection = op.get_bind()
    for practice_id, record in connection.execute(sa.select(practices.c.id, practices.c.record)):
        card = json.loads(record) if isinstance(record, str) else record
        levels = {
            result["evidence"]
            for result in card.get("results", ())
            if result.get("nature", "measured") in ("measured", "estimated")
        }
        checked = card.get("verified_on")
        connection.execute(
            practices.update()
            .where(practices.c.id == practice_id)
            .values(
                outcome=card["outcome"],
                life=card["status"],
                evidence=next((level for level in RANKS if level in levels), ""),
                verified_on=date.fromisoformat(checked) if checked else None,
            )
        )


def downgrade() -> None:
    for column in reversed(_columns()):
        op.drop_column("practices", column.name)
    op.drop_table("discarded_candidates")
    op.drop_index(op.f("ix_practice_revisions_state"), table_name="practice_revisions")
    op.drop_table("practice_revisions")
