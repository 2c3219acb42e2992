"""The content store: uploaded files, stored by sha256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kb.messages import N_, PermanentError, TransientError

BLOCK = 1 << 20
"""Bytes read at a time."""


@dataclass(frozen=True)
class Stored:
    sha256: str
    size: int


class Originals:
    """Files named by their sha256 in 256 subfolders."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256

    def add(self, stream: IO[bytes], max_bytes: int) -> Stored:
        """Write the stream to disk, with fsync before returning.

        Raises:
            PermanentError: the file is empty or larger than ``max_bytes``.
            TransientError: the disk is full or cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.root, prefix="upload-", delete=False) as file:
                temporary = Path(file.name)
                try:
                    stored = _copy(stream, file, max_bytes)
                    file.flush()
                    os.fsync(file.fileno())
                    self._move_into_place(temporary, stored.sha256)
                finally:
                    temporary.unlink(missing_ok=True)
        except OSError as error:
            raise TransientError(
                N_("The file could not be stored ({reason}): free some disk space and try again."),
                reason=error.strerror or str(error),
            ) from error
        return stored

    def _move_into_place(self, temporary: Path, sha256: str) -> None:
        target = self.path(sha256)
        target.parent.mkdir(exist_ok=True)
        temporary.replace(target)
        sync_folder(target.parent)
        sync_folder(self.root)

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def is_intact(self, sha256: str) -> bool:
        """Whether the file exists and its checksum is right."""
        path = self.path(sha256)
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def all(self) -> Iterator[str]:
        """The sha256 of every stored file."""
        for path in self.root.glob("??/*"):
            yield path.name

    def remove_leftovers(self) -> None:
        """Delete unfinished uploads of a killed process. Only for the owner, at start."""
        for path in self.root.glob("upload-*"):
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Flush the folder's entries to disk (fsync)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy(stream: IO[bytes], target: IO[bytes], max_bytes: int) -> Stored:
    digest = hashlib.sha256()
    size = 0
    while block := stream.read(BLOCK):
        size += len(block)
        if size > max_bytes:
            raise PermanentError(
                N_("The file is larger than {limit} MB: split it or raise KB_MAX_UPLOAD_MB."),
                limit=max_bytes // BLOCK,
            )
        digest.update(block)
        target.write(block)
    if not size:
        raise PermanentError(N_("The file is empty: check it and upload it again."))
    return Stored(digest.hexdigest(), size)
