"""Run the transformer of a sentence-transformers model on OpenVINO, several times faster than
torch.

The graph is built from the weights file with OpenVINO operations. Word embeddings stay in the
memory-mapped file, because only rows of the text's tokens are needed. OpenVINO computes in bfloat16
on processors that support it (cosine to float32 above 0.9999), else in float32.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import torch
from filelock import FileLock
from openvino import opset13 as op
from sentence_transformers.sentence_transformer.modules import InputModule

from kb.embedding.source import ModelSource
from kb.embedding.tokens import Tokenizer

if TYPE_CHECKING:
    from openvino import Node

POSITION_OFFSETS = {"bert": 0, "roberta": 2, "xlm-roberta": 2, "camembert": 2}
GRAPH = 1  # increase when the graph changes, so that old ones are not used
STEP = 16
"""Texts are padded to a multiple of this many tokens, because OpenVINO prepares for each new input
length, which takes longer than embedding a question."""
NUMPY_TYPES = {"F32": "<f4", "F16": "<f2"}

Array = npt.NDArray[Any]


def convertible(folder: Path) -> bool:
    """Whether the folder has an encoder of BERT architecture with weights that numpy can read."""
    files = [folder / name for name in ("config.json", "model.safetensors", "tokenizer.json")]
    if not all(file.is_file() for file in files):
        return False
    config = json.loads(files[0].read_text("utf-8"))
    weights = _map_weights(files[1])
    return (
        config["model_type"] in POSITION_OFFSETS
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder")
        and all(
            array.dtype.kind == "f" or "position_ids" in name for name, array in weights.items()
        )
    )


class OpenVinoTransformer(InputModule):
    """Input module: texts to ``token_embeddings``, float32, shape (texts, tokens, dimension)."""

    def __init__(
        self, source: ModelSource, tokenizer: Tokenizer, cache_dir: Path, threads: int | None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in sentence-transformers
        self._folder = source.folder
        self._tokenizer = tokenizer
        config = json.loads((source.folder / "config.json").read_text("utf-8"))
        weights = _without_prefix(_map_weights(source.folder / "model.safetensors"))
        self._words = weights["embeddings.word_embeddings.weight"]
        offset = POSITION_OFFSETS[config["model_type"]]
        positions = weights["embeddings.position_embeddings.weight"][offset:].astype(np.float32)
        self._positions = positions + weights["embeddings.token_type_embeddings.weight"][0]
        self.max_seq_length = min(source.max_tokens, len(positions))
        self._padding = config.get("pad_token_id") or 0
        properties: dict[str, Any] = {"CACHE_DIR": str(cache_dir), "PERFORMANCE_HINT": "LATENCY"}
        if threads:
            properties["INFERENCE_NUM_THREADS"] = threads
        folder = cache_dir / f"{source.fingerprint}-{GRAPH}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):  # another process may be writing the file
            graph = _saved_graph(folder, weights, config)
            compiled = ov.Core().compile_model(graph, "CPU", properties)
        self._request: Any = compiled.create_infer_request()
        self._free = threading.Lock()  # a request runs one batch at a time, on all threads

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any
    ) -> dict[str, torch.Tensor]:
        found = self._tokenizer.encode_ids([(prompt or "") + text for text in inputs])
        longest = self.max_seq_length - 1
        cut = [[*ids[:longest], ids[-1]] if len(ids) > longest else ids for ids in found]
        longest_here = max(map(len, cut))
        width = min(-(-longest_here // STEP) * STEP, self.max_seq_length)
        ids = np.full((len(cut), width), self._padding)
        mask = np.zeros((len(cut), width), np.int64)
        for row, tokens in enumerate(cut):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, torch.Tensor], **kwargs: Any) -> dict[str, torch.Tensor]:
        ids = features["input_ids"].numpy()
        embedded = self._words[ids].astype(np.float32) + self._positions[: ids.shape[1]]
        mask = features["attention_mask"].numpy().astype(np.float32)
        with self._free:
            output = self._request.infer([embedded, mask], share_inputs=True)[0]
        features["token_embeddings"] = torch.from_numpy(output)
        return features

    def get_embedding_dimension(self) -> int:
        return int(self._words.shape[1])

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        shutil.copytree(self._folder, output_path, dirs_exist_ok=True)


def _map_weights(path: Path) -> dict[str, Array]:
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


def _without_prefix(weights: dict[str, Array]) -> dict[str, Array]:
    """Weights with names shortened to start at ``embeddings`` or ``encoder``."""
    anchor = "embeddings.word_embeddings.weight"
    prefix = next(name for name in weights if name.endswith(anchor)).removesuffix(anchor)
    return {name.removeprefix(prefix): array for name, array in weights.items()}


def _saved_graph(folder: Path, weights: dict[str, Array], config: dict[str, Any]) -> Path:
    """The graph's file, written on first use. From a file, OpenVINO caches the compiled model and
    maps it at the next start."""
    path = folder / "encoder.xml"
    if not path.is_file():
        with TemporaryDirectory(dir=folder.parent) as building:
            half = weights["embeddings.word_embeddings.weight"].dtype == np.float16
            ov.save_model(_graph(weights, config), f"{building}/new/{path.name}", half)
            Path(building, "new").rename(folder)
    return path


def _graph(weights: dict[str, Array], config: dict[str, Any]) -> ov.Model:
    """BERT encoder (Devlin et al. 2019), from summed embeddings to the last hidden state."""
    hidden = config["hidden_size"]
    embedded = op.parameter([-1, -1, hidden], ov.Type.f32, "embedded")
    mask = op.parameter([-1, -1], ov.Type.f32, "mask")
    away = op.multiply(op.subtract(mask, np.float32(1)), np.float32(1e9))
    away = op.unsqueeze(away, np.array([1, 2]))
    build = _Layers(weights, config)
    state = build.norm(embedded, "embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        state = build.layer(state, away, f"encoder.layer.{number}")
    return ov.Model([state], [embedded, mask], "encoder")


class _Layers:
    """Builds parts of the graph from the weights with their names."""

    def __init__(self, weights: dict[str, Array], config: dict[str, Any]) -> None:
        self._weights = weights
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

    def _dense(self, state: Node, name: str) -> Node:
        product = op.matmul(state, self._get(f"{name}.weight"), False, True)
        return op.add(product, self._get(f"{name}.bias"))

    def _get(self, name: str) -> Node:
        return op.constant(self._weights[name].astype(np.float32))
