"""Where tables stand on pages, and what could not be read of a document"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("pages", "version_pages"):
        op.add_column(name, sa.Column("tables", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("documents", sa.Column("notes", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("documents", "notes")
    for name in ("version_pages", "pages"):
        op.drop_column(name, "tables")
