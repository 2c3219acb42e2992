"""Imports every table, for the migrations."""

from __future__ import annotations

from kb.storage import (
    accounts,
    collections,
    guesses,
    history,
    places,
    projects,
    questions,
    revisions,
    sources,
    tables,
    worksheets,
)

METADATA = tables.Base.metadata
TABLE_MODULES = (
    tables,
    accounts,
    revisions,
    collections,
    guesses,
    history,
    questions,
    places,
    worksheets,
    sources,
    projects,
)
