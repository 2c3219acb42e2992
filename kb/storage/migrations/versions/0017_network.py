"""Profiles of people and bodies, requests between them, mails that wait, lines of the board"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = kb.storage.tables.UtcDateTime()
    op.add_column(
        "accounts", sa.Column("board", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("collections", sa.Column("begins_at", sa.Time(), nullable=True))
    op.add_column(
        "worksheets",
        sa.Column("scenarios", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.create_table(
        "profiles",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("offers", sa.Text(), nullable=False),
        sa.Column("seeks", sa.Text(), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("municipality", sa.String(6), nullable=True),
        sa.Column("known", sa.JSON(), nullable=False),
        sa.Column("visibility", sa.String(20), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("consents", sa.JSON(), nullable=False),
        sa.Column("agreed_by", sa.String(200), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("agreed_how", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(36), nullable=True),
        sa.Column("confirmed_at", time, nullable=False),
        sa.Column("reminded_at", time, nullable=True),
        sa.Column("confirm_sha256", sa.String(64), nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_profiles_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("account_id", name=op.f("uq_profiles_account_id")),
        sa.UniqueConstraint("confirm_sha256", name=op.f("uq_profiles_confirm_sha256")),
    )
    op.create_index(op.f("ix_profiles_confirmed_at"), "profiles", ["confirmed_at"])
    op.create_table(
        "contact_requests",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("profile_id", sa.String(36), nullable=True),
        sa.Column("to_unit", sa.Boolean(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("gives_address", sa.Boolean(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("answer_sha256", sa.String(64), nullable=True),
        sa.Column("reported_at", time, nullable=True),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("meeting_id", sa.String(100), nullable=True),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("answered_at", time, nullable=True),
        sa.Column("erased_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_contact_requests_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["profiles.id"],
            name=op.f("fk_contact_requests_profile_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_requests")),
        sa.UniqueConstraint("answer_sha256", name=op.f("uq_contact_requests_answer_sha256")),
    )
    for column in ("account_id", "profile_id", "state", "asked_at"):
        op.create_index(op.f(f"ix_contact_requests_{column}"), "contact_requests", [column])
    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("reply_to", sa.String(254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("sending_at", time, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mails")),
    )
    op.create_table(
        "board_lines",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("practices", sa.JSON(), nullable=False),
        sa.Column("ideas", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("signed_by", sa.String(200), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_lines")),
    )


def downgrade() -> None:
    op.execute("UPDATE collections SET event_type = 'seminar' WHERE event_type = 'meeting'")
    for table in ("board_lines", "outgoing_mails", "contact_requests", "profiles"):
        op.drop_table(table)
    # no batch: SQLite would make the tables anew, and with the old ones delete what refers to them
    op.drop_column("worksheets", "scenarios")
    op.drop_column("collections", "begins_at")
    op.drop_column("accounts", "board")
