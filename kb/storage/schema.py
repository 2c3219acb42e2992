"""Every table, gathered for the migrations."""

from __future__ import annotations

from kb.storage import cards, collections, history, people, places, questions, tables, worksheets

METADATA = tables.Base.metadata
TABLE_MODULES = (tables, people, cards, collections, history, questions, places, worksheets)
