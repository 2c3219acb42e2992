"""Originals in a folder: that of the data folder, or one that several machines share (NFS)."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from kb.messages import N_, ConfigurationError, TransientError
from kb.storage.originals import (
    BLOCK,
    FilesAway,
    OriginalMissing,
    Originals,
    Stored,
    StoredFile,
    read_blocks,
    sync_folder,
)

UNFINISHED = "upload-"
"""Beginning of the name of a file that is being written."""
ABANDONED_S = 86_400
"""Age from which an unfinished file in a folder with several writers counts as abandoned."""
MARK = ".terre-comuni-kb"
"""File by which a mounted folder is told from the empty one beneath it."""


class FolderOriginals(Originals):
    """Files named by their sha256 in 256 subfolders.

    ``mounted``: the folder comes from elsewhere and may be away; it is used only while it has the
    mark that ``require_usable`` makes. ``several_writers``: other processes may be adding files.
    """

    def __init__(self, root: Path, *, mounted: bool = False, several_writers: bool = False) -> None:
        self.root = root
        self._mounted = mounted
        self._several_writers = several_writers or mounted

    @property
    def place(self) -> str:
        return str(self.root)

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256

    def require_usable(self, *, filled: bool) -> None:
        try:
            if self._mounted:
                self._require_mount(filled)
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.root, prefix=UNFINISHED):
                pass
        except OSError as error:
            raise ConfigurationError(
                N_(
                    "The folder of originals {folder} cannot be written ({reason}): check its "
                    "rights and KB_FILES_URL."
                ),
                folder=self.place,
                reason=error.strerror or str(error),
            ) from error

    def _require_mount(self, filled: bool) -> None:
        if not self.root.is_dir():
            raise ConfigurationError(
                N_("There is no folder {folder}: mount or make it, or correct KB_FILES_URL."),
                folder=self.place,
            )
        mark = self.root / MARK
        if mark.exists():
            return
        if filled and not any(self.root.glob("??/*")):
            raise ConfigurationError(
                N_(
                    "The folder of originals {folder} is empty though the base has documents: "
                    "mount it, or copy the files into it."
                ),
                folder=self.place,
            )
        mark.touch()

    def add(self, stream: IO[bytes], max_bytes: int) -> Stored:
        self._require_here()
        try:
            if not self._mounted:
                self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                dir=self.root, prefix=UNFINISHED, delete=False
            ) as file:
                temporary = Path(file.name)
                try:
                    stored = _copy(stream, file, max_bytes)
                    file.flush()
                    os.fsync(file.fileno())
                    self._move_into_place(temporary, stored)
                finally:
                    temporary.unlink(missing_ok=True)
        except OSError as error:
            raise TransientError(
                N_("The file could not be stored ({reason}): free some disk space and try again."),
                reason=error.strerror or str(error),
            ) from error
        return stored

    def _move_into_place(self, temporary: Path, stored: Stored) -> None:
        target = self.path(stored.sha256)
        target.parent.mkdir(exist_ok=True)
        if not (self._several_writers and self._is_kept(stored.sha256)):
            temporary.replace(target)
        sync_folder(target.parent)
        sync_folder(self.root)

    def _is_kept(self, sha256: str) -> bool:
        """Whether the file is there unchanged; if so, it counts as written now. It is not replaced,
        because NFS would take it away from machines that are reading it."""
        if not self.is_intact(sha256):
            return False
        try:
            os.utime(self.path(sha256))
        except FileNotFoundError:  # removed meanwhile
            return False
        return True

    def exists(self, sha256: str) -> bool:
        self._require_here()
        return self.path(sha256).is_file()

    def size(self, sha256: str) -> int:
        with self.local_file(sha256) as path:
            return path.stat().st_size

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with self.local_file(sha256) as path, path.open("rb") as file:
            file.seek(start)
            left = (path.stat().st_size if end is None else end) - start
            while left > 0 and (block := file.read(min(BLOCK, left))):
                left -= len(block)
                yield block

    def own_path(self, sha256: str) -> Path | None:
        return self.path(sha256) if self.exists(sha256) else None

    @contextmanager
    def local_file(self, sha256: str) -> Iterator[Path]:
        if not self.exists(sha256):
            raise OriginalMissing(sha256, self.place)
        yield self.path(sha256)

    def remove(self, sha256: str) -> None:
        self._require_here()
        self.path(sha256).unlink(missing_ok=True)

    def files(self) -> Iterator[StoredFile]:
        self._require_here()
        for path in sorted([*self.root.glob("??/*"), *self.root.glob(f"{UNFINISHED}*")]):
            with suppress(FileNotFoundError):  # removed meanwhile
                known = path.stat()
                yield StoredFile(
                    path.name,
                    str(path),
                    known.st_size,
                    time.time() - known.st_mtime,
                    f"rm {path}",
                    path == self.path(path.name),
                    is_unfinished=path.parent == self.root,
                )

    def remove_leftovers(self) -> None:
        for file in self.files():
            if file.is_unfinished and (not self._several_writers or file.age_s > ABANDONED_S):
                Path(file.where).unlink(missing_ok=True)

    def _require_here(self) -> None:
        """Raises FilesAway where the folder is mounted from elsewhere and is not there."""
        if self._mounted and not (self.root / MARK).exists():
            raise FilesAway(
                N_(
                    "The folder of originals {folder} is not there: mount it again; what needs it "
                    "goes on by itself then."
                ),
                folder=self.place,
            )


def _copy(stream: IO[bytes], target: IO[bytes], max_bytes: int) -> Stored:
    digest = hashlib.sha256()
    for block in read_blocks(stream, max_bytes):
        digest.update(block)
        target.write(block)
    return Stored(digest.hexdigest(), target.tell())
