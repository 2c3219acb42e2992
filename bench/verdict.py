"""Learns the weights of the verdict on a search: ``python -m bench.verdict FOLDER…``.

Each FOLDER is a BEIR folder that is no test set; the made-up practices of ``verdict_texts.yaml``
are always learned from too. A set is ingested once and asked twice, each time without one half of
the relevant documents, so that each question is asked with and without its answer among texts on
the same subject, and then the questions of the other sets, which are on other subjects. The made-up
practices are asked whole, with questions that they answer and with near misses: the subject is
there, the fact is not. What is learned is the probability that the question is answerable, from the
signals of the best item. The limits of relevance for *answered* and *nothing* are those at which
few near misses to the made-up practices are answered and few of their other questions refused, by
weights learned without these questions to the practice; those to it whose answer is taken out stay
in the fit.

Prints the AUC on every set by weights learned from the other sets, how often each verdict is right,
and a reliability table, then writes the weights learned from all: ``--out
search/verdict/weights.json`` for the shipped ones, by default those that are read for the
configured embedding model on this machine. ``--keep`` names a folder for bases and signals: where a
set's signals lie there they are read instead of asking again, and a fit takes a second. With
``KB_RERANKER_MODEL`` what the reranker gives is one more signal; use another folder for that.
``--most`` bounds questions and documents of a set; ``--held-out`` names folders that are only
measured.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
from search.evaluation.verdicts import JudgedQuery, measure_verdicts
from search.query import MAX_LENGTH
from search.results import AnswerVerdict, Question
from search.service import rank_with_signals
from search.verdict.judging import name_models
from search.verdict.model import VerdictModel, fit_logistic, weights_file

MADE_UP, MADE_UP_TEXTS = "made-up", Path(__file__).parent / "verdict_texts.yaml"
NAMES = (
    "margin",
    "words",
    "sentence_words",
    "missing",
    "unknown",
    "figure",
    "figure_lead",
    "figure_sentence",
    "uncounted",
    "foreign",
    "foreign_margin",
    "foreign_gap",
    "foreign_second",
    "foreign_lead",
    "foreign_figure",
    "foreign_figure_lead",
    "reading",
)
EMPTIED = 1 / 3
"""What a question to the made-up practices counts where its answer is taken out: it is far easier
than a near miss."""
RIDGE = 3.0
SET_WEIGHT = 300.0
"""Every set counts like so many questions, whatever its size."""
OFF_TOPIC, OFF_TOPIC_WEIGHT = 35, 50.0
"""Questions taken from each other set, and like how many they count together."""
FOLDS = 10
MOST_ANSWERED, MOST_REFUSED = 0.08, 0.03
"""Shares of near misses that may be answered and of answerable questions that may be refused."""
END, FLOOR = 0.08, 0.22
"""Chosen on questions held back from the fit: see docs/evaluation.md. FLOOR is a score below which
1 % of the right answers lie and most of what questions on other subjects find."""


@dataclass(frozen=True)
class Learned:
    """Of a set, the signals of the best item of each question by name, whether the question is
    answerable, what it counts, and the made-up practice that it is on if it was asked of them all,
    else -1, shape (questions,)."""

    signals: Mapping[str, NDArray[np.float64]]
    answerable: NDArray[np.bool_]
    importance: NDArray[np.float64]
    practice: NDArray[np.int64]

    def columns(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Shape (questions, names)."""
        return np.column_stack([self.signals[name] for name in names])

    def only(self, chosen: NDArray[np.bool_]) -> Learned:
        """The questions that are ``chosen``, shape (questions,)."""
        return Learned(
            {name: values[chosen] for name, values in self.signals.items()},
            self.answerable[chosen],
            self.importance[chosen],
            self.practice[chosen],
        )


@dataclass(frozen=True)
class _Asked:
    """A question as it is asked of a set: of the items ``only``, or of all."""

    query: BeirText
    only: frozenset[str] | None
    answerable: bool
    importance: float = 1.0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.verdict", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--held-out", nargs="*", type=Path, default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--most", type=int, default=700)
    given = parser.parse_args(arguments)
    sets = {MADE_UP: read_made_up()}
    sets |= {folder.name: bounded(read_test_set(folder), given.most) for folder in given.folders}
    others = {one.name: bounded(read_test_set(one), given.most) for one in given.held_out}
    with tempfile.TemporaryDirectory() as scratch:
        kept = given.keep or Path(scratch)
        kept.mkdir(parents=True, exist_ok=True)
        learned = {name: _read_or_ask(sets, name, kept) for name in sets}
        held_out = {name: _read_or_ask({name: one}, name, kept) for name, one in others.items()}
    limits = choose_limits(learned)
    report(learned, held_out, limits)
    settings = Settings.read()
    with open_services(settings) as services:
        fallback = weights_file(settings.cache_dir, name_models(services))
    fit(list(learned.values()), limits).save(given.out or fallback)


def choose_limits(learned: Mapping[str, Learned]) -> tuple[float, float]:
    """The relevance from which on a question is answered, rounded up because an item that does not
    lead may reach it too, and the relevance below which nothing answers it."""
    own = learned[MADE_UP]
    others = [one for name, one in learned.items() if name != MADE_UP]
    relevance = np.zeros(len(own.answerable))
    for fold in range(FOLDS):
        out = (own.practice >= 0) & (own.practice % FOLDS == fold)
        model = fit([own.only(~out), *others])
        relevance[out] = model.probabilities(own.only(out).columns(model.names))
    relevance[own.signals["unknown"] > 0] = 0.0
    misses = relevance[~own.answerable & (own.practice >= 0)]
    answers = relevance[own.answerable & (own.practice >= 0)]
    answered, near = np.quantile(misses, 1 - MOST_ANSWERED), np.quantile(answers, MOST_REFUSED)
    return math.ceil(100 * float(answered)) / 100, round(float(near), 2)


def report(
    learned: Mapping[str, Learned], held_out: Mapping[str, Learned], limits: tuple[float, float]
) -> None:
    """Print how the weights learned from other sets judge each set."""
    judged: list[JudgedQuery] = []
    for name, own in learned.items():
        others = [one for other, one in learned.items() if other != name] or [own]
        judged += _judge(name, fit(others, limits), own)
    for name, own in held_out.items():
        _judge(f"{name} (not learned from)", fit(list(learned.values()), limits), own)
    quality = measure_verdicts(judged)
    print(f"| pooled | {len(judged)} | {quality.auc:.3f} |")
    for one in quality.counts:
        precision, recall = quality.precision(one.verdict), quality.recall(one.verdict)
        print(f"{one.verdict}: {one.answerable}, {one.unanswerable}; {precision}, {recall}")
    for one_bin in quality.reliability:
        mean, share = f"{one_bin.mean:.2f}", f"{one_bin.answerable:.2f}"
        print(f"| {one_bin.low:.1f} | {one_bin.queries} | {mean} | {share} |")


def _judge(name: str, model: VerdictModel, own: Learned) -> list[JudgedQuery]:
    relevance = model.probabilities(own.columns(model.names))
    said = np.where(
        relevance >= model.answered,
        AnswerVerdict.ANSWERED,
        np.where(relevance >= model.near, AnswerVerdict.NEAR, AnswerVerdict.NOTHING),
    )
    rows = zip(relevance.tolist(), said.tolist(), own.answerable.tolist(), strict=True)
    judged = [
        JudgedQuery(one, AnswerVerdict(verdict), answerable=yes) for one, verdict, yes in rows
    ]
    quality = measure_verdicts(judged)
    counts = ", ".join(
        f"{one.verdict} {one.answerable}/{one.unanswerable}" for one in quality.counts
    )
    print(f"| {name} | {len(judged)} | {quality.auc:.3f} | {counts} |", flush=True)
    return judged


def read_made_up() -> TestSet:
    records = yaml.safe_load(MADE_UP_TEXTS.read_text("utf-8"))
    documents = tuple(
        BeirText(f"d{number}", record["text"], record["title"])
        for number, record in enumerate(records)
    )
    asked = [(number, text) for number, record in enumerate(records) for text in record["ask"]]
    missed = [(number, text) for number, record in enumerate(records) for text in record["near"]]
    queries = tuple(BeirText(f"q{n}", text, kind=str(d)) for n, (d, text) in enumerate(asked))
    near = tuple(
        BeirText(f"n{n}", text, answerable=False, kind=str(d)) for n, (d, text) in enumerate(missed)
    )
    qrels = {f"q{n}": {f"d{d}": 1} for n, (d, _) in enumerate(asked)}
    return TestSet(documents, queries, qrels, near)


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


def _read_or_ask(sets: Mapping[str, TestSet], name: str, folder: Path) -> Learned:
    path = folder / f"{name}.signals.json"
    if not path.is_file():
        path.write_text(json.dumps(ask(sets, name, folder / name)), encoding="utf-8")
    rows = json.loads(path.read_text("utf-8"))
    counts = np.array([one["counts"] for one in rows], float)
    strange = np.array([one["elsewhere"] for one in rows], bool)
    for group, total in ((~strange, SET_WEIGHT), (strange, OFF_TOPIC_WEIGHT)):
        if group.any():
            counts[group] *= total / counts[group].sum()
    return Learned(
        {key: np.array([one["signals"][key] for one in rows]) for key in rows[0]["signals"]},
        np.array([one["answerable"] for one in rows], bool),
        counts,
        np.array([one["practice"] for one in rows], np.int64),
    )


def ask(sets: Mapping[str, TestSet], name: str, folder: Path) -> list[dict[str, Any]]:
    """A record of each question asked of the set that found anything."""
    with open_services(Settings.read().scratch(folder), own=True) as services:
        items = _ingest(services, sets[name])
        asked = [(one, False) for one in _plan(sets[name], items)]
        asked += [(_Asked(query, None, False), True) for query in _of_others(sets, name)]
        found = [(one, other, _best_signals(services, one)) for one, other in asked]
    return [
        {
            "text": one.query.text,
            "answerable": one.answerable,
            "counts": one.importance,
            "elsewhere": other,
            "practice": int(one.query.kind) if whole and not other else -1,
            "signals": signals,
        }
        for one, other, signals in found
        for whole in [name == MADE_UP and one.only is None]
        if signals
    ]


def _plan(test_set: TestSet, items: Mapping[str, str]) -> list[_Asked]:
    """Every question without one half of the relevant documents, then without the other. A set with
    near misses is asked whole, and of the halves only what has lost its answer."""
    relevant = {
        document
        for query in test_set.queries
        for document, value in test_set.qrels[query.id].items()
        if value > 0
    }
    whole = bool(test_set.unanswerable)
    asked = [_Asked(query, None, True) for query in test_set.queries if whole]
    asked += [_Asked(query, None, False) for query in test_set.unanswerable]
    half = choose_removed(test_set, 0.5, seed=0)
    for removed in (half, relevant - half):
        only = frozenset(item for item, text in items.items() if text not in removed)
        for query in test_set.queries:
            judged = test_set.qrels[query.id].items()
            answerable = any(v > 0 and id not in removed for id, v in judged)
            if not (whole and answerable):
                asked.append(_Asked(query, only, answerable, EMPTIED if whole else 1.0))
    return asked


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


def _best_signals(services: Services, asked: _Asked) -> dict[str, float]:
    text = asked.query.text[:MAX_LENGTH]
    question = Question(text, item_ids=asked.only, anywhere=True, of_any_kind=True)
    items, signals = rank_with_signals(question, services, OPERATOR)
    return dict(next((signals[item.id] for item in items if item.id in signals), {}))


def fit(sets: Sequence[Learned], limits: tuple[float, float] = (0.5, END)) -> VerdictModel:
    """Weights of the signals that vary: without a reranker, its own is always 0. ``limits`` as of
    ``choose_limits``."""
    names = tuple(name for name in NAMES if any(np.ptp(one.signals[name]) > 0 for one in sets))
    signals = np.concatenate([one.columns(names) for one in sets])
    labels = np.concatenate([one.answerable for one in sets]).astype(float)
    importance = np.concatenate([one.importance for one in sets])
    means, scales = signals.mean(axis=0), np.maximum(signals.std(axis=0), 1e-3)
    weights, intercept = fit_logistic((signals - means) / scales, labels, importance, RIDGE)
    return VerdictModel(
        names,
        tuple(np.round(means, 4).tolist()),
        tuple(np.round(scales, 4).tolist()),
        tuple(np.round(weights, 4).tolist()),
        round(intercept, 4),
        *limits,
        min(END, limits[1]),
        FLOOR,
    )


if __name__ == "__main__":
    main()
