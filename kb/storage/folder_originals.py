"""Originals in a folder: that of the data folder, or one that several machines share (NFS)."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
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
    is_sha256,
    read_blocks,
    sync_folder,
)

UNFINISHED = "upload-"
"""Beginning of the name of a file that is being written."""
ABANDONED_S = 86_400
"""Age from which an unfinished file counts as abandoned where other processes may be writing."""
MARK = ".terre-comuni-kb"
"""File by which a mounted folder is told from the empty one beneath it."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PASSING = frozenset(
    {
        errno.EIO,
        errno.ESTALE,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ECONNREFUSED,
        errno.ENOTCONN,
        errno.EREMOTEIO,
        errno.ETIMEDOUT,
    }
)
"""Errors of a folder whose server is away."""


class FolderOriginals(Originals):
    """Files named by their sha256 in 256 subfolders.

    ``mounted``: the folder comes from elsewhere and may be away; it is used only while it has the
    mark that ``require_usable`` makes. ``several_writers``: other processes may be adding files,
    also from other machines.
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
            if self._several_writers and error.errno in PASSING:
                raise self._is_away(error) from error
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
        try:
            self._require_here()
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
            if self._several_writers and error.errno not in FULL:
                raise self._is_away(error) from error
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
        with self._noticing_outage():
            return _is_file(self.path(sha256))

    def size(self, sha256: str) -> int:
        with self._noticing_outage(), self._open(sha256) as file:
            return os.fstat(file.fileno()).st_size

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with self._noticing_outage():
            file = self._open(sha256)
        with file:
            with self._noticing_outage():
                left = (os.fstat(file.fileno()).st_size if end is None else end) - start
                file.seek(start)
            while left > 0:
                with self._noticing_outage():
                    block = file.read(min(BLOCK, left))
                if not block:
                    return
                left -= len(block)
                yield block

    def _open(self, sha256: str) -> IO[bytes]:
        """The file, opened for reading. Raises OriginalMissing."""
        try:
            return self.path(sha256).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise OriginalMissing(sha256, self.place) from error

    def own_path(self, sha256: str) -> Path | None:
        return self.path(sha256) if self.exists(sha256) else None

    @contextmanager
    def local_file(self, sha256: str) -> Iterator[Path]:
        """Where several machines may use the folder, a failure within the block is taken for an
        outage if the file cannot be read after it."""
        if not self.exists(sha256):
            raise OriginalMissing(sha256, self.place)
        try:
            yield self.path(sha256)
        except Exception:
            if self._several_writers:
                self._require_readable(sha256)
            raise

    def _require_readable(self, sha256: str) -> None:
        """Raises FilesAway if the file is there and cannot be read."""
        with suppress(OriginalMissing):
            for _ in self.read(sha256):
                """Only errors matter."""

    def remove(self, sha256: str) -> None:
        with self._noticing_outage():
            self.path(sha256).unlink(missing_ok=True)

    def files(self) -> Iterator[StoredFile]:
        with self._noticing_outage():
            found = sorted([*self.root.glob("??/*"), *self._unfinished()])
        for path in found:
            with self._noticing_outage():
                try:
                    known = path.stat()
                except FileNotFoundError:  # removed meanwhile
                    continue
            yield StoredFile(
                path.name,
                str(path),
                known.st_size,
                time.time() - known.st_mtime,
                f"rm {path}",
                is_sha256(path.name) and path == self.path(path.name),
                is_unfinished=path.parent == self.root,
            )

    def remove_leftovers(self, *, alone: bool = False) -> None:
        alone = alone and not self._several_writers
        with self._noticing_outage():
            for path in self._unfinished():
                with suppress(FileNotFoundError):  # removed meanwhile
                    age_s = time.time() - path.stat().st_mtime
                    if alone or age_s > ABANDONED_S:
                        path.unlink()

    def _unfinished(self) -> list[Path]:
        return list(self.root.glob(f"{UNFINISHED}*"))

    def _require_here(self) -> None:
        """Raises FilesAway where the folder is mounted from elsewhere and is not there."""
        if self._mounted and not _is_file(self.root / MARK):
            raise FilesAway(
                N_(
                    "The folder of originals {folder} is not there: mount it again; what needs it "
                    "goes on by itself then."
                ),
                folder=self.place,
            )

    @contextmanager
    def _noticing_outage(self) -> Iterator[None]:
        """For a use of the folder. Raises FilesAway where it is mounted from elsewhere and is not
        there, or where several machines may use it and it gives another error than that a file is
        missing (ESTALE, EIO, EACCES and such)."""
        try:
            self._require_here()
            yield
        except OSError as error:
            if not self._several_writers:
                raise
            raise self._is_away(error) from error

    def _is_away(self, error: OSError) -> FilesAway:
        return FilesAway(
            N_(
                "The folder of originals {folder} cannot be used ({reason}): check that it is "
                "mounted and may be read and written; what needs it goes on by itself then."
            ),
            folder=self.place,
            reason=error.strerror or str(error),
        )


def _is_file(path: Path) -> bool:
    """Raises OSError for everything but that nothing is there."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _copy(stream: IO[bytes], target: IO[bytes], max_bytes: int) -> Stored:
    digest = hashlib.sha256()
    for block in read_blocks(stream, max_bytes):
        digest.update(block)
        target.write(block)
    return Stored(digest.hexdigest(), target.tell())
