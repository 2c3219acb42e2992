"""Events of units of paths with attendance, and the key that signs badges"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("collection_sections", sa.Column("event_id", sa.String(100), nullable=True))
    op.create_index(op.f("ix_collection_sections_event_id"), "collection_sections", ["event_id"])
    op.add_column(
        "path_progress", sa.Column("attended_at", kb.storage.tables.UtcDateTime(), nullable=True)
    )
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("made_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
        sa.UniqueConstraint("purpose", name=op.f("uq_signing_keys_purpose")),
    )


def downgrade() -> None:
    op.drop_table("signing_keys")
    op.drop_column("path_progress", "attended_at")
    op.drop_index(op.f("ix_collection_sections_event_id"), table_name="collection_sections")
    op.drop_column("collection_sections", "event_id")
