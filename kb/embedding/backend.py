"""Load a model for OpenVINO or torch, as a ``SentenceTransformer`` in both cases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import structlog

from kb.embedding.source import ModelSource
from kb.embedding.tokens import Tokenizer
from kb.messages import N_, ConfigurationError
from kb.settings import Settings

log = structlog.get_logger()

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def load_model(
    source: ModelSource, tokenizer: Tokenizer, settings: Settings, threads: int | None
) -> SentenceTransformer:
    """The model on OpenVINO if installed and supported, else on torch."""
    if settings.embedding_backend != "torch":
        try:
            model = _load_on_openvino(source, tokenizer, settings, threads)
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
    return _load_on_torch(source, threads)


def _load_on_openvino(
    source: ModelSource, tokenizer: Tokenizer, settings: Settings, threads: int | None
) -> SentenceTransformer | None:
    import sentence_transformers.sentence_transformer.modules as known
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module

    from kb.embedding.openvino import OpenVinoTransformer, convertible

    path = source.folder / "modules.json"
    if not path.is_file() or not convertible(source.folder):
        return None
    first, *others = json.loads(path.read_text("utf-8"))
    names = [module["type"].rpartition(".")[2] for module in others]
    if first["path"] or not set(names) <= {"Pooling", "Normalize", "Dense", "LayerNorm"}:
        return None
    modules: list[Module] = [OpenVinoTransformer(source, tokenizer, settings, threads)]
    for module, name in zip(others, names, strict=True):
        modules.append(getattr(known, name).load(str(source.folder), subfolder=module["path"]))
    return SentenceTransformer(modules=modules, prompts=source.prompts, device="cpu")


def _load_on_torch(source: ModelSource, threads: int | None) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer
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
    return model
