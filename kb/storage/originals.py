"""The content store: uploaded files under their sha256, in a folder or in object storage.

``open_originals`` (``kb.storage.opening_originals``) chooses the implementation by the settings.
"""

from __future__ import annotations

import hashlib
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kb.messages import N_, PermanentError, TransientError

BLOCK = 1 << 20
"""Bytes read at a time."""


_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Stored:
    sha256: str
    size: int


@dataclass(frozen=True)
class StoredFile:
    """A file found in the store. ``where``: its path or address; ``removal``: the command that
    deletes it by hand. ``is_original``: it lies where an original of its name belongs."""

    name: str
    where: str
    size: int
    age_s: float
    removal: str
    is_original: bool
    is_unfinished: bool = False


class FilesAway(TransientError):
    """The store cannot be used at the moment. Work that needs it is done when it is back."""


class OriginalMissing(PermanentError):
    """The store answers and does not have the file."""

    def __init__(self, sha256: str, place: str) -> None:
        super().__init__(
            N_(
                "The file {sha256} is not in {place}: add the same file again, or restore it from "
                "a backup."
            ),
            sha256=sha256,
            place=place,
        )

    def __reduce__(self) -> tuple[type[OriginalMissing], tuple[str, str]]:
        params = self.message.params
        return type(self), (params["sha256"], params["place"])


class Originals(ABC):
    """Files named by their sha256. Every method may raise ``FilesAway``."""

    @property
    @abstractmethod
    def place(self) -> str:
        """The folder or address of the store, for messages."""

    @abstractmethod
    def require_usable(self, *, filled: bool) -> None:
        """Try out what the program does with the store. ``filled``: the base has documents.

        Raises:
            ConfigurationError: a setting or a right is wrong.
            FilesAway: the store does not answer.
        """

    @abstractmethod
    def add(self, stream: IO[bytes], max_bytes: int) -> Stored:
        """Store the rest of a seekable stream. It is stored durably when this returns.

        Raises:
            PermanentError: the file is empty or larger than ``max_bytes``.
            TransientError: the disk is full or cannot be written.
        """

    @abstractmethod
    def exists(self, sha256: str) -> bool: ...

    @abstractmethod
    def size(self, sha256: str) -> int:
        """Bytes of the file. Raises OriginalMissing."""

    @abstractmethod
    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``end`` in blocks. Raises OriginalMissing."""

    def own_path(self, sha256: str) -> Path | None:
        """The stored file itself, where it is one of this machine."""
        return None

    @abstractmethod
    def local_file(self, sha256: str) -> AbstractContextManager[Path]:
        """A path with the file's bytes on this machine, valid until the end of the block.

        Raises:
            OriginalMissing: there is no such file.
            PermanentError: its checksum differs, where that is checked.
            TransientError: no copy can be written.
        """

    @abstractmethod
    def remove(self, sha256: str) -> None:
        """Delete the file, if there is one."""

    @abstractmethod
    def files(self) -> Iterator[StoredFile]:
        """Everything that lies in the store."""

    @abstractmethod
    def remove_leftovers(self, *, alone: bool = False) -> None:
        """Delete what uploads of killed processes left unfinished: at once where no upload can be
        under way (``alone``), else after a day."""

    def all(self) -> Iterator[str]:
        """The sha256 of every stored file."""
        return (file.name for file in self.files() if file.is_original)

    def is_intact(self, sha256: str) -> bool:
        """Whether the file exists and its checksum is right."""
        digest = hashlib.sha256()
        try:
            for block in self.read(sha256):
                digest.update(block)
        except OriginalMissing:
            return False
        return digest.hexdigest() == sha256


def is_sha256(name: str) -> bool:
    return _SHA256.fullmatch(name) is not None


def read_blocks(stream: IO[bytes], max_bytes: int) -> Iterator[bytes]:
    """The rest of the stream in blocks.

    Raises:
        PermanentError: it is empty or longer than ``max_bytes``.
        TransientError: it cannot be read.
    """
    size = 0
    while block := _read_block(stream):
        size += len(block)
        if size > max_bytes:
            raise PermanentError(
                N_("The file is larger than {limit} MB: split it or raise KB_MAX_UPLOAD_MB."),
                limit=max_bytes // BLOCK,
            )
        yield block
    if not size:
        raise PermanentError(N_("The file is empty: check it and upload it again."))


def _read_block(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(BLOCK)
    except OSError as error:
        raise TransientError(
            N_(
                "The file could not be read ({reason}): check the disk that it lies on and try "
                "again."
            ),
            reason=error.strerror or str(error),
        ) from error


def sync_folder(folder: Path) -> None:
    """Flush the folder's entries to disk (fsync)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
