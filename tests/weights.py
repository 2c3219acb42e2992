"""How long modules of tests take, so that the longest begin first: one that began last would leave
the other worker of ``make test`` without work."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LONG = (
    "browser/test_accessible.py",
    "cards/test_drafts.py",
    "ingest/test_faults.py",
    "search/test_quality.py",
    "fetching/test_fetch.py",
    "cli/test_commands.py",
    "maintenance/test_upgrade.py",
    "web/test_odd_requests.py",
    "ingest/test_long_documents.py",
    "processes/test_many_processes.py",
    "browser/test_project_day.py",
    "ingest/test_documents.py",
    "web/test_project_rights.py",
    "web/test_hidden_things.py",
    "web/test_schema.py",
    "web/test_overload.py",
    "maintenance/test_reindex.py",
    "ingest/test_worker.py",
    "kb/test_learning.py",
    "web/test_collections.py",
    "maintenance/test_commands.py",
)
"""The modules that take longest, each more than a hundredth of all."""
HEAVY, MODEL, LIGHT = range(3)


def weigh(item: pytest.Item) -> int:
    """``HEAVY`` for a test of a module that takes long, ``MODEL`` for another one that loads the
    model or starts the program, else ``LIGHT``."""
    if item.path.relative_to(TESTS).as_posix() in LONG:
        return HEAVY
    return MODEL if item.get_closest_marker("model") else LIGHT
