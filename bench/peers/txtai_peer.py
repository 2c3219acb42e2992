"""txtai as its documentation shows it: one Embeddings object, dense by default, or hybrid."""

from __future__ import annotations

import sys

import numpy as np
from lines import serve
from txtai import Embeddings


class Txtai:
    def __init__(self, folder: str) -> None:
        self._index = Embeddings(
            path=folder,
            hybrid="hybrid" in sys.argv,
            instructions={"query": "query: ", "data": "passage: "},
            vectors={"dtype": "float32"},  # the folder says float16, which is slow here
        )

    def add(self, documents: list[tuple[str, str]]) -> int:
        self._index.upsert([(id, text, None) for id, text in documents])
        return len(documents)

    def search(self, question: str, limit: int) -> list[tuple[str, float]]:
        return [(str(id), float(score)) for id, score in self._index.search(question, limit)]

    def fill(self, texts: list[str], vectors: np.ndarray) -> None:
        """txtai cannot add given vectors while it has a model, so its model is replaced by one that
        returns them."""
        rows = iter(vectors)
        model = self._index.model
        model.encode = lambda data, category=None: np.stack([next(rows) for _ in data])
        self._index.index([(str(number), text, None) for number, text in enumerate(texts)])
        del model.encode


if __name__ == "__main__":
    serve(Txtai)
