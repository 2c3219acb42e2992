"""Values that searches filter items by, and saved questions with filters by name"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SIZES = {1_000: "up-to-1000", 5_000: "up-to-5000", 20_000: "up-to-20000", 100_000: "up-to-100000"}
LISTS = {"themes": "theme", "countries": "country", "languages": "language", "kinds": "kind"}


def upgrade() -> None:
    table = op.create_table(
        "item_values",
        sa.Column("item_id", sa.String(100), nullable=False),
        sa.Column("name", sa.String(30), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
            name=op.f("fk_item_values_item_id_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item_id", "name", "value", name=op.f("pk_item_values")),
    )
    practices = sa.table(
        "practices", sa.column("id"), sa.column("record", sa.JSON), sa.column("evidence")
    )
    rows = op.get_bind().execute(sa.select(practices)).all()
    values = [
        {"item_id": row.id, "name": name, "value": value}
        for row in rows
        for name, value in _values_of(row.record, row.evidence)
    ]
    if values:
        op.bulk_insert(table, values)
    _rewrite_questions(_with_filters)


def downgrade() -> None:
    _rewrite_questions(_without_filters)
    op.drop_table("item_values")


def _values_of(record: dict[str, Any], evidence: str) -> set[tuple[str, str]]:
    place = record.get("place", {})
    found = {("population", _size_of(place.get("population")))}
    found |= {("sector", sector) for sector in record.get("sectors", ())}
    single = {
        "outcome": record.get("outcome"),
        "evidence": evidence,
        "region": place.get("region"),
        "strand": record.get("strand"),
    }
    found |= {(name, value) for name, value in single.items() if value}
    if any(cost.get("amount") is not None for cost in record.get("costs", ())):
        found.add(("costs", "yes"))
    return found


def _size_of(population: int | None) -> str:
    if population is None:
        return "not-given"
    return next((name for most, name in SIZES.items() if population <= most), "over-100000")


def _rewrite_questions(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    table = sa.table("saved_questions", sa.column("id"), sa.column("question", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(table)).all():
        connection.execute(
            table.update().where(table.c.id == row.id).values(question=change(dict(row.question)))
        )


def _with_filters(question: dict[str, Any]) -> dict[str, Any]:
    filters = {
        name: {"values": values}
        for old, name in LISTS.items()
        if (values := question.pop(old, None))
    }
    low, high = question.pop("year_from", None), question.pop("year_to", None)
    if low is not None or high is not None:
        filters["year"] = {"low": low, "high": high}
    return {**question, "filters": filters}


def _without_filters(question: dict[str, Any]) -> dict[str, Any]:
    filters = question.pop("filters", {})
    for old, name in LISTS.items():
        question[old] = filters.get(name, {}).get("values", [])
    year = filters.get("year", {})
    return {**question, "year_from": year.get("low"), "year_to": year.get("high")}
