"""Imports every table, for the migrations."""

from __future__ import annotations

from kb.storage import (
    accounts,
    collections,
    following,
    guesses,
    history,
    idempotency,
    model_references,
    network,
    paths,
    periodical,
    pictures,
    places,
    projects,
    public_records,
    questions,
    rate_counters,
    revisions,
    site,
    sources,
    subscriptions,
    tables,
    worksheets,
)

METADATA = tables.Base.metadata
TABLE_MODULES = (
    tables,
    accounts,
    revisions,
    pictures,
    collections,
    guesses,
    history,
    questions,
    places,
    worksheets,
    sources,
    projects,
    network,
    site,
    paths,
    periodical,
    subscriptions,
    public_records,
    following,
    rate_counters,
    model_references,
    idempotency,
)
