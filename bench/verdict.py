"""Learns the weights of the verdict on a search: ``python -m bench.verdict FOLDER…``.

Each FOLDER is a BEIR folder that is no test set; the made-up texts of ``verdict_texts.yaml`` are
always learned from too. Every set is ingested once and asked twice, each time without one half of
the relevant documents, so that each question is asked with and without its answer among texts on
the same subject, and then the questions of the other sets, which are on other subjects. What is
learned is the probability that the question is answerable, from the signals of the best item.

Prints the AUC on every set by weights learned from the other sets, then writes the weights learned
from all: ``--out search/verdict/weights.json`` for the shipped ones, by default those that are read
for the configured embedding model on this machine. ``--most`` bounds questions and documents of a
set, ``--keep`` names a folder in which the bases are kept for the next time.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from sqlalchemy import select

from ingest.bulk import PlainText, add
from kb.access import OPERATOR
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage.tables import Document
from search.evaluation.emptied import choose_removed
from search.evaluation.metrics import BeirText, TestSet, read_test_set
from search.evaluation.verdicts import area_under_curve
from search.query import MAX_LENGTH
from search.results import Question
from search.service import rank_with_signals
from search.verdict.model import VerdictModel, fit_logistic, weights_file

MADE_UP = Path(__file__).parent / "verdict_texts.yaml"
NAMES = ("sentence", "margin", "words", "foreign", "figure")
RIDGE = 3.0
SET_WEIGHT = 300.0
"""Every set counts like so many questions, whatever its size."""
OFF_TOPIC, OFF_TOPIC_WEIGHT = 35, 100.0
"""Questions taken from each other set, and like how many they count together."""
ANSWERED, NEAR, END, FLOOR = 0.5, 0.12, 0.05, 0.22
"""Chosen on questions held back from the fit: see docs/evaluation.md. FLOOR is a score below which
1 % of the right answers lie and most of what questions on other subjects find."""


@dataclass(frozen=True)
class Learned:
    """Of a set, the signals of the best item of each question, shape (questions, names), whether
    the question is answerable and what it counts, shape (questions,)."""

    signals: NDArray[np.float64]
    answerable: NDArray[np.bool_]
    importance: NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.verdict", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--most", type=int, default=700)
    given = parser.parse_args(arguments)
    sets = {"made-up": read_made_up()}
    sets |= {folder.name: bounded(read_test_set(folder), given.most) for folder in given.folders}
    with tempfile.TemporaryDirectory() as scratch:
        kept = given.keep or Path(scratch)
        learned = {name: ask(sets, name, kept / name) for name in sets}
    for name, own in learned.items():
        others = [one for other, one in learned.items() if other != name] or [own]
        auc = area_under_curve(fit(others).probabilities(own.signals), own.answerable)
        print(f"| {name} | {len(own.answerable)} | {auc:.3f} |", flush=True)
    settings = Settings.read()
    with open_services(settings) as services:
        fallback = weights_file(settings.cache_dir, services.model.fingerprint)
    fit(list(learned.values())).save(given.out or fallback)


def read_made_up() -> TestSet:
    records = yaml.safe_load(MADE_UP.read_text("utf-8"))
    documents = tuple(
        BeirText(f"d{number}", record["text"], record["title"])
        for number, record in enumerate(records)
    )
    asked = [(number, text) for number, record in enumerate(records) for text in record["ask"]]
    queries = tuple(BeirText(f"q{n}", text) for n, (_, text) in enumerate(asked))
    return TestSet(documents, queries, {f"q{n}": {f"d{d}": 1} for n, (d, _) in enumerate(asked)})


def bounded(test_set: TestSet, most: int) -> TestSet:
    """At most so many documents, and the queries of which all relevant documents are among them."""
    drawn = random.Random(1)
    queries = drawn.sample(test_set.queries, len(test_set.queries))
    kept: set[str] = set()
    chosen = []
    for query in queries:
        relevant = {id for id, value in test_set.qrels[query.id].items() if value > 0}
        if len(kept | relevant) <= most * 0.6:
            kept |= relevant
            chosen.append(query)
    others = [one.id for one in test_set.documents if one.id not in kept]
    kept |= set(drawn.sample(others, min(len(others), max(0, most - len(kept)))))
    documents = tuple(one for one in test_set.documents if one.id in kept)
    return replace(test_set, documents=documents, queries=tuple(chosen[:most]), unanswerable=())


def ask(sets: Mapping[str, TestSet], name: str, folder: Path) -> Learned:
    """Ask every question without one half of the relevant documents, then without the other, and
    then some of the other sets."""
    test_set = sets[name]
    with open_services(Settings.read().scratch(folder), own=True) as services:
        items = _ingest(services, test_set)
        relevant = {
            document
            for query in test_set.queries
            for document, value in test_set.qrels[query.id].items()
            if value > 0
        }
        half = choose_removed(test_set, 0.5, seed=0)
        rows: list[list[float]] = []
        answerable: list[bool] = []
        for removed in (half, relevant - half):
            only = frozenset(item for item, text in items.items() if text not in removed)
            for query in test_set.queries:
                signals = _best_signals(services, query, only)
                if signals:
                    judged = test_set.qrels[query.id].items()
                    rows.append(signals)
                    answerable.append(any(v > 0 and id not in removed for id, v in judged))
        elsewhere = [_best_signals(services, query, None) for query in _of_others(sets, name)]
    strange = [signals for signals in elsewhere if signals]
    importance = [SET_WEIGHT / len(rows)] * len(rows)
    importance += [OFF_TOPIC_WEIGHT / len(strange)] * len(strange) if strange else []
    return Learned(
        np.array(rows + strange),
        np.array(answerable + [False] * len(strange)),
        np.array(importance),
    )


def _of_others(sets: Mapping[str, TestSet], name: str) -> list[BeirText]:
    drawn = random.Random(2)
    return [
        query
        for other, test_set in sets.items()
        if other != name
        for query in drawn.sample(test_set.queries, min(OFF_TOPIC, len(test_set.queries)))
    ]


def _ingest(services: Services, test_set: TestSet) -> dict[str, str]:
    """The texts that are not there yet; returns the id of the text by that of its item."""
    with services.database.session() as session:
        there = dict(iter(session.execute(select(Document.id, Document.filename)).tuples()))
    known = set(there.values())
    texts = [PlainText(one.id, one.title, one.text) for one in test_set.documents]
    return there | add(services, [text for text in texts if text.id not in known])


def _best_signals(services: Services, query: BeirText, only: frozenset[str] | None) -> list[float]:
    question = Question(query.text[:MAX_LENGTH], item_ids=only)
    items, signals = rank_with_signals(question, services, OPERATOR)
    best = next((signals[item.id] for item in items if item.id in signals), None)
    return [best[name] for name in NAMES] if best else []


def fit(sets: Sequence[Learned]) -> VerdictModel:
    signals = np.concatenate([one.signals for one in sets])
    labels = np.concatenate([one.answerable for one in sets]).astype(float)
    importance = np.concatenate([one.importance for one in sets])
    means, scales = signals.mean(axis=0), np.maximum(signals.std(axis=0), 1e-6)
    weights, intercept = fit_logistic((signals - means) / scales, labels, importance, RIDGE)
    columns = (tuple(np.round(one, 4).tolist()) for one in (means, scales, weights))
    return VerdictModel(NAMES, *columns, round(intercept, 4), ANSWERED, NEAR, END, FLOOR)


if __name__ == "__main__":
    main()
