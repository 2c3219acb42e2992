"""Versions of documents, what was removed, what is alike"""

import sqlalchemy as sa
from alembic import op

import kb.storage.tables

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removed_items",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("document", "practice", name="kind", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum(
                "public", "members", "researchers", name="visibility", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("removed_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removed_items")),
    )
    op.create_table(
        "document_versions",
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "incoming", "failed", "replaced", name="versionstate", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=150), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "page",
                "slide",
                "sheet",
                "chapter",
                "section",
                name="pageunit",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.Column("added_at", kb.storage.tables.UtcDateTime(), nullable=False),
        sa.Column("replaced_at", kb.storage.tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_versions_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "number", name=op.f("pk_document_versions")),
    )
    op.create_index(
        op.f("ix_document_versions_content_sha256"),
        "document_versions",
        ["content_sha256"],
        unique=False,
    )
    op.create_table(
        "fingerprints",
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_fingerprints_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_fingerprints")),
    )
    op.create_table(
        "likenesses",
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("other_id", sa.String(length=100), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_likenesses_document_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["documents.id"], name=op.f("fk_likenesses_other_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("document_id", "other_id", name=op.f("pk_likenesses")),
    )
    op.create_index(op.f("ix_likenesses_other_id"), "likenesses", ["other_id"], unique=False)
    op.create_table(
        "version_pages",
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("edits", sa.JSON(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "text", "empty", "garbage", "ocr", name="verdict", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["document_id", "version"],
            ["document_versions.document_id", "document_versions.number"],
            name=op.f("fk_version_pages_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "version", "number", name=op.f("pk_version_pages")),
    )
    op.add_column(
        "documents", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column(
        "jobs", sa.Column("progressed_at", kb.storage.tables.UtcDateTime(), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("jobs", "progressed_at")
    op.drop_column("documents", "version")
    op.drop_table("version_pages")
    op.drop_index(op.f("ix_likenesses_other_id"), table_name="likenesses")
    op.drop_table("likenesses")
    op.drop_table("fingerprints")
    op.drop_index(op.f("ix_document_versions_content_sha256"), table_name="document_versions")
    op.drop_table("document_versions")
    op.drop_table("removed_items")
