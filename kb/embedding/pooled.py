"""Vectors of texts from the encoder's states without torch: means, or states of the first token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np

from kb.embedding.model import Model, TextStates
from kb.embedding.openvino import OpenVinoEncoder
from kb.embedding.preparation import Vectors
from kb.embedding.source import ModelSource

SMALLEST = 1e-12
"""Least length by which a vector is divided."""


class Pooling(StrEnum):
    """How states of tokens become the vector of a text, by the names of sentence-transformers."""

    MEAN = "mean"
    FIRST = "cls"


_FORMERLY = {"pooling_mode_mean_tokens": Pooling.MEAN, "pooling_mode_cls_token": Pooling.FIRST}
"""Keys that older versions of sentence-transformers set to true."""


def read_pooling(source: ModelSource, modules: Mapping[str, Mapping[str, Any]]) -> Pooling | None:
    """``modules``: entries of ``modules.json`` after the encoder, by class name. None where more
    than such a pooling follows the encoder."""
    if not {"Pooling"} <= modules.keys() <= {"Pooling", "Normalize"}:
        return None
    config = source.config(f"{modules['Pooling']['path']}/config.json")
    if not config.get("include_prompt", True):
        return None
    wanted = config.get("pooling_mode")
    if wanted is None:
        modes = [key for key, on in config.items() if key.startswith("pooling_mode_") and on]
        return _FORMERLY.get(modes[0]) if len(modes) == 1 else None
    if isinstance(wanted, list):
        wanted = wanted[0] if len(wanted) == 1 else None
    return Pooling(wanted) if wanted in set(Pooling) else None


class PooledModel(Model):
    """An encoder on OpenVINO whose states are pooled by numpy."""

    def __init__(self, encoder: OpenVinoEncoder, pooling: Pooling) -> None:
        self._encoder = encoder
        self._pooling = pooling
        self.dimension = encoder.dimension
        self.precision = encoder.precision

    def encode(self, texts: Sequence[str], prompt: str, kept: int | None) -> Vectors:
        vectors, _ = self._run(texts, prompt)
        vectors = vectors[:, :kept]
        lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / lengths.clip(min=SMALLEST), np.float32)

    def encode_tokens(self, texts: Sequence[str], prompt: str) -> Iterator[TextStates]:
        return map(TextStates, *self._run(texts, prompt))

    def _run(self, texts: Sequence[str], prompt: str) -> tuple[Vectors, Vectors]:
        """Pooled vectors, shape (texts, dimension), and states, shape (texts, tokens,
        dimension)."""
        ids, mask = self._encoder.tokenize(texts, prompt)
        states = self._encoder.states(ids, mask)
        if self._pooling is Pooling.FIRST:
            return states[:, 0], states
        read = mask.astype(np.float32)
        sums = (states * read[..., np.newaxis]).sum(axis=1)
        return sums / read.sum(axis=1, keepdims=True), states
