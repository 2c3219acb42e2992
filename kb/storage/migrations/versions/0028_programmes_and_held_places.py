"""Programmes of events, and until when a place is held that nobody confirmed"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "collections", sa.Column("programme", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column(
        "enrolments", sa.Column("confirm_by", kb.storage.tables.UtcDateTime(), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("enrolments", "confirm_by")
    op.drop_column("collections", "programme")
