"""Records that harvesters have been told of, and those withdrawn since"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_records",
        sa.Column("key", sa.String(130), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_public_records")),
    )
    op.create_index("ix_public_records_order", "public_records", ["changed_at", "key"])
    op.create_table(
        "public_record_sets",
        sa.Column("key", sa.String(130), nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.ForeignKeyConstraint(
            ["key"],
            ["public_records.key"],
            name=op.f("fk_public_record_sets_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", "name", name=op.f("pk_public_record_sets")),
    )
    op.create_index(op.f("ix_public_record_sets_name"), "public_record_sets", ["name"])


def downgrade() -> None:
    op.drop_table("public_record_sets")
    op.drop_table("public_records")
