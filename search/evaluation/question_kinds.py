"""Quality per kind of question, where the test set says of what kind each question is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from search.evaluation.metrics import Qrels, Run, Score, measure_run, summarise_all


@dataclass(frozen=True)
class KindQuality:
    """``scores`` by measure, over the judged queries of one kind."""

    kind: str
    queries: int
    scores: Mapping[str, Score]


def by_kind(qrels: Qrels, run: Run, kinds: Mapping[str, str]) -> list[KindQuality]:
    """Quality of a run by kind of query, most frequent kind first.

    ``kinds`` has the kind of each query; queries without one or with an empty one are left out.
    """
    judged: dict[str, dict[str, Mapping[str, int]]] = defaultdict(dict)
    for query, documents in qrels.items():
        if kinds.get(query):
            judged[kinds[query]][query] = documents
    found = [
        KindQuality(
            kind,
            len(wanted),
            summarise_all(measure_run(wanted, run)),
        )
        for kind, wanted in judged.items()
    ]
    return sorted(found, key=lambda one: (-one.queries, one.kind))
