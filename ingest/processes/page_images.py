"""The images of pages in the cache folder: those used longest ago make place for others."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ADDED_BETWEEN = 100
"""Images added by this process between two looks at the size of all."""


class PageImages:
    """Images in the subfolders of ``folder``, trimmed to ``limit`` bytes. Several processes may
    share the folder."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._access = threading.Lock()
        self._added = 0

    def use(self, path: Path) -> bool:
        """Whether there is such an image; it then counts as used now."""
        try:
            os.utime(path)
        except OSError:
            return path.is_file()
        return True

    def note_added(self) -> None:
        """To be called after an image was written. The first one and each hundredth after it trim
        the folder."""
        with self._access:
            is_due = self._added % ADDED_BETWEEN == 0
            self._added += 1
            if is_due:
                self._trim()

    def _trim(self) -> None:
        total = 0
        for _, size, path in sorted(self._usage(), reverse=True):
            total += size
            if total > self._limit:
                with suppress(OSError):
                    path.unlink()
                    path.parent.rmdir()  # fails while it has others

    def _usage(self) -> Iterator[tuple[float, int, Path]]:
        """When each image was used last, its size and path; also of those that a killed process
        left unfinished."""
        for path in self._folder.glob("??/*/*"):
            if path.suffix in (".webp", ".part"):
                with suppress(OSError):
                    known = path.stat()
                    yield known.st_mtime, known.st_size, path
