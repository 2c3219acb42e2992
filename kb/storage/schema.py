"""Every table, gathered for the migrations."""

from __future__ import annotations

from kb.storage import people, tables

METADATA = tables.Base.metadata
TABLE_MODULES = (tables, people)
