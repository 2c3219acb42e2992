"""Copies of files of object storage in the cache folder, for programs that read paths.

Several processes may share the folder. A copy in use is held by a shared lock (flock) on it and is
not removed; beyond the limit, those used longest ago are.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from kb.messages import N_, PermanentError, TransientError

PARTIAL = "copy-"
"""Beginning of the name of a copy that is being written."""
ABANDONED_S = 3600
"""Age from which an unfinished copy belongs to a process that was killed."""
TRIES = 5
"""A copy may be removed between its making and its use."""


class LocalCopies:
    """At most ``limit`` bytes of copies in ``root``, and those in use."""

    def __init__(self, root: Path, limit: int) -> None:
        self._root = root
        self._limit = limit
        self._making = tuple(threading.Lock() for _ in range(16))
        """One of these per first digit of a sha256: two threads do not fetch the same file."""

    @contextmanager
    def held(self, sha256: str, fetch: Callable[[], Iterable[bytes]]) -> Iterator[Path]:
        """The path of a copy; ``fetch`` gives the bytes if there is none yet.

        Raises:
            PermanentError: their checksum differs.
            TransientError: the disk is full or cannot be written.
        """
        path = self._root / sha256[:2] / sha256
        with self._hold(path, fetch):
            yield path

    def discard(self, sha256: str) -> None:
        """Remove the copy, unless it is in use: then it stays until others need its place."""
        _remove_unused(self._root / sha256[:2] / sha256)

    def _hold(self, path: Path, fetch: Callable[[], Iterable[bytes]]) -> IO[bytes]:
        if held := _take(path):  # without waiting for copies of other files
            return held
        with self._making[int(path.name[0], 16)]:
            for _ in range(TRIES):
                if held := _take(path):
                    return held
                try:
                    self._make(path, fetch())
                    held = _take(path)
                    self._trim()
                except OSError as error:
                    raise TransientError(
                        N_(
                            "A copy of the file could not be written into {folder} ({reason}): "
                            "free some disk space."
                        ),
                        folder=str(self._root),
                        reason=error.strerror or str(error),
                    ) from error
                if held:
                    return held
        raise TransientError(
            N_("The folder {folder} is too small for copies of files: raise KB_FILES_CACHE_MB."),
            folder=str(self._root),
        )

    def _make(self, path: Path, blocks: Iterable[bytes]) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self._root, prefix=PARTIAL) as file:
            for block in blocks:
                digest.update(block)
                file.write(block)
            file.flush()
            if digest.hexdigest() != path.name:
                raise PermanentError(
                    N_(
                        "The original ({sha256}) is damaged: its checksum differs. Add the same "
                        "file again, or restore it from a backup."
                    ),
                    sha256=path.name,
                )
            os.fsync(file.fileno())  # it is not compared again, also after a power cut
            with suppress(FileExistsError):  # another process was faster
                os.link(file.name, path)

    def _trim(self) -> None:
        """Remove what was used longest ago until the rest is within the limit."""
        for partial in self._root.glob(f"{PARTIAL}*"):
            with suppress(FileNotFoundError):
                if time.time() - partial.stat().st_mtime > ABANDONED_S:
                    partial.unlink()
        known = sorted(_usage(self._root), reverse=True)
        total = 0
        for _, size, path in known:
            total += size
            if total > self._limit:
                _remove_unused(path)


def _usage(root: Path) -> Iterator[tuple[float, int, Path]]:
    """When each copy was used last, its size and path."""
    for path in root.glob("??/*"):
        with suppress(FileNotFoundError):
            known = path.stat()
            yield known.st_mtime, known.st_size, path


def _take(path: Path) -> IO[bytes] | None:
    """The copy, open and locked against removal; None if there is none."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH)
        if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
            os.utime(path)
            return file
    except FileNotFoundError:
        """Removed before it was locked."""
    file.close()
    return None


def _remove_unused(path: Path) -> None:
    with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
