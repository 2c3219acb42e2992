"""Questions that people keep"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "judgements",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("item_id", sa.String(length=100), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("judged_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_judgements_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_judgements_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "text", "item_id", name=op.f("pk_judgements")),
    )
    op.create_table(
        "saved_questions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("created_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("checked_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_saved_questions_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_questions")),
    )
    op.create_table(
        "notices",
        sa.Column("saved_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=100), nullable=False),
        sa.Column("created_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("read_at", kb.storage.tables.UtcDateTime(), nullable=True),
        sa.Column("mailed_at", kb.storage.tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_notices_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["saved_id"],
            ["saved_questions.id"],
            name=op.f("fk_notices_saved_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("saved_id", "item_id", name=op.f("pk_notices")),
    )
    op.add_column(
        "unanswered_questions",
        sa.Column("settled_at", kb.storage.tables.UtcDateTime(), nullable=True),
    )


def downgrade() -> None:
    op.drop_column("unanswered_questions", "settled_at")
    op.drop_table("notices")
    op.drop_table("saved_questions")
    op.drop_table("judgements")
