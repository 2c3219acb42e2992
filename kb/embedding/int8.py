"""Dense layers of the transformer in 8-bit integers, for processors that multiply these fastest.

Inputs of dense layers have a few channels with large values, which would leave the others few of
the 256 steps. SmoothQuant (Xiao et al. 2023) divides each channel by a factor, and multiplies the
weights by it. Factors, ranges and what quantization shifts on average were learned from texts by
``python -m bench.int8`` and are shipped with the model's preparation, so that the quantized graph
is built without any other program. Attention, norms and sums stay in floating point.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from openvino import opset13 as op

from kb.embedding.encoder_graph import Array, DenseLayers, Weights, constant
from kb.embedding.preparation import FOLDER
from kb.messages import N_, ConfigurationError

if TYPE_CHECKING:
    from openvino import Node

STEPS = 255
"""Between the lowest and the highest value of an input, which is stored in 8 bits."""
LARGEST = 127
"""Of a weight in 8 bits."""
_SHARING = ("query", "key", "value")
"""Layers of a block with the same input."""


@dataclass(frozen=True)
class InputRange:
    """Of the input of a dense layer: ``smoothing``, shape (channels,), by which channels are
    divided, and the range of values afterwards."""

    smoothing: Array
    low: float
    high: float

    def quantize(self, values: Array) -> Array:
        """What the integers stand for, shape as given: smoothed, rounded and limited values."""
        step = (self.high - self.low) / STEPS
        smoothed = np.clip(values / self.smoothing, self.low, self.high)
        return np.asarray(np.rint((smoothed - self.low) / step) * step + self.low)


@dataclass(frozen=True)
class Int8Ranges:
    """``inputs`` are by ``input_of``; ``corrections``, shape (outputs,), by layer: what is added to
    its bias, because rounding shifts the mean."""

    inputs: Mapping[str, InputRange]
    corrections: Mapping[str, Array]

    def save(self, path: Path) -> None:
        names, layers = sorted(self.inputs), sorted(self.corrections)
        limits = [[self.inputs[name].low, self.inputs[name].high] for name in names]
        smoothing = np.concatenate([self.inputs[name].smoothing for name in names])
        corrections = np.concatenate([self.corrections[name] for name in layers])
        np.savez_compressed(
            path,
            names=np.array(names),
            sizes=np.array([self.inputs[name].smoothing.size for name in names]),
            limits=np.array(limits, np.float32),
            smoothing=smoothing.astype(np.float16),
            layers=np.array(layers),
            outputs=np.array([self.corrections[name].size for name in layers]),
            corrections=corrections.astype(np.float16),
        )

    @classmethod
    def load(cls, path: Path) -> Int8Ranges:
        """Raises ConfigurationError if the file was not written by ``save``."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                smoothing = _split(data["smoothing"], data["sizes"])
                corrections = _split(data["corrections"], data["outputs"])
                limits = data["limits"].tolist()
                names, layers = data["names"].tolist(), data["layers"].tolist()
        except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error) as error:
            raise ConfigurationError(
                N_("The file {name} for the preparation of vectors is damaged: make it again."),
                name=path.name,
            ) from error
        ranges = zip(names, smoothing, limits, strict=True)
        return cls(
            {name: InputRange(own, low, high) for name, own, (low, high) in ranges},
            dict(zip(layers, corrections, strict=True)),
        )


def shipped_ranges(fingerprint: str) -> Int8Ranges | None:
    """The ranges shipped for the model, or None."""
    path = ranges_file(fingerprint)
    return Int8Ranges.load(path) if path.is_file() else None


def ranges_file(fingerprint: str) -> Path:
    return FOLDER / f"int8-{fingerprint}.npz"


def input_of(layer: str) -> str:
    """The name of a layer's input: query, key and value of a block have the same."""
    block, _, last = layer.rpartition(".")
    return block if last in _SHARING else layer


def quantize_weights(weights: Array) -> tuple[Array, Array]:
    """Weights, shape (outputs, inputs), as int8, and the step of each output, shape (outputs, 1),
    float32."""
    largest = np.abs(weights).max(axis=1, keepdims=True)
    steps = np.maximum(largest, 1e-9).astype(np.float32) / np.float32(LARGEST)
    return np.rint(weights / steps).astype(np.int8), steps


class Int8Layers(DenseLayers):
    """Dense layers whose inputs and weights are rounded to 8 bits, which OpenVINO multiplies as
    integers where the processor can."""

    def __init__(self, weights: Weights, ranges: Int8Ranges) -> None:
        super().__init__(weights)
        self._ranges = ranges
        self._inputs: dict[str, Node] = {}

    def __call__(self, state: Node, name: str) -> Node:
        own = self._ranges.inputs[input_of(name)]
        whole = self._weights[f"{name}.weight"].astype(np.float32) * own.smoothing
        rounded, steps = quantize_weights(whole)
        stored = op.multiply(op.convert(op.constant(rounded), "f32"), op.constant(steps))
        product = op.matmul(self._quantized(state, name), stored, False, True)
        bias = self._weights[f"{name}.bias"].astype(np.float32)
        return op.add(product, constant(bias + self._ranges.corrections[name]))

    def _quantized(self, state: Node, name: str) -> Node:
        key = input_of(name)
        if key not in self._inputs:
            own = self._ranges.inputs[key]
            smoothed = op.multiply(state, constant(1 / own.smoothing))
            low, high = np.float32(own.low), np.float32(own.high)
            self._inputs[key] = op.fake_quantize(smoothed, low, high, low, high, STEPS + 1)
        return self._inputs[key]


def _split(values: Array, sizes: Array) -> list[Array]:
    return np.split(values.astype(np.float32), np.cumsum(sizes)[:-1])
