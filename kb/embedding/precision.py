"""Compile the encoder in the number format that this processor computes fastest.

Floats are bfloat16 where the processor has them, else float32. Processors with instructions for
8-bit integers (VNNI, AMX) may be faster with the graph of ``kb.embedding.int8``, which is exact
enough: whether they are is measured once per machine and kept in the cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import openvino as ov
from filelock import FileLock

from kb.embedding.encoder_graph import Array, DenseLayers, Weights, build_graph
from kb.embedding.int8 import Int8Layers, Int8Ranges, ranges_file, shipped_ranges
from kb.embedding.source import ModelSource
from kb.messages import N_, ConfigurationError
from kb.processors import count_processors

GRAPH = 1  # increase when a graph changes, so that old ones are not used
INSTRUCTIONS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
"""Flags of processors that multiply 8-bit integers faster than floats."""
PROCESSOR_FLAGS = Path("/proc/cpuinfo")
SHAPES = ((1, 32), (4, 256))
"""Texts and tokens that are measured: a question and passages."""
ROUNDS = 5
FASTER = 0.9
"""Int8 is chosen if it takes at most this share of the time that floats take."""
ALIKE = 0.85
"""And if the mean cosine of its last hidden states with theirs is at least this, for random words,
of which it has 0.93 (0.9996 for texts)."""


class Precision(StrEnum):
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"


@dataclass(frozen=True)
class Encoder:
    """A model's weights and what they are compiled with."""

    source: ModelSource
    weights: Weights
    config: Mapping[str, Any]
    cache_dir: Path
    threads: int | None

    def compile(self, precision: Precision) -> ov.CompiledModel:
        properties: dict[str, Any] = {
            "CACHE_DIR": str(self.cache_dir),
            "PERFORMANCE_HINT": "LATENCY",
        }
        if precision is Precision.FLOAT32:
            properties["INFERENCE_PRECISION_HINT"] = "f32"
        if self.threads:
            properties["INFERENCE_NUM_THREADS"] = self.threads
        self.cache_dir.mkdir(parents=True, exist_ok=True)
        folder = self.cache_dir / self.folder_name(precision)
        with FileLock(f"{folder}.lock"):  # another process may be writing the file
            return ov.Core().compile_model(self._save_graph(folder, precision), "CPU", properties)

    def ranges(self) -> Int8Ranges | None:
        return shipped_ranges(self.source.fingerprint)

    def folder_name(self, precision: Precision) -> str:
        if precision is not Precision.INT8:
            return f"{self.source.fingerprint}-{GRAPH}"
        learned = hashlib.sha256(ranges_file(self.source.fingerprint).read_bytes()).hexdigest()
        return f"{self.source.fingerprint}-{GRAPH}-int8-{learned[:8]}"

    def _save_graph(self, folder: Path, precision: Precision) -> Path:
        """The graph's file, written on first use. From a file, OpenVINO caches the compiled model
        and maps it at the next start."""
        path = folder / "encoder.xml"
        if not path.is_file():
            with TemporaryDirectory(dir=folder.parent) as building:
                half = self.weights["embeddings.word_embeddings.weight"].dtype == np.float16
                ranges = self.ranges() if precision is Precision.INT8 else None
                dense = Int8Layers(self.weights, ranges) if ranges else DenseLayers(self.weights)
                graph = build_graph(self.weights, self.config, dense)
                ov.save_model(graph, f"{building}/new/{path.name}", half and not ranges)
                Path(building, "new").rename(folder)
        return path


def compile_encoder(encoder: Encoder, wanted: str) -> tuple[ov.CompiledModel, Precision]:
    """The encoder compiled, and the precision it computes in. ``wanted``: a precision or ``auto``.

    Raises ConfigurationError if the model or the processor has not the precision wanted.
    """
    capabilities = ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    floats = Precision.BFLOAT16 if "BF16" in capabilities else Precision.FLOAT32
    if wanted == "auto":
        chosen = _choose(encoder, floats)
    else:
        chosen = Precision(wanted)
        if (chosen is Precision.BFLOAT16 and floats is not chosen) or (
            chosen is Precision.INT8 and encoder.ranges() is None
        ):
            raise ConfigurationError(
                N_(
                    "The embedding model {model} cannot be computed in {precision} here: set "
                    "KB_EMBEDDING_PRECISION to auto."
                ),
                model=encoder.source.name,
                precision=wanted,
            )
    return encoder.compile(chosen), chosen


def _choose(encoder: Encoder, floats: Precision) -> Precision:
    """Floats, or int8 where it was measured to be faster."""
    if encoder.ranges() is None or not INSTRUCTIONS & processor_flags():
        return floats
    kept = measurement_file(encoder)
    encoder.cache_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{kept}.lock"):  # processes that start together would measure each other
        if not kept.is_file():
            kept.write_text(json.dumps(measure(encoder, floats)), encoding="utf-8")
        found = json.loads(kept.read_text("utf-8"))
    return Precision.INT8 if found["share"] <= FASTER and found["alike"] >= ALIKE else floats


def measure(encoder: Encoder, floats: Precision) -> dict[str, float]:
    """``share``: time of int8 as a share of that of floats, geometric mean over ``SHAPES`` of the
    best of some rounds that take turns; ``alike``: mean cosine of last hidden states."""
    requests = [encoder.compile(each).create_infer_request() for each in (floats, Precision.INT8)]
    chance = np.random.default_rng(0)
    words = encoder.weights["embeddings.word_embeddings.weight"]
    shares, alike = [], []
    for texts, tokens in SHAPES:
        ids = chance.integers(0, len(words), (texts, tokens))
        given = [words[ids].astype(np.float32), np.ones((texts, tokens), np.float32)]
        states = [request.infer(given)[0].copy() for request in requests]
        alike.append(_mean_cosine(*states))
        best = [np.inf, np.inf]
        for _ in range(ROUNDS):
            for number, request in enumerate(requests):
                started = time.perf_counter()
                request.infer(given)
                best[number] = min(best[number], time.perf_counter() - started)
        shares.append(best[1] / best[0])
    return {"share": float(np.exp(np.log(shares).mean())), "alike": min(alike)}


def _mean_cosine(one: Array, other: Array) -> float:
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return float(((one * other).sum(axis=-1) / lengths).mean())


def processor_flags() -> frozenset[str]:
    """The instruction sets of this processor as Linux names them; none elsewhere."""
    try:
        lines = PROCESSOR_FLAGS.read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def measurement_file(encoder: Encoder) -> Path:
    """Where the measurement on this machine is kept: its name is a hash of what it depends on."""
    core = ov.Core()
    parts = [
        core.get_property("CPU", "FULL_DEVICE_NAME"),
        *sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
        os.environ.get("ONEDNN_MAX_CPU_ISA", ""),
        count_processors(),
        ov.__version__,
        encoder.folder_name(Precision.INT8),
    ]
    machine = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
    return encoder.cache_dir / f"precision-{machine}.json"
