"""Draws ``docs/data-model.md`` from the tables: ``python -m docs.data_model``.

A diagram in Mermaid's notation for each module of ``kb.storage``, with every column, and the
tables of other modules that it refers to by name alone.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from sqlalchemy import Column, Table
from sqlalchemy.dialects import sqlite

from kb.storage.schema import METADATA, TABLE_MODULES
from kb.storage.tables import Base

PAGE = Path(__file__).with_name("data-model.md")
HEAD = """# Data model

The tables, drawn from the code by `make data-model`; a test compares this page with them. PK marks
the primary key, FK a reference to another table; `"null"` may be empty. Lines read: one `||` has
any number `o{`, or at most one `o|`, of the other.

"""


def draw() -> str:
    """The page."""
    classes = {
        mapper.local_table.name: mapper.class_
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table)
    }
    parts = [HEAD]
    drawn: set[str] = set()
    for module in TABLE_MODULES:
        own = [
            table
            for table in METADATA.sorted_tables
            if table.name in classes and classes[table.name].__module__ == module.__name__
        ]
        drawn |= {table.name for table in own}
        parts.append(_section(module, own, classes))
    others = [table for table in METADATA.sorted_tables if table.name not in drawn]
    if others:
        parts.append(f"## Tables without a class\n\n{_diagram(others)}\n")
    return "\n".join(parts)


def _section(module: ModuleType, tables: Sequence[Table], classes: dict[str, type]) -> str:
    first_line = (module.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    told = [
        f"- `{table.name}`: {_first_sentence(classes[table.name])}"
        for table in tables
        if classes[table.name].__dict__.get("__doc__")
    ]
    path = module.__name__.replace(".", "/")
    described = "\n".join(told) + "\n\n" if told else ""
    return f"## `{path}.py`\n\n{first_line}\n\n{described}{_diagram(tables)}\n"


def _first_sentence(described: type) -> str:
    text = " ".join((inspect.getdoc(described) or "").split())
    return re.split(r"(?<=[.:;]) ", text, maxsplit=1)[0].rstrip(".:;").replace("``", "`") + "."


def _diagram(tables: Sequence[Table]) -> str:
    lines = ["```mermaid", "erDiagram"]
    for table in tables:
        lines += [f"    {table.name} {{", *map(_column, table.columns), "    }"]
    for table in tables:
        lines += sorted(_relations(table))
    return "\n".join([*lines, "```"])


def _column(column: Column[object]) -> str:
    kind = re.sub(r"\W+", "_", column.type.compile(sqlite.dialect())).strip("_").lower()
    keys = ",".join(
        mark for mark, holds in (("PK", column.primary_key), ("FK", column.foreign_keys)) if holds
    )
    note = ' "null"' if column.nullable else ""
    return f"        {kind} {column.name}{' ' + keys if keys else ''}{note}"


def _relations(table: Table) -> Iterator[str]:
    for constraint in table.foreign_key_constraints:
        columns = list(constraint.columns)
        alone = set(columns) == set(table.primary_key.columns) or any(
            column.unique for column in columns if len(columns) == 1
        )
        ours = "|o" if any(column.nullable for column in columns) else "||"
        theirs = "o|" if alone else "o{"
        names = ", ".join(column.name for column in columns)
        yield f'    {constraint.referred_table.name} {ours}--{theirs} {table.name} : "{names}"'


if __name__ == "__main__":
    PAGE.write_text(draw(), "utf-8")
