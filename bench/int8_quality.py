"""Dense retrieval with vectors computed in 8-bit integers, in floats, and with both mixed.

``python -m bench.int8_quality FOLDER…`` prints nDCG@10 of BEIR folders, by the cosine of vectors
without their language (``kb.embedding.preparation``). Some hundred documents of each set are taken:
the relevant ones of the questions asked, and others by chance.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kb.embedding.embedder import Embedder, find_model, load_embedder
from kb.embedding.encoder_graph import Array
from kb.embedding.preparation import LanguageNormalizer, shipped_normalizer
from kb.settings import Settings
from kb.text.language import detect
from search.evaluation.metrics import (
    BeirText,
    Qrels,
    Score,
    TestSet,
    measure_run,
    read_test_set,
    summarise,
)

QUESTIONS, DOCUMENTS = 300, 500
MEASURE = "ndcg@10"


def main(folders: Sequence[Path], most_questions: int, most_documents: int) -> None:
    settings = Settings.read()
    normalizer = shipped_normalizer(find_model(settings).fingerprint)
    if normalizer is None:
        sys.exit("the model has no language normalisation of its own")
    embedders = {
        name: load_embedder(settings.model_copy(update={"embedding_precision": name}))
        for name in ("float32", "int8")
    }
    print("| set | documents | questions | documents in | questions in | nDCG@10 (95 %) |")
    print("| --- | ---: | ---: | --- | --- | ---: |")
    for folder in folders:
        test_set = read_test_set(folder)
        documents, questions, qrels = _choose(test_set, most_questions, most_documents)
        vectors = {
            name: (
                _passages(embedder, normalizer, documents),
                _questions(embedder, normalizer, questions),
            )
            for name, embedder in embedders.items()
        }
        for of_documents in embedders:
            for of_questions in embedders:
                score = _score(
                    vectors[of_documents][0], vectors[of_questions][1], documents, questions, qrels
                )
                print(
                    f"| {folder.name} | {len(documents)} | {len(questions)} | {of_documents} "
                    f"| {of_questions} | {score.mean:.4f} ({score.low:.4f} to {score.high:.4f}) |",
                    flush=True,
                )


def _choose(
    test_set: TestSet, most_questions: int, most_documents: int
) -> tuple[list[BeirText], list[BeirText], Qrels]:
    chance = random.Random(0)
    questions = list(test_set.queries)
    chance.shuffle(questions)
    questions = questions[:most_questions]
    qrels = {one.id: test_set.qrels[one.id] for one in questions}
    relevant = {id for judged in qrels.values() for id in judged}
    others = [one for one in test_set.documents if one.id not in relevant]
    chance.shuffle(others)
    documents = [one for one in test_set.documents if one.id in relevant]
    return documents + others[: max(0, most_documents - len(documents))], questions, qrels


def _passages(
    embedder: Embedder, normalizer: LanguageNormalizer, texts: Sequence[BeirText]
) -> Array:
    whole = [f"{one.title}\n{one.text}".strip() for one in texts]
    return normalizer.passages(
        embedder.embed_passages(whole), [detect(text).language for text in whole]
    )


def _questions(
    embedder: Embedder, normalizer: LanguageNormalizer, texts: Sequence[BeirText]
) -> Array:
    found = embedder.embed_queries([one.text for one in texts])
    return np.array(
        [
            normalizer.query(vector, one.language or detect(one.text).language)
            for vector, one in zip(found, texts, strict=True)
        ]
    )


def _score(
    passages: Array,
    asked: Array,
    documents: Sequence[BeirText],
    questions: Sequence[BeirText],
    qrels: Qrels,
) -> Score:
    cosines = asked @ passages.T
    run = {
        one.id: {document.id: float(score) for document, score in zip(documents, row, strict=True)}
        for one, row in zip(questions, cosines, strict=True)
    }
    return summarise(measure_run(qrels, run)[MEASURE])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    given = parser.parse_args()
    main(given.folders, given.questions, given.documents)
