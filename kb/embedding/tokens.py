"""A model's own tokens, without torch or transformers: counting, ids and character ranges.

The bundled vocabulary of 250,000 pieces is read by sentencepiece, which needs 50 MB for it and no
time; the tokenizers library needs 270 MB and a second. Other models bring a ``tokenizer.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import tokenizers

PIECES = "pieces.model"
"""In a model's folder: a sentencepiece model whose ids are the transformer's."""


@dataclass(frozen=True)
class Encoding:
    """Token ids, with the special tokens at both ends, and the characters each stands for."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class Tokenizer(Protocol):
    """Nothing is cut, whatever the model's longest text."""

    def encode(self, text: str) -> Encoding: ...

    def encode_ids(self, texts: Sequence[str]) -> list[list[int]]: ...

    def count(self, text: str) -> int:
        """Special tokens included."""
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
    """On sentencepiece."""

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
        # One by one: for a list sentencepiece starts threads, which takes longer than the work.
        found = (self._pieces.encode(encodable(text)) for text in texts)
        return [[self._first, *ids, self._last] for ids in found]

    def count(self, text: str) -> int:
        return len(self._pieces.encode(encodable(text))) + 2


class FileTokenizer:
    """On a ``tokenizer.json``."""

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
    """Lone surrogates are no characters: each becomes a question mark, so that offsets hold."""
    return text.encode("utf-8", "replace").decode()
