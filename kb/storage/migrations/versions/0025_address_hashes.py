"""Hashes of the addresses of subscriptions; answers of mail servers without their words"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("address_sha256", sa.String(64), nullable=True))
    op.create_index(op.f("ix_subscriptions_address_sha256"), "subscriptions", ["address_sha256"])
    rows = sa.table(
        "subscriptions",
        sa.column("id", sa.String),
        sa.column("address", sa.String),
        sa.column("address_sha256", sa.String),
    )
    connection = op.get_bind()
    known = sa.select(rows.c.id, rows.c.address).where(rows.c.address.is_not(None))
    for row in connection.execute(known).all():
        digest = hashlib.sha256(row.address.casefold().encode()).hexdigest()
        changed = sa.update(rows).where(rows.c.id == row.id)
        connection.execute(changed.values(address_sha256=digest))
    op.execute("UPDATE deliveries SET answer = ''")


def downgrade() -> None:
    op.drop_index(op.f("ix_subscriptions_address_sha256"), "subscriptions")
    op.drop_column("subscriptions", "address_sha256")
