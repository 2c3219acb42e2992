"""Folders accessible only by this user, and working folders that are cleaned up after crashes."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".kb-backup-"
LOCK = "lock"
NOTES = "unfinished"
"""Folder inside the data folder; each file in it names a working folder elsewhere."""
ABANDONED_S = 86_400
"""Age from which a working folder counts as abandoned where other machines may be using it."""


def make_private(folder: Path) -> None:
    """Create the folder with access for this user only; narrow the permissions of an existing one
    and of the database in it. Folders of other users and shared ones (sticky, as ``/tmp``) are not
    changed."""
    with suppress(OSError):  # errors are reported when the folder is used
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not folder.stat().st_mode & stat.S_ISVTX:
            _restrict(folder, 0o700)
        for file in folder.glob("kb.sqlite*"):
            _restrict(file, 0o600)


def _restrict(path: Path, mode: int) -> None:
    status = path.stat()
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & ~mode:
        path.chmod(mode)


@contextmanager
def working_folder(beside: Path, data_dir: Path) -> Iterator[Path]:
    """A private folder beside a file to be written, deleted at the end of the block. One left by a
    killed process is deleted by ``remove_abandoned``."""
    notes = data_dir / NOTES
    notes.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=beside.parent, prefix=PREFIX) as name:
        folder = Path(name)
        note = notes / folder.name
        with (folder / LOCK).open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            note.write_text(name, "utf-8")
            try:
                yield folder
            finally:
                note.unlink(missing_ok=True)


def remove_abandoned(data_dir: Path, *, alone: bool = False) -> None:
    """Delete the working folders whose process is gone. Unless all processes on the data folder run
    on this machine (``alone``), only those that are a day old."""
    for note in (data_dir / NOTES).glob(PREFIX + "*"):
        with suppress(OSError, ValueError):  # removed meanwhile, or it names no path
            _remove_folder_of(note, after_s=0 if alone else ABANDONED_S)


def _remove_folder_of(note: Path, after_s: float) -> None:
    """An empty note may be about to be written, whatever ``after_s``."""
    named, age_s = note.read_text("utf-8"), time.time() - note.stat().st_mtime
    if age_s < (after_s if named else ABANDONED_S):
        return
    if named:
        folder = Path(named)
        if folder.name != note.name or _is_held(folder / LOCK):
            return
        shutil.rmtree(folder, ignore_errors=True)
    note.unlink(missing_ok=True)


def _is_held(lock: Path) -> bool:
    with suppress(FileNotFoundError, NotADirectoryError), lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
