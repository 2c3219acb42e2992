"""What the frozen measurement sheet of a project says, as a hash"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "projects", sa.Column("sheet_sha256", sa.String(64), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("projects", "sheet_sha256")
