"""Learn what the 8-bit graph of the bundled model needs, and say how exact it is.

``python -m bench.int8`` writes ``kb/embedding/int8-….npz`` from 300 texts of this project's own
parallel texts, and prints the cosine with float32 on 300 others. ``python -m bench.int8 measure``
only prints.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov

from kb.embedding.embedder import find_model, load_tokenizer
from kb.embedding.encoder_graph import Array, DenseLayers, Weights, build_graph
from kb.embedding.int8 import (
    STEPS,
    InputRange,
    Int8Layers,
    Int8Ranges,
    input_of,
    quantize_weights,
    ranges_file,
)
from kb.embedding.learning import own_texts
from kb.embedding.openvino import POSITION_OFFSETS
from kb.embedding.weights_file import map_weights, without_prefix
from kb.settings import Settings

if TYPE_CHECKING:
    from openvino import Node

TEXTS = 300
TOKENS = 12
"""Of each text, on which ranges and corrections are fitted."""
SMOOTHING = 0.8
"""Share of the inputs' size that goes into the weights (SmoothQuant's alpha)."""
CLIPPED = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Shares of the full range that are tried."""
AS_FLOATS: dict[str, Any] = {"LP_TRANSFORMS_MODE": "NO", "INFERENCE_PRECISION_HINT": "f32"}
"""Compute what the integers stand for in float32: what an exact multiplication of integers gives,
on any processor."""


class Encoder:
    """The bundled model's weights, and its embeddings of texts."""

    def __init__(self) -> None:
        settings = Settings.read()
        self.source = find_model(settings)
        self.config = json.loads((self.source.folder / "config.json").read_text("utf-8"))
        self.weights: Weights = without_prefix(
            map_weights(self.source.folder / "model.safetensors")
        )
        self._tokenizer = load_tokenizer(settings)

    def embed(self, text: str) -> tuple[Array, Array]:
        """Input of the graph for one text: summed embeddings and mask."""
        ids = self._tokenizer.encode_ids([self.source.passage_prompt + text])[0][:512]
        offset = POSITION_OFFSETS[self.config["model_type"]]
        words = self.weights["embeddings.word_embeddings.weight"][ids].astype(np.float32)
        places = self.weights["embeddings.position_embeddings.weight"][offset:][: len(ids)]
        kind = self.weights["embeddings.token_type_embeddings.weight"][0]
        summed = words + places.astype(np.float32) + kind.astype(np.float32)
        return summed[np.newaxis], np.ones((1, len(ids)), np.float32)


class _Observed(DenseLayers):
    """Float32 layers that remember their inputs."""

    def __init__(self, weights: Weights) -> None:
        super().__init__(weights)
        self.inputs: dict[str, Node] = {}

    def __call__(self, state: Node, name: str) -> Node:
        self.inputs.setdefault(input_of(name), state)
        return super().__call__(state, name)


def learn(encoder: Encoder, texts: Sequence[str]) -> Int8Ranges:
    sampled, largest = _observe(encoder, texts)
    layers = [name.removesuffix(".weight") for name in encoder.weights if _is_dense(name)]
    inputs: dict[str, InputRange] = {}
    corrections: dict[str, Array] = {}
    for key, values in sampled.items():
        own = [layer for layer in layers if input_of(layer) == key]
        matrices = [encoder.weights[f"{layer}.weight"].astype(np.float32) for layer in own]
        inputs[key] = _fit(values, largest[key], np.concatenate(matrices))
        for layer, matrix in zip(own, matrices, strict=True):
            rounded, steps = quantize_weights(matrix * inputs[key].smoothing)
            given = inputs[key].quantize(values) @ (rounded * steps).T
            corrections[layer] = (values @ matrix.T - given).mean(axis=0)
    return Int8Ranges(inputs, corrections)


def _is_dense(name: str) -> bool:
    return name.startswith("encoder.layer.") and ".weight" in name and "LayerNorm" not in name


def _observe(encoder: Encoder, texts: Sequence[str]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Of each input, values of some tokens of every text, shape (tokens, channels), and the largest
    absolute value of each channel over all tokens."""
    layers = _Observed(encoder.weights)
    graph = build_graph(encoder.weights, encoder.config, layers)
    names = list(layers.inputs)
    graph.add_outputs([layers.inputs[name].output(0) for name in names])
    request = ov.Core().compile_model(graph, "CPU", AS_FLOATS).create_infer_request()
    chance = np.random.default_rng(0)
    sampled: dict[str, list[Array]] = {name: [] for name in names}
    largest: dict[str, Array] = {}
    for text in texts:
        found = request.infer(list(encoder.embed(text)))
        length = found[0].shape[1]
        tokens = chance.permutation(length)[:TOKENS]
        for number, name in enumerate(names, start=1):
            values = found[number][0]
            sampled[name].append(values[tokens].copy())
            largest[name] = np.maximum(largest.get(name, 0), np.abs(values).max(axis=0))
    return {name: np.concatenate(values) for name, values in sampled.items()}, largest


def _fit(values: Array, largest: Array, matrix: Array) -> InputRange:
    """Smoothing of an input by what comes in and the weights that it meets, and the range with the
    least squared error of the outputs."""
    weights = np.maximum(np.abs(matrix).max(axis=0), 1e-5)
    smoothing = np.maximum(largest, 1e-5) ** SMOOTHING / weights ** (1 - SMOOTHING)
    smoothing = (smoothing / np.exp(np.log(smoothing).mean())).astype(np.float16).astype(np.float32)
    low = min(0.0, float((values / smoothing).min()))
    high = max(0.0, float((values / smoothing).max()))
    wanted = values @ matrix.T
    tried = [_with_zero(smoothing, low * share, high * share) for share in CLIPPED]
    errors = [
        float(np.square(wanted - (one.quantize(values) * smoothing) @ matrix.T).mean())
        for one in tried
    ]
    return tried[int(np.argmin(errors))]


def _with_zero(smoothing: Array, low: float, high: float) -> InputRange:
    """The range moved so that one of its steps is zero, as integers need it."""
    step = (high - low) / STEPS
    low = -round(-low / step) * step
    return InputRange(smoothing, low, low + STEPS * step)


def vectors(encoder: Encoder, layers: DenseLayers, texts: Sequence[str]) -> Array:
    """Normalised means of the last hidden states, shape (texts, dimension)."""
    graph = build_graph(encoder.weights, encoder.config, layers)
    request = ov.Core().compile_model(graph, "CPU", AS_FLOATS).create_infer_request()
    means = [request.infer(list(encoder.embed(text)))[0][0].mean(axis=0) for text in texts]
    return np.array([mean / np.linalg.norm(mean) for mean in means])


def _texts() -> Iterator[str]:
    """All texts of this project in all languages, in random order."""
    found = [text for translated in own_texts() for text in translated.texts.values()]
    random.Random(0).shuffle(found)
    return iter(found)


def main(*arguments: str) -> None:
    encoder = Encoder()
    drawn = list(_texts())
    learned_from, held_out = drawn[:TEXTS], drawn[TEXTS : 2 * TEXTS]
    path = ranges_file(encoder.source.fingerprint)
    if not arguments:
        learn(encoder, learned_from).save(path)
    ranges = Int8Ranges.load(path)
    exact = vectors(encoder, DenseLayers(encoder.weights), held_out)
    rounded = vectors(encoder, Int8Layers(encoder.weights, ranges), held_out)
    cosines = (exact * rounded).sum(axis=1)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB")
    print(
        f"cosine with float32 over {len(held_out)} texts: mean {cosines.mean():.4f}, "
        f"5th percentile {np.percentile(cosines, 5):.4f}, lowest {cosines.min():.4f}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
