"""Tokenizers without torch or transformers: counts, ids and character ranges.

The bundled vocabulary (250,000 pieces) is read by sentencepiece, which loads in no time and 50 MB;
the tokenizers library needs a second and 270 MB. Other models have a ``tokenizer.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import tokenizers

PIECES = "pieces.model"
"""File in a model's folder: a sentencepiece model whose ids are the transformer's."""


@dataclass(frozen=True)
class Encoding:
    """Token ids with special tokens at both ends, and the character range of each."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class Tokenizer(Protocol):
    """A tokenizer that does not truncate."""

    def encode(self, text: str) -> Encoding: ...

    def encode_ids(self, texts: Sequence[str]) -> list[list[int]]: ...

    def count(self, text: str) -> int:
        """Number of tokens, special tokens included."""
        ...


def open_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of the model in ``folder``."""
    if (folder / PIECES).is_file():
        return PieceTokenizer(folder / PIECES)
    file = folder / "tokenizer.json"
    if file.is_file():
        from tokenizers import Tokenizer as FastTokenizer

        return FileTokenizer(FastTokenizer.from_file(str(file)))
    from transformers import AutoTokenizer

    loaded: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return FileTokenizer(loaded.backend_tokenizer)


class PieceTokenizer:
    """Uses sentencepiece."""

    def __init__(self, file: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        self._pieces = SentencePieceProcessor(model_file=str(file))
        self._first, self._last = self._pieces.bos_id(), self._pieces.eos_id()

    def encode(self, text: str) -> Encoding:
        found = self._pieces.encode(encodable(text), return_type="offset_mapping")
        end = len(text)
        return Encoding(
            [self._first, *found["ids"], self._last], [(0, 0), *found["offsets"], (end, end)]
        )

    def encode_ids(self, texts: Sequence[str]) -> list[list[int]]:
        # One by one: for a list, sentencepiece starts threads, which takes longer.
        found = (self._pieces.encode(encodable(text)) for text in texts)
        return [[self._first, *ids, self._last] for ids in found]

    def count(self, text: str) -> int:
        return len(self._pieces.encode(encodable(text))) + 2


class FileTokenizer:
    """Uses a ``tokenizer.json``."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def encode(self, text: str) -> Encoding:
        found = self._tokenizer.encode(encodable(text))
        return Encoding(found.ids, found.offsets)

    def encode_ids(self, texts: Sequence[str]) -> list[list[int]]:
        found = self._tokenizer.encode_batch_fast([encodable(text) for text in texts])
        return [encoding.ids for encoding in found]

    def count(self, text: str) -> int:
        return len(self.encode_ids([text])[0])


def encodable(text: str) -> str:
    """The text with lone surrogates replaced by question marks, so that offsets stay valid."""
    return text.encode("utf-8", "replace").decode()
