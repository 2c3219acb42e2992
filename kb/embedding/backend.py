"""Load a model for OpenVINO or torch.

A model of BERT's architecture whose vectors are pooled states runs on OpenVINO and numpy alone:
importing torch and sentence-transformers takes longer than answering a question.
"""

from __future__ import annotations

import json

import structlog

from kb.embedding.model import Model
from kb.embedding.source import ModelSource
from kb.embedding.tokens import Tokenizer
from kb.messages import N_, ConfigurationError
from kb.settings import Settings

log = structlog.get_logger()

AFTER_ENCODER = frozenset({"Pooling", "Normalize", "Dense", "LayerNorm"})
"""Modules of sentence-transformers that can follow the encoder on OpenVINO."""


def load_model(
    source: ModelSource, tokenizer: Tokenizer, settings: Settings, threads: int | None, batch: int
) -> Model:
    """The model on OpenVINO if installed and supported, else on torch. ``batch``: most texts of a
    call.

    Raises ConfigurationError if it cannot be loaded.
    """
    if settings.embedding_backend != "torch":
        try:
            model = _load_on_openvino(source, tokenizer, settings, threads, batch)
        except (ImportError, RuntimeError) as error:  # not installed, or processor not supported
            log.warning("embedding on torch", reason=str(error))
            model = None
        if model is not None:
            return model
    if settings.embedding_backend == "openvino":
        raise ConfigurationError(
            N_(
                "The embedding model {model} cannot run on OpenVINO here: "
                "set KB_EMBEDDING_BACKEND to auto or torch."
            ),
            model=source.name,
        )
    from kb.embedding.torch_model import load_on_torch

    return load_on_torch(source, threads, batch)


def _load_on_openvino(
    source: ModelSource, tokenizer: Tokenizer, settings: Settings, threads: int | None, batch: int
) -> Model | None:
    from kb.embedding.openvino import OpenVinoEncoder, convertible
    from kb.embedding.pooled import PooledModel, read_pooling

    path = source.folder / "modules.json"
    if not path.is_file() or not convertible(source.folder):
        return None
    first, *others = json.loads(path.read_text("utf-8"))
    names = [module["type"].rpartition(".")[2] for module in others]
    if first["path"] or not set(names) <= AFTER_ENCODER:
        return None
    encoder = OpenVinoEncoder(source, tokenizer, settings, threads)
    if pooling := read_pooling(source, dict(zip(names, others, strict=True))):
        return PooledModel(encoder, pooling)
    from kb.embedding.torch_model import with_dense_layers

    return with_dense_layers(source, encoder, batch)
