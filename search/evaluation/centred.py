"""The baseline of an evaluation: vectors with their language's mean subtracted, nothing else.

No set may fall below it by more than its interval.

The same model, passages and titles as in the product; no covariance normalisation, words, sentences
or discounts. An item scores like its passage nearest to the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from kb.access import OPERATOR
from kb.runtime.services import Services
from search.evaluation.metrics import RUN_DEPTH, BeirText, Run
from search.query import embed_question, validate_question
from search.results import Question


def rank_by_centred_vectors(
    services: Services,
    queries: Iterable[BeirText],
    items: Mapping[str, str],
    only: frozenset[str] | None,
) -> Run:
    """Every query of a test set against all passages of the items ``only``, or of all ``items``,
    which map ids to those of the test set."""
    stored = [
        (items[id], vector)
        for id, vector in services.index.vectors()
        if id in items and (only is None or id in only)
    ]
    passages = services.preparation.undo_transform(np.stack([vector for _, vector in stored]))
    names = sorted({document for document, _ in stored})
    numbers = {document: number for number, document in enumerate(names)}
    owners = np.array([numbers[document] for document, _ in stored])
    run: dict[str, Mapping[str, float]] = {}
    for query in queries:
        question = validate_question(Question(query.text))
        dense = embed_question(services, question, OPERATOR).dense
        cosines = passages @ services.preparation.undo_transform(dense[np.newaxis])[0]
        best = np.full(len(names), -1.0, np.float32)
        np.maximum.at(best, owners, cosines)
        leading = np.argsort(-best, kind="stable")[:RUN_DEPTH]
        run[query.id] = {names[number]: float(best[number]) for number in leading}
    return run
