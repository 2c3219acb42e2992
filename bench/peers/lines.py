"""The protocol with a peer: one JSON object per line in and out. Runs in the peers' environment."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any, Protocol

import numpy as np


class Peer(Protocol):
    def add(self, documents: list[tuple[str, str]]) -> int:
        """Make documents, pairs of id and text, searchable. Returns the number of passages."""

    def search(self, question: str, limit: int) -> list[tuple[str, float]]:
        """Document id and score of the best passages."""

    def fill(self, texts: list[str], vectors: np.ndarray) -> None:
        """Replace the index by one of these passages."""


def serve(make: Callable[[str], Peer]) -> None:
    """Execute requests until standard input ends. The first argument is the model's folder."""
    out = sys.stdout
    with redirect_stdout(sys.stderr):
        peer = make(sys.argv[1])
        for line in sys.stdin:
            print(json.dumps(_obey(peer, json.loads(line))), file=out, flush=True)


def _obey(peer: Peer, order: dict[str, Any]) -> Any:
    started = time.perf_counter()
    match order["do"]:
        case "add":
            passages = peer.add([(id, text) for id, text in order["documents"]])
            return {"passages": passages, "seconds": time.perf_counter() - started}
        case "fill":
            peer.fill(order["texts"], _made_up(len(order["texts"]), order["dimension"]))
            return {"seconds": time.perf_counter() - started}
        case "search":
            return [_timed(peer, question, order["limit"]) for question in order["questions"]]


def _timed(peer: Peer, question: str, limit: int) -> dict[str, Any]:
    started = time.perf_counter()
    found = peer.search(question, limit)
    return {"seconds": time.perf_counter() - started, "found": found}


def _made_up(passages: int, dimension: int) -> np.ndarray:
    vectors = np.random.default_rng(0).normal(size=(passages, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
