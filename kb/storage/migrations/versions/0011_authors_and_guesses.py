"""Authors as people and bodies, and guesses that wait to be confirmed"""

import sqlalchemy as sa
from alembic import op

from kb.text.names import names_in

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FIELDS = ("title", "authors", "year", "publisher")
REASONS = (
    "published", "imprint", "title", "file_name", "modified", "created", "period", "properties",
    "large_line", "heading", "first_line", "name_alone",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "guesses",
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("field", sa.Enum(*FIELDS, native_enum=False, length=20), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Enum(*REASONS, native_enum=False, length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_guesses_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "field", "rank", name=op.f("pk_guesses")),
    )
    op.add_column(
        "documents", sa.Column("author_names", sa.JSON(), nullable=False, server_default="[]")
    )
    documents = sa.table(
        "documents", sa.column("id"), sa.column("authors", sa.JSON()),
        sa.column("author_names", sa.JSON()),
    )  # fmt: skip
    connection = op.get_bind()
    for row in connection.execute(sa.select(documents.c.id, documents.c.authors)).all():
        found = [(author, names_in(author)) for author in row.authors]
        authors = [
            author if len(names) == 1 else name.shown for author, names in found for name in names
        ]
        names = [name.as_json() for _, several in found for name in several]
        connection.execute(
            documents.update()
            .where(documents.c.id == row.id)
            .values(authors=authors, author_names=names)
        )


def downgrade() -> None:
    op.drop_column("documents", "author_names")
    op.drop_table("guesses")
