"""Retrieval quality per pair of languages: of the question and of its relevant documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from search.evaluation.metrics import Qrels, Run, Score, measure_run, summarise_all


@dataclass(frozen=True)
class Pair:
    """``scores`` by measure over the queries in language ``query`` with relevant documents in
    ``document``."""

    query: str
    document: str
    queries: int
    scores: Mapping[str, Score]


def by_pair(
    qrels: Qrels, run: Run, asked_in: Mapping[str, str], written_in: Mapping[str, str]
) -> list[Pair]:
    """Quality of a run per language pair, most queries first.

    ``asked_in`` has the language of each query, ``written_in`` of each document. For a query with
    relevant documents in several languages, each pair is measured with the relevant documents in
    other languages removed from the run.
    """
    judged: dict[tuple[str, str], dict[str, dict[str, int]]] = defaultdict(dict)
    for query, documents in qrels.items():
        for document, relevance in documents.items():
            if relevance > 0:
                pair = (asked_in[query], written_in.get(document, ""))
                judged[pair].setdefault(query, {})[document] = relevance
    found = [
        Pair(
            *languages,
            len(wanted),
            summarise_all(measure_run(wanted, _drop_other_languages(wanted, qrels, run))),
        )
        for languages, wanted in judged.items()
    ]
    return sorted(found, key=lambda pair: (-pair.queries, pair.query, pair.document))


def _drop_other_languages(wanted: Qrels, qrels: Qrels, run: Run) -> Run:
    return {
        query: {
            document: score
            for document, score in run.get(query, {}).items()
            if document in documents or qrels[query].get(document, 0) <= 0
        }
        for query, documents in wanted.items()
    }
