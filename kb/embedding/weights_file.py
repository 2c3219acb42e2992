"""Read a model's weights without torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from kb.embedding.encoder_graph import Array

NUMPY_TYPES = {"F32": "<f4", "F16": "<f2"}


def map_weights(path: Path) -> dict[str, Array]:
    """The tensors of a safetensors file as memory-mapped arrays; unknown dtypes as bytes."""
    mapped = np.memmap(path, mode="r")
    length = int(mapped[:8].view("<u8")[0])
    header = json.loads(mapped[8 : 8 + length].tobytes())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        raw = mapped[start:end]
        kind = NUMPY_TYPES.get(entry["dtype"])
        tensors[name] = raw.view(kind).reshape(entry["shape"]) if kind else raw
    return tensors


def without_prefix(weights: dict[str, Array]) -> dict[str, Array]:
    """Weights with names shortened to start at ``embeddings`` or ``encoder``."""
    anchor = "embeddings.word_embeddings.weight"
    prefix = next(name for name in weights if name.endswith(anchor)).removesuffix(anchor)
    return {name.removeprefix(prefix): array for name, array in weights.items()}
