"""What a search needs of practice records, parsed once per revision and kept in this process."""

from __future__ import annotations

from kb.practices.practice import Practice
from kb.practices.record_cache import RecordCache
from search.similarity.gower import CardContext

MOST_PRACTICES = 1000
"""Of some 20 KB each."""
MOST_CONTEXTS = 10_000
"""Of less than 1 KB each."""

PRACTICES = RecordCache(Practice.model_validate, MOST_PRACTICES)
CONTEXTS = RecordCache(CardContext.model_validate, MOST_CONTEXTS)
