"""Entity tags of kept answers"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "idempotent_requests", sa.Column("etag", sa.String(100), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("idempotent_requests", "etag")
