"""Run the transformer of a sentence-transformers model on OpenVINO, several times faster than
torch.

The graph is built from the weights file with OpenVINO operations. Word embeddings stay in the
memory-mapped file, because only rows of the text's tokens are needed.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers.sentence_transformer.modules import InputModule

from kb.embedding.precision import Encoder, compile_encoder
from kb.embedding.source import ModelSource
from kb.embedding.tokens import Tokenizer
from kb.embedding.weights_file import map_weights, without_prefix
from kb.settings import Settings

POSITION_OFFSETS = {"bert": 0, "roberta": 2, "xlm-roberta": 2, "camembert": 2}
STEP = 16
"""Texts are padded to a multiple of this many tokens, because OpenVINO prepares for each new input
length, which takes longer than embedding a question."""


def convertible(folder: Path) -> bool:
    """Whether the folder has an encoder of BERT architecture with weights that numpy can read."""
    files = [folder / name for name in ("config.json", "model.safetensors", "tokenizer.json")]
    if not all(file.is_file() for file in files):
        return False
    config = json.loads(files[0].read_text("utf-8"))
    weights = map_weights(files[1])
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
        self, source: ModelSource, tokenizer: Tokenizer, settings: Settings, threads: int | None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in sentence-transformers
        self._folder = source.folder
        self._tokenizer = tokenizer
        config = json.loads((source.folder / "config.json").read_text("utf-8"))
        weights = without_prefix(map_weights(source.folder / "model.safetensors"))
        self._words = weights["embeddings.word_embeddings.weight"]
        offset = POSITION_OFFSETS[config["model_type"]]
        positions = weights["embeddings.position_embeddings.weight"][offset:].astype(np.float32)
        self._positions = positions + weights["embeddings.token_type_embeddings.weight"][0]
        self.max_seq_length = min(source.max_tokens, len(positions))
        self._padding = config.get("pad_token_id") or 0
        encoder = Encoder(source, weights, config, settings.cache_dir / "openvino", threads)
        compiled, self.precision = compile_encoder(encoder, settings.embedding_precision)
        self._request: Any = compiled.create_infer_request()
        self._free = threading.Lock()  # a request runs one batch at a time, on all threads

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any
    ) -> dict[str, torch.Tensor]:
        """``prompt_length``: tokens before the text, which some poolings leave out."""
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
        features = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if prompt:
            before = self._tokenizer.count(prompt) - 1  # the last token ends a text
            features["prompt_length"] = torch.tensor([before])
        return features

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
