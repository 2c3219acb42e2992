"""Collections made here"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "collection_images",
        sa.Column("collection_id", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_images_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_collection_images")),
    )
    op.create_table(
        "collection_sections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("collection_id", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_sections_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_sections")),
    )
    op.create_index(
        op.f("ix_collection_sections_collection_id"),
        "collection_sections",
        ["collection_id"],
        unique=False,
    )
    for column in _columns():
        op.add_column("collections", column)
    _key_entries_by("item_id")


def _columns() -> tuple[sa.Column[Any], ...]:
    """Defaults for the rows that are here; SQLite cannot take them away again."""
    return (
        sa.Column("language", sa.String(length=10), nullable=False, server_default="it"),
        sa.Column(
            "state",
            sa.Enum("draft", "published", name="collectionstate", native_enum=False, length=20),
            nullable=False,
            server_default="published",
        ),
        sa.Column(
            "kind",
            sa.Enum("thematic", "event", name="collectionkind", native_enum=False, length=20),
            nullable=False,
            server_default="thematic",
        ),
        sa.Column(
            "event_type",
            sa.Enum(
                "workshop", "master", "seminar", name="eventtype", native_enum=False, length=20
            ),
            nullable=True,
        ),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("held_in", sa.Text(), nullable=False, server_default=""),
        sa.Column("organiser", sa.Text(), nullable=False, server_default=""),
        sa.Column("cover", sa.String(length=20), nullable=False, server_default="hills"),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("edited_here", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_by", sa.String(length=36), nullable=True),
    )


def _key_entries_by(name: str) -> None:
    """Make the table anew with another key; an item that a collection lists twice stays once."""
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT * FROM collection_entries ORDER BY position"))
    kept = {(row.collection_id, getattr(row, name)): row._asdict() for row in rows.all()[::-1]}
    op.drop_table("collection_entries")
    entries = op.create_table(
        "collection_entries",
        sa.Column("collection_id", sa.String(length=100), nullable=False),
        sa.Column("item_id", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_entries_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", name, name=op.f("pk_collection_entries")),
    )
    op.bulk_insert(entries, list(kept.values()))


def downgrade() -> None:
    _key_entries_by("position")
    for column in reversed(_columns()):
        op.drop_column("collections", column.name)
    op.drop_index(op.f("ix_collection_sections_collection_id"), table_name="collection_sections")
    op.drop_table("collection_sections")
    op.drop_table("collection_images")
