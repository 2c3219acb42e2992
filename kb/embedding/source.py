"""Locate the configured model on this machine and identify its vectors.

Does not import torch, transformers or sentence-transformers, because start-up and the extraction
child must be fast.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from kb.embedding import bundled
from kb.messages import N_, ConfigurationError
from kb.settings import Settings

BUNDLED = "bundled"
SAMPLED_BLOCKS = 64
"""Blocks of a large file in the checksum."""
BLOCK_BYTES = 1 << 16
"""Bytes of such a block."""
_TRAINED_DIMENSIONS = re.compile(r'"matryoshka_dims":\s*\[([^\]]*)\]')
"""In the model card that sentence-transformers writes after training."""
OTHER_FORMATS = ["*.onnx", "*.xml", "*.msgpack", "*.h5", "onnx/*", "openvino/*"]


@dataclass(frozen=True)
class ModelSource:
    """A sentence-transformers folder with name and revision of its model."""

    name: str
    folder: Path
    revision: str
    kept: int | None = None
    """Dimensions kept of each vector; ``None`` for all."""

    @cached_property
    def prompts(self) -> dict[str, str]:
        prompts = self.config("config_sentence_transformers.json").get("prompts") or {}
        return {name: text for name, text in prompts.items() if text}

    @property
    def query_prompt(self) -> str:
        return self.prompts.get("query", "")

    @property
    def passage_prompt(self) -> str:
        """Names used by model authors, in the order in which sentence-transformers tries them."""
        found = (self.prompts.get(name) for name in ("document", "passage", "corpus"))
        return next((prompt for prompt in found if prompt), "")

    @cached_property
    def max_tokens(self) -> int:
        """Longest input, special tokens and prompt included; longer texts are cut."""
        own = self.config("sentence_bert_config.json").get("max_seq_length")
        tokenizer = self.config("tokenizer_config.json").get("model_max_length")
        positions = self.config("config.json").get("max_position_embeddings")
        return int(own or min(tokenizer or 1 << 30, positions or 512))

    @property
    def dimension(self) -> int:
        """Dimension of the final vectors."""
        return self.kept or self.full_dimension

    @cached_property
    def full_dimension(self) -> int:
        """Dimension of the last dense layer, else of the transformer."""
        modules = self.config("modules.json") or []
        for module in reversed(modules):
            own = self.config(f"{module['path']}/config.json")
            if features := own.get("out_features") or own.get("embedding_dimension"):
                return int(features)
        config = self.config("config.json")
        return int(config.get("hidden_size") or config["dim"])

    @cached_property
    def matryoshka(self) -> tuple[int, ...]:
        """Dimensions to which the model's vectors can be cut (Kusupati et al. 2022, Matryoshka
        Representation Learning), from its configuration or card."""
        for file in ("config_sentence_transformers.json", "config.json"):
            if told := self.config(file).get("matryoshka_dimensions"):
                return tuple(sorted(map(int, told)))
        card = self.folder / "README.md"
        text = card.read_text("utf-8", "replace") if card.is_file() else ""
        found = _TRAINED_DIMENSIONS.search(text)
        return tuple(sorted(map(int, re.findall(r"\d+", found[1])))) if found else ()

    def cut(self, dimensions: int | None) -> ModelSource:
        """The same model with shorter vectors.

        Raises ConfigurationError if the model was not trained for that.
        """
        if dimensions in (None, self.full_dimension):
            return self
        if dimensions not in self.matryoshka:
            known = ", ".join(map(str, (*self.matryoshka, self.full_dimension)))
            raise ConfigurationError(
                N_(
                    "The embedding model {model} makes no vectors of {wanted} numbers: set "
                    "KB_EMBEDDING_DIMENSIONS to one of {known}, or leave it out."
                ),
                model=self.name,
                wanted=dimensions,
                known=known,
            )
        return replace(self, kept=dimensions)

    @cached_property
    def fingerprint(self) -> str:
        """Identifier of everything that stored vectors depend on, usable in file and collection
        names."""
        parts = [self.revision, self.query_prompt, self.passage_prompt, self.max_tokens, "l2"]
        parts += [self.kept] if self.kept else []
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
        return f"{self.name.lower()}-{digest}"

    def config(self, file: str) -> Any:
        path = self.folder / file
        return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def find_model(settings: Settings, report: bundled.Report | None = None) -> ModelSource:
    """The configured model; the bundled one is unpacked on first use, with progress to ``report``.

    Raises ConfigurationError if it is missing and may not be downloaded, or does not give vectors
    of the configured dimension.
    """
    return _locate(settings, report).cut(settings.embedding_dimensions)


def _locate(settings: Settings, report: bundled.Report | None) -> ModelSource:
    if settings.embedding_model == BUNDLED:
        folder = bundled.model_folder(settings.cache_dir, report)
        return ModelSource(bundled.NAME, folder, bundled.identity())
    folder = Path(settings.embedding_model).expanduser()
    if not folder.is_dir():
        folder = _hub_snapshot(settings)
        return ModelSource(_slug(settings.embedding_model), folder, folder.name)
    if not any((folder / file).is_file() for file in ("modules.json", "config.json")):
        raise ConfigurationError(
            N_("There is no embedding model in {folder}: choose one with KB_EMBEDDING_MODEL."),
            folder=str(folder),
        )
    return ModelSource(_slug(folder.resolve().name), folder, _checksum(folder))


def _hub_snapshot(settings: Settings) -> Path:
    """Folder of a hub model in the local cache; its name is the commit."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if not settings.embedding_allow_download:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(settings.embedding_model, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError) as error:
        missing = error
    if settings.embedding_allow_download:
        with suppress(OSError, ValueError):
            return Path(snapshot_download(settings.embedding_model, ignore_patterns=OTHER_FORMATS))
    raise ConfigurationError(
        N_(
            "The embedding model {model} is not on this machine: give its folder in "
            "KB_EMBEDDING_MODEL, or let it be fetched with KB_EMBEDDING_ALLOW_DOWNLOAD=true."
        ),
        model=settings.embedding_model,
    ) from missing


def _checksum(folder: Path) -> str:
    """Checksum of names, sizes and contents; of large files, of evenly spaced blocks, because
    training changes all of them."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}:{size}\n".encode())
        step = max(size // SAMPLED_BLOCKS, BLOCK_BYTES)
        with path.open("rb") as file:
            for start in range(0, size, step):
                file.seek(start)
                digest.update(file.read(BLOCK_BYTES))
    return digest.hexdigest()


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in name)
