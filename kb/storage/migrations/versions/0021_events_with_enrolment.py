"""People, recordings and enrolment of events"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

EMPTY_LIST = sa.text("'[]'")


def upgrade() -> None:
    for name in ("people", "recordings"):
        column = sa.Column(name, sa.JSON(), nullable=False, server_default=EMPTY_LIST)
        op.add_column("collections", column)
    op.add_column("collections", sa.Column("licence", sa.Text(), nullable=False, server_default=""))
    op.add_column("collections", sa.Column("places", sa.Integer(), nullable=True))
    op.add_column("collections", sa.Column("enrol_until", sa.Date(), nullable=True))
    op.add_column("collections", sa.Column("hours", sa.Integer(), nullable=True))
    op.create_table(
        "enrolments",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("collection_id", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("body", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=False),
        sa.Column("certificate", sa.String(40), nullable=True),
        sa.Column("attested", sa.JSON(), nullable=False),
        sa.Column("created_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_enrolments_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_enrolments_token_sha256")),
        sa.UniqueConstraint("certificate", name=op.f("uq_enrolments_certificate")),
    )
    op.create_index(op.f("ix_enrolments_collection_id"), "enrolments", ["collection_id"])


def downgrade() -> None:
    op.drop_table("enrolments")
    for name in ("hours", "enrol_until", "places", "licence", "recordings", "people"):
        op.drop_column("collections", name)
