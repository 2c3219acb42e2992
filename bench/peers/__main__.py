"""Ingest, quality and latency of this program, txtai, and a plain LangChain + Qdrant script.

Same documents, same model folder, one run; the programs alternate, so that other load affects all.
``make bench-peers`` first creates the peers' environment. ``KB_BENCH_BEIR`` names a BEIR folder; by
default one of the shared test sets is used. The number of documents may be given as an argument.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench import made_up
from ingest.bulk import PlainText, add
from kb.access import OPERATOR
from kb.embedding.embedder import find_model
from kb.runtime.logs import configure
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from search.evaluation.metrics import BeirText, measure_run, read_test_set, summarise
from search.results import Question
from search.service import rank

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-peers/bin/python"
SHARED = ROOT.parent / "shared/eval/squad-it2mixed"
PEERS = {
    "txtai": ["txtai_peer.py"],
    "txtai, hybrid": ["txtai_peer.py", "hybrid"],
    "LangChain + Qdrant local": ["langchain_peer.py"],
}
DOCUMENTS, QUESTIONS = 600, 200
PASSAGES = 20_000
ASKED = 100
TURNS = 5
WARM_UP = 20
"""Questions asked before timing."""
DEPTH = 50
"""Passages per question when quality is measured."""
SHOWN = 10
"""Passages per question when latency is measured."""

Found = list[tuple[str, float]]


@dataclass
class Contender:
    """Measurements of one program; times in seconds."""

    documents: int = 0
    passages: int = 0
    ingest: float = 0.0
    run: dict[str, dict[str, float]] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)


class Ours:
    """This program behind the interface of a peer, in this process."""

    def __init__(self, base: Services, large: Services) -> None:
        self._base, self._large = base, large
        self._documents: dict[str, str] = {}

    def add(self, texts: Sequence[BeirText]) -> dict[str, Any]:
        before = self._base.index.count()
        plain = [PlainText(text.id, text.title, text.text) for text in texts]
        started = time.perf_counter()
        self._documents |= add(self._base, plain)
        seconds = time.perf_counter() - started
        return {"passages": self._base.index.count() - before, "seconds": seconds}

    def fill(self) -> None:
        """Includes the search graph (``kb optimize``), because txtai builds its own on writing."""
        made_up.fill(self._large, PASSAGES)
        self._large.index.optimize()

    def documents(self, questions: list[str]) -> list[Found]:
        return [
            [(self._documents[item.id], item.score) for item in found]
            for found in (rank(Question(text), self._base, OPERATOR) for text in questions)
        ]

    def seconds(self, questions: list[str]) -> list[float]:
        times = []
        for text in questions:
            started = time.perf_counter()
            rank(Question(text), self._large, OPERATOR)
            times.append(time.perf_counter() - started)
        return times


class Apart:
    """A peer in its own process and environment."""

    def __init__(self, process: subprocess.Popen[str], dimension: int) -> None:
        self._process = process
        self._dimension = dimension

    def add(self, texts: Sequence[BeirText]) -> dict[str, Any]:
        documents = [(text.id, f"{text.title}\n{text.text}".strip()) for text in texts]
        return self._order(do="add", documents=documents)

    def fill(self) -> None:
        chance = random.Random(1)
        texts = [made_up.text(chance) for _ in range(PASSAGES)]
        self._order(do="fill", texts=texts, dimension=self._dimension)

    def documents(self, questions: list[str]) -> list[Found]:
        answers = self._order(do="search", questions=questions, limit=DEPTH)
        return [answer["found"] for answer in answers]

    def seconds(self, questions: list[str]) -> list[float]:
        answers = self._order(do="search", questions=questions, limit=SHOWN)
        return [answer["seconds"] for answer in answers]

    def _order(self, **order: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def main(limit: int = DOCUMENTS) -> None:
    configure("WARNING")
    folder = Path(os.environ.get("KB_BENCH_BEIR", SHARED))
    if not PYTHON.exists() or not folder.exists():
        sys.exit(f"Needs {PYTHON} (make bench-peers) and {folder} (or KB_BENCH_BEIR).")
    documents, questions, qrels = _chosen(folder, limit)
    with _contenders() as contenders:
        found = {name: Contender() for name in contenders}
        _ingest(contenders, found, documents)
        _answer(contenders, found, questions)
        _ask(contenders, found)
    print(f"{folder.name}: {len(documents)} documents, {len(questions)} questions\n")
    print(table(found, qrels))


def _chosen(
    folder: Path, limit: int
) -> tuple[list[BeirText], list[BeirText], dict[str, dict[str, int]]]:
    """Judged documents first, then others; questions sampled from those with documents chosen."""
    test_set = read_test_set(folder)
    judged = {id for documents in test_set.qrels.values() for id in documents}
    documents = sorted(test_set.documents, key=lambda text: text.id not in judged)[:limit]
    inside = {text.id for text in documents}
    questions = [query for query in test_set.queries if set(test_set.qrels[query.id]) <= inside]
    questions = questions[:: max(1, len(questions) // QUESTIONS)][:QUESTIONS]
    random.Random(0).shuffle(documents)
    return documents, questions, {q.id: dict(test_set.qrels[q.id]) for q in questions}


@contextmanager
def _contenders() -> Iterator[dict[str, Ours | Apart]]:
    settings = Settings.read()
    model = find_model(settings)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    with ExitStack() as stack:
        opened = []
        for _ in range(2):
            data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            own = settings.scratch(data)
            opened.append(stack.enter_context(open_services(own, own=True)))
            opened[-1].warm()
        contenders: dict[str, Ours | Apart] = {"this program": Ours(*opened)}
        for name, (script, *arguments) in PEERS.items():
            path = str(Path(__file__).parent / script)
            process = subprocess.Popen(
                [str(PYTHON), path, str(model.folder), *arguments],
                env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            stack.callback(process.wait)
            assert process.stdin is not None
            stack.callback(process.stdin.close)
            contenders[name] = Apart(process, model.dimension)
        yield contenders


def _ingest(
    contenders: dict[str, Ours | Apart], found: dict[str, Contender], documents: list[BeirText]
) -> None:
    warm_up = [BeirText("warm-up", "Una frase per caricare il modello.")]
    for contender in contenders.values():
        contender.add(warm_up)
    for turn in range(TURNS):
        part = documents[turn::TURNS]
        for name, contender in contenders.items():
            done = contender.add(part)
            found[name].documents += len(part)
            found[name].passages += done["passages"]
            found[name].ingest += done["seconds"]
            print(f"{name}: {len(part)} in {done['seconds']:.1f} s", file=sys.stderr)


def _answer(
    contenders: dict[str, Ours | Apart], found: dict[str, Contender], questions: list[BeirText]
) -> None:
    for name, contender in contenders.items():
        answers = contender.documents([question.text for question in questions])
        for question, passages in zip(questions, answers, strict=True):
            best = found[name].run.setdefault(question.id, {})
            for id, score in passages:
                best[id] = max(score, best.get(id, score))


def _ask(contenders: dict[str, Ours | Apart], found: dict[str, Contender]) -> None:
    questions = made_up.questions(ASKED, seed=2)
    for contender in contenders.values():
        contender.fill()
        contender.seconds(made_up.questions(WARM_UP, seed=3))
    for turn in range(TURNS):
        for name, contender in contenders.items():
            found[name].latencies += contender.seconds(questions[turn::TURNS])


def table(found: dict[str, Contender], qrels: dict[str, dict[str, int]]) -> str:
    """A Markdown table; ratios are how many times better this program is."""
    lines = [
        "| | documents/s (ratio) | passages/s | nDCG@10 (95 %) "
        f"| question at {PASSAGES:,} passages, p50 / p95 ms (ratio) |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    first = next(iter(found.values()))
    for name, each in found.items():
        rate, first_rate = each.documents / each.ingest, first.documents / first.ingest
        p50, p95 = np.percentile(each.latencies, [50, 95]) * 1000
        best50, best95 = np.percentile(first.latencies, [50, 95]) * 1000
        quality = summarise(measure_run(qrels, each.run)["ndcg@10"])
        lines.append(
            f"| {name} | {rate:.1f} ({first_rate / rate:.1f} ×) | {each.passages / each.ingest:.1f}"
            f" | {quality.mean:.3f} ({quality.low:.3f}–{quality.high:.3f})"
            f" | {p50:.1f} / {p95:.1f} ({p50 / best50:.1f} × / {p95 / best95:.1f} ×) |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
