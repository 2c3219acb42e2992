"""A test set some of whose answers are taken out, so that the rest is on the same subjects."""

from __future__ import annotations

import random
from dataclasses import replace

from kb.messages import N_, PermanentError
from search.evaluation.metrics import TestSet


def choose_removed(test_set: TestSet, share: float, seed: int) -> frozenset[str]:
    """The ids of ``share`` of the relevant documents, from 0 to 1, drawn at random."""
    relevant = {
        document
        for query in test_set.queries
        for document, relevance in test_set.qrels[query.id].items()
        if relevance > 0
    }
    drawn = random.Random(seed).sample(sorted(relevant), round(share * len(relevant)))  # noqa: S311
    return frozenset(drawn)


def remove_answers(test_set: TestSet, removed: frozenset[str]) -> TestSet:
    """The set without these documents; queries that nothing left answers are unanswerable.

    Raises:
        PermanentError: no query is left that something answers.
    """
    qrels = {
        query: {document: value for document, value in judged.items() if document not in removed}
        for query, judged in test_set.qrels.items()
    }
    answerable = tuple(
        query for query in test_set.queries if any(value > 0 for value in qrels[query.id].values())
    )
    if not answerable:
        raise PermanentError(
            N_("Nothing answers any query once these documents are removed: remove fewer.")
        )
    left = {query.id for query in answerable}
    emptied = tuple(
        replace(query, answerable=False) for query in test_set.queries if query.id not in left
    )
    return replace(
        test_set,
        documents=tuple(one for one in test_set.documents if one.id not in removed),
        queries=answerable,
        qrels={query.id: qrels[query.id] for query in answerable},
        unanswerable=(*test_set.unanswerable, *emptied),
    )
