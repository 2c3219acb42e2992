"""Whether an account wants the monthly mail of due measures, and the month of the last one"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("due_mails", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column(
        "accounts", sa.Column("due_mailed", sa.String(7), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("accounts", "due_mailed")
    op.drop_column("accounts", "due_mails")
