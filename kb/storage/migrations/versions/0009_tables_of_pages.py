"""Where tables stand on pages"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("pages", "version_pages"):
        op.add_column(name, sa.Column("tables", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    for name in ("version_pages", "pages"):
        op.drop_column(name, "tables")
