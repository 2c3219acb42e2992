"""Write the bundled model's vocabulary for sentencepiece, used here, and as ``tokenizer.json``,
used by torch."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from kb.embedding.packed import PackedModel

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN, CONTROL = 2, 3  # piece types of a sentencepiece model


def pieces_model(source: PackedModel) -> bytes:
    """The vocabulary as a serialised ``ModelProto`` of sentencepiece.

    The normalisation rules ``nmt_nfkc``, with which the model was trained, come from sentencepiece.
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
    """A protocol buffer varint: seven bits per byte, lowest first."""
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


def tokenizer(source: PackedModel) -> Tokenizer:
    """The same vocabulary and rules for the tokenizers library."""
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

    built = Tokenizer(models.Unigram(source.pieces, unk_id=3, byte_fallback=False))
    built.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    built.pre_tokenizer = pre_tokenizers.Metaspace()
    built.decoder = decoders.Metaspace()
    built.add_special_tokens(
        [AddedToken(token, special=True) for token in ("<s>", "<pad>", "</s>", "<unk>")]
        + [AddedToken("<mask>", lstrip=True, special=True)]
    )
    built.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return built
