"""Retrieval quality on a BEIR folder: reading it, measuring and writing a run.

Format: Thakur et al. 2021, BEIR. Measures: ir-measures (nDCG with the gain and discount of
trec_eval). Run file: TREC, ``query Q0 document rank score tag``.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb.messages import N_, PermanentError
from kb.settings import APP_NAME

MEASURES = ("ndcg@10", "recall@10", "recall@100", "mrr@10")
RUN_DEPTH = 100
"""Documents per query in a run."""
BOOTSTRAP = 1000

Run = Mapping[str, Mapping[str, float]]
"""Score per document per query."""
Qrels = Mapping[str, Mapping[str, int]]
"""Relevance per document per query."""


@dataclass(frozen=True)
class BeirText:
    """A document or a query. ``title`` is empty for queries, ``language`` where it is not said."""

    id: str
    text: str
    title: str = ""
    language: str = ""
    answerable: bool = True
    """Of a query: whether anything in the set answers it, marked by hand."""
    kind: str = ""
    """Of a query: what sort of question it is, in the words of the set."""


@dataclass(frozen=True)
class TestSet:
    documents: tuple[BeirText, ...]
    """Empty where the documents are the cards of a corpus that the folder lies in."""
    queries: tuple[BeirText, ...]
    """Only those that a document is relevant to; a measure of any other would be 0 at best."""
    qrels: Qrels
    unanswerable: tuple[BeirText, ...] = ()
    """Queries that the set says nothing answers."""


@dataclass(frozen=True)
class Score:
    """Mean of a measure over queries, from 0 to 1, with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class BaselineScores:
    """By measure: the scores of a baseline, and the difference from them query by query (paired
    bootstrap)."""

    scores: Mapping[str, Score]
    gains: Mapping[str, Score]


def read_cards(folder: Path) -> Path | None:
    """The folder with ``practices`` that the test set judges: the parent, if the set has no own
    corpus."""
    own = (folder / "corpus.jsonl").exists()
    beside = folder.resolve().parent
    return beside if not own and (beside / "practices").is_dir() else None


def read_test_set(folder: Path) -> TestSet:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and ``qrels.tsv`` (or ``qrels/test.tsv``).

    Without ``corpus.jsonl`` in a folder beside ``practices``, the cards there are the documents.

    Raises:
        PermanentError: a file is missing or not in that form; the sentence names it.
    """
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for query, document, relevance in _read_judgements(folder):
        qrels[query][document] = relevance
    cards = read_cards(folder)
    documents = () if cards else tuple(_read_texts(folder / "corpus.jsonl"))
    asked = tuple(_read_texts(folder / "queries.jsonl"))
    queries = tuple(query for query in asked if any(v > 0 for v in qrels[query.id].values()))
    if not (documents or cards) or not queries:
        raise PermanentError(
            N_("{folder} has no documents or no judged queries: check the ids in its files."),
            folder=str(folder),
        )
    unanswerable = tuple(query for query in asked if not query.answerable)
    judged = {query.id: qrels[query.id] for query in queries}
    return TestSet(documents, queries, judged, unanswerable)


def measure_run(qrels: Qrels, run: Run) -> dict[str, list[float]]:
    """Values of each measure per query, in the order of ``qrels``."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    names = dict(zip((nDCG @ 10, R @ 10, R @ 100, RR @ 10), MEASURES, strict=True))
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(qrels, 0.0) for name in MEASURES}
    plain_qrels = {query: dict(documents) for query, documents in qrels.items()}
    plain_run = {query: dict(documents) for query, documents in run.items()}
    for found in ir_measures.iter_calc(list(names), plain_qrels, plain_run):
        values[names[found.measure]][found.query_id] = found.value
    return {name: list(by_query.values()) for name, by_query in values.items()}


def summarise(values: Sequence[float]) -> Score:
    """Mean and percentile bootstrap (Efron 1979) over queries."""
    array = np.asarray(values)
    samples = np.random.default_rng(0).choice(array, (BOOTSTRAP, len(array)))
    low, high = np.percentile(samples.mean(axis=1), [2.5, 97.5])
    return Score(float(array.mean()), float(low), float(high))


def summarise_all(values: Mapping[str, Sequence[float]]) -> dict[str, Score]:
    """The score of each measure, from what ``measure_run`` returns."""
    return {name: summarise(own) for name, own in values.items()}


def compare_runs(
    values: Mapping[str, Sequence[float]], baseline: Mapping[str, Sequence[float]]
) -> BaselineScores:
    """A baseline on the same queries, and by how much a run exceeds it."""
    return BaselineScores(
        summarise_all(baseline),
        {
            name: summarise([one - other for one, other in zip(own, baseline[name], strict=True)])
            for name, own in values.items()
        },
    )


def write_run(path: Path, run: Run) -> None:
    with path.open("w", encoding="utf-8") as file:
        for query, documents in run.items():
            ranked = sorted(documents.items(), key=lambda pair: -pair[1])
            for rank, (document, score) in enumerate(ranked, start=1):
                file.write(f"{query} Q0 {document} {rank} {score:.6f} {APP_NAME}\n")


def _read_texts(path: Path) -> Iterator[BeirText]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _parse_text(path, number, line)
    except OSError as error:
        raise PermanentError(
            N_("{file} cannot be read ({reason}): kb eval wants a BEIR folder."),
            file=str(path),
            reason=error.strerror or str(error),
        ) from error


def _parse_text(path: Path, number: int, line: str) -> BeirText:
    try:
        record = json.loads(line)
        id = record["_id"] if "_id" in record else record["id"]
        return BeirText(
            str(id),
            record["text"],
            record.get("title") or "",
            record.get("lang") or "",
            record.get("answerable", True) is not False,
            record.get("kind") or "",
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PermanentError(
            N_("{file}, line {line}: an object with id (or _id) and text is expected."),
            file=str(path),
            line=number,
        ) from error


def _read_judgements(folder: Path) -> Iterator[tuple[str, str, int]]:
    """(query, document, relevance) rows, of three columns or TREC's four, with or without
    header."""
    path = folder / "qrels.tsv"
    if not path.exists():
        path = folder / "qrels" / "test.tsv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(
                csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), start=1
            ):
                if row and not (number == 1 and not row[-1].lstrip("-").isdigit()):
                    yield row[0], row[-2], int(row[-1])
    except (OSError, ValueError, IndexError) as error:
        raise PermanentError(
            N_("{file} cannot be read as the judgements of a BEIR folder: {reason}"),
            file=str(path),
            reason=str(error),
        ) from error
