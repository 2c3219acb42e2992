"""Run the encoder of a sentence-transformers model on OpenVINO, several times faster than torch.

The graph is built from the weights file with OpenVINO operations. Word embeddings stay in the
memory-mapped file, because only rows of the text's tokens are needed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kb.embedding.precision import Encoder, compile_encoder
from kb.embedding.preparation import Vectors
from kb.embedding.source import ModelSource
from kb.embedding.tokens import Tokenizer
from kb.embedding.weights_file import map_weights, without_prefix
from kb.settings import Settings

Ids = npt.NDArray[np.int64]
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


class OpenVinoEncoder:
    """Texts to the last hidden states of their tokens."""

    def __init__(
        self, source: ModelSource, tokenizer: Tokenizer, settings: Settings, threads: int | None
    ) -> None:
        self._tokenizer = tokenizer
        config = json.loads((source.folder / "config.json").read_text("utf-8"))
        weights = without_prefix(map_weights(source.folder / "model.safetensors"))
        self._words = weights["embeddings.word_embeddings.weight"]
        offset = POSITION_OFFSETS[config["model_type"]]
        positions = weights["embeddings.position_embeddings.weight"][offset:].astype(np.float32)
        self._positions = positions + weights["embeddings.token_type_embeddings.weight"][0]
        self.dimension = int(self._words.shape[1])
        self.max_tokens = min(source.max_tokens, len(positions))
        self._padding = config.get("pad_token_id") or 0
        encoder = Encoder(source, weights, config, settings.cache_dir / "openvino", threads)
        compiled, self.precision = compile_encoder(encoder, settings.embedding_precision)
        self._request: Any = compiled.create_infer_request()
        self._free = threading.Lock()  # a request runs one batch at a time, on all threads

    def tokenize(self, texts: Sequence[str], prompt: str) -> tuple[Ids, Ids]:
        """Ids of the tokens of prompt and text, and 1 for each that is no padding; both of shape
        (texts, tokens)."""
        found = self._tokenizer.encode_ids([prompt + text for text in texts])
        longest = self.max_tokens - 1
        cut = [[*ids[:longest], ids[-1]] if len(ids) > longest else ids for ids in found]
        longest_here = max(map(len, cut))
        width = min(-(-longest_here // STEP) * STEP, self.max_tokens)
        ids = np.full((len(cut), width), self._padding)
        mask = np.zeros((len(cut), width), np.int64)
        for row, tokens in enumerate(cut):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return ids, mask

    def count_tokens(self, text: str) -> int:
        """Special tokens included."""
        return self._tokenizer.count(text)

    def states(self, ids: Ids, mask: Ids) -> Vectors:
        """Shape (texts, tokens, dimension), float32."""
        embedded = self._words[ids].astype(np.float32) + self._positions[: ids.shape[1]]
        with self._free:
            output = self._request.infer([embedded, mask.astype(np.float32)], share_inputs=True)[0]
        return np.asarray(output, np.float32)
