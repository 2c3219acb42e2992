"""Accounts for which enrolments count"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrolments", sa.Column("account_id", sa.String(36), nullable=True))
    op.create_index(op.f("ix_enrolments_account_id"), "enrolments", ["account_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_enrolments_account_id"), table_name="enrolments")
    op.drop_column("enrolments", "account_id")
