"""The transformer as an OpenVINO graph, built from its weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as op

if TYPE_CHECKING:
    from openvino import Node

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]
Dense = Callable[["Node", str], "Node"]
"""A dense layer: its input and the name of its weights to its output."""


class DenseLayers:
    """Dense layers in float32."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def __call__(self, state: Node, name: str) -> Node:
        product = op.matmul(state, constant(self._weights[f"{name}.weight"]), False, True)
        return op.add(product, constant(self._weights[f"{name}.bias"]))


def constant(values: Array) -> Node:
    return op.constant(values.astype(np.float32))


def build_graph(weights: Weights, config: Mapping[str, Any], dense: Dense) -> ov.Model:
    """BERT encoder (Devlin et al. 2019), from summed embeddings to the last hidden state."""
    hidden = config["hidden_size"]
    embedded = op.parameter([-1, -1, hidden], ov.Type.f32, "embedded")
    mask = op.parameter([-1, -1], ov.Type.f32, "mask")
    away = op.multiply(op.subtract(mask, np.float32(1)), np.float32(1e9))
    away = op.unsqueeze(away, np.array([1, 2]))
    build = _Layers(weights, config, dense)
    state = build.norm(embedded, "embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        state = build.layer(state, away, f"encoder.layer.{number}")
    return ov.Model([state], [embedded, mask], "encoder")


class _Layers:
    """Builds parts of the graph from the weights with their names."""

    def __init__(self, weights: Weights, config: Mapping[str, Any], dense: Dense) -> None:
        self._weights = weights
        self._dense = dense
        self._epsilon = config["layer_norm_eps"]
        heads = config["num_attention_heads"]
        self._split = np.array([0, 0, heads, config["hidden_size"] // heads])
        self._join = np.array([0, 0, config["hidden_size"]])

    def layer(self, state: Node, mask: Node, name: str) -> Node:
        query, key, value = (
            op.transpose(
                op.reshape(self._dense(state, f"{name}.attention.self.{part}"), self._split, True),
                np.array([0, 2, 1, 3]),
            )
            for part in ("query", "key", "value")
        )
        attended = op.scaled_dot_product_attention(query, key, value, mask)
        attended = op.reshape(op.transpose(attended, np.array([0, 2, 1, 3])), self._join, True)
        attended = self._dense(attended, f"{name}.attention.output.dense")
        state = self.norm(op.add(state, attended), f"{name}.attention.output.LayerNorm")
        inner = op.gelu(self._dense(state, f"{name}.intermediate.dense"), "erf")
        inner = self._dense(inner, f"{name}.output.dense")
        return self.norm(op.add(state, inner), f"{name}.output.LayerNorm")

    def norm(self, state: Node, name: str) -> Node:
        centred = op.mvn(state, op.constant([-1]), True, self._epsilon, "inside_sqrt")
        return op.add(op.multiply(centred, self._get(f"{name}.weight")), self._get(f"{name}.bias"))

    def _get(self, name: str) -> Node:
        return constant(self._weights[name])
