"""Quality per pair of languages: that of a question and that of the documents that answer it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from search.evaluation.metrics import Qrels, Run, Score, measure_run, summarise


@dataclass(frozen=True)
class Pair:
    """``scores`` by measure, over the queries in one language that have answers in the other."""

    query: str
    document: str
    queries: int
    scores: Mapping[str, Score]


def by_pair(
    qrels: Qrels, run: Run, asked_in: Mapping[str, str], written_in: Mapping[str, str]
) -> list[Pair]:
    """Quality of a run by language, most frequent pair first.

    ``asked_in`` has the language of each query, ``written_in`` of each document. Where documents in
    several languages answer a query, each language is measured as if the answers in the others
    were not there: neither wanted nor in the way.
    """
    judged: dict[tuple[str, str], dict[str, dict[str, int]]] = defaultdict(dict)
    for query, documents in qrels.items():
        for document, relevance in documents.items():
            if relevance > 0:
                pair = (asked_in[query], written_in.get(document, ""))
                judged[pair].setdefault(query, {})[document] = relevance
    found = [
        Pair(*languages, len(wanted), _scores(wanted, _without_others(wanted, qrels, run)))
        for languages, wanted in judged.items()
    ]
    return sorted(found, key=lambda pair: (-pair.queries, pair.query, pair.document))


def _scores(wanted: Qrels, run: Run) -> dict[str, Score]:
    return {name: summarise(values) for name, values in measure_run(wanted, run).items()}


def _without_others(wanted: Qrels, qrels: Qrels, run: Run) -> Run:
    return {
        query: {
            document: score
            for document, score in run.get(query, {}).items()
            if document in documents or qrels[query].get(document, 0) <= 0
        }
        for query, documents in wanted.items()
    }
