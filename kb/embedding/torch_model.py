"""Models that sentence-transformers runs: those of other architectures, and those with dense layers
after pooling, whose transformer may run on OpenVINO all the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sentence_transformers.sentence_transformer.modules as known
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import InputModule

from kb.embedding.model import Model, TextStates
from kb.embedding.openvino import OpenVinoEncoder
from kb.embedding.preparation import Vectors
from kb.embedding.source import ModelSource
from kb.messages import N_, ConfigurationError


class TorchModel(Model):
    """A ``SentenceTransformer``."""

    def __init__(self, model: SentenceTransformer, source: ModelSource, batch: int) -> None:
        """``batch``: most texts of a call."""
        self._model = model
        self._batch = batch
        self.dimension = model.get_embedding_dimension() or source.full_dimension
        self.precision = str(getattr(model[0], "precision", "float32"))

    def encode(self, texts: Sequence[str], prompt: str, kept: int | None) -> Vectors:
        vectors: Vectors = self._model.encode(
            list(texts),
            prompt=prompt,
            batch_size=self._batch,
            normalize_embeddings=True,
            truncate_dim=kept,
            show_progress_bar=False,
        )
        return vectors

    def encode_tokens(self, texts: Sequence[str], prompt: str) -> Iterator[TextStates]:
        found: Any = self._model.encode(
            list(texts),
            prompt=prompt,
            batch_size=self._batch,
            output_value=None,
            show_progress_bar=False,
        )
        for each in found:
            vector, tokens = each["sentence_embedding"], each["token_embeddings"]
            yield TextStates(np.asarray(vector, np.float32), np.asarray(tokens, np.float32))


class OpenVinoTransformer(InputModule):
    """Input module: texts to ``token_embeddings``, float32, shape (texts, tokens, dimension)."""

    def __init__(self, encoder: OpenVinoEncoder, folder: Path) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in sentence-transformers
        self._encoder = encoder
        self._folder = folder
        self.max_seq_length = encoder.max_tokens
        self.precision = encoder.precision

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any
    ) -> dict[str, torch.Tensor]:
        """``prompt_length``: tokens before the text, which some poolings leave out."""
        ids, mask = self._encoder.tokenize(inputs, prompt or "")
        features = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if prompt:
            before = self._encoder.count_tokens(prompt) - 1  # the last one ends a text
            features["prompt_length"] = torch.tensor([before])
        return features

    def forward(self, features: dict[str, torch.Tensor], **kwargs: Any) -> dict[str, torch.Tensor]:
        ids, mask = features["input_ids"].numpy(), features["attention_mask"].numpy()
        features["token_embeddings"] = torch.from_numpy(self._encoder.states(ids, mask))
        return features

    def get_embedding_dimension(self) -> int:
        return self._encoder.dimension

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        shutil.copytree(self._folder, output_path, dirs_exist_ok=True)


def with_dense_layers(source: ModelSource, encoder: OpenVinoEncoder, batch: int) -> TorchModel:
    """The encoder on OpenVINO, what follows it on torch."""
    modules: list[torch.nn.Module] = [OpenVinoTransformer(encoder, source.folder)]
    for module in json.loads((source.folder / "modules.json").read_text("utf-8"))[1:]:
        kind = getattr(known, module["type"].rpartition(".")[2])
        modules.append(kind.load(str(source.folder), subfolder=module["path"]))
    made = SentenceTransformer(modules=modules, prompts=source.prompts, device="cpu")
    return TorchModel(made, source, batch)


def load_on_torch(source: ModelSource, threads: int | None, batch: int) -> TorchModel:
    """Raises ConfigurationError if sentence-transformers cannot load the model."""
    from transformers.utils import logging as transformers_log

    # The warnings are about layers that are not used for vectors.
    transformers_log.set_verbosity_error()  # type: ignore[no-untyped-call]  # has no types
    transformers_log.disable_progress_bar()  # type: ignore[no-untyped-call]  # has no types
    if threads:
        torch.set_num_threads(threads)
    try:
        model = SentenceTransformer(
            str(source.folder),
            local_files_only=True,
            device="cpu",
            model_kwargs={"dtype": torch.float32},
        )
    except (OSError, ValueError, ImportError) as error:
        raise ConfigurationError(
            N_(
                "The embedding model {model} cannot be loaded ({reason}): "
                "choose another one with KB_EMBEDDING_MODEL."
            ),
            model=source.name,
            reason=str(error).strip().split("\n")[0],
        ) from error
    model.max_seq_length = source.max_tokens
    return TorchModel(model, source, batch)
