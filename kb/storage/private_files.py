"""Folders that only this user can enter, and working folders that nobody leaves behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".kb-backup-"
LOCK = "lock"
NOTES = "unfinished"
"""Folder inside the data folder; a file in it names a working folder elsewhere."""


def make_private(folder: Path) -> None:
    """Make the folder, or take it and the database in it from the eyes of other users. What belongs
    to somebody else, or is shared by all (sticky, as ``/tmp``), stays as it is."""
    with suppress(OSError):  # whoever opens it next says why it cannot be
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not folder.stat().st_mode & stat.S_ISVTX:
            _narrow(folder, 0o700)
        for file in folder.glob("kb.sqlite*"):
            _narrow(file, 0o600)


def _narrow(path: Path, mode: int) -> None:
    status = path.stat()
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & ~mode:
        path.chmod(mode)


@contextmanager
def working_folder(beside: Path, data_dir: Path) -> Iterator[Path]:
    """A private folder beside a file to be written, gone at the end. One that a killed process left
    is removed by ``remove_abandoned``."""
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


def remove_abandoned(data_dir: Path) -> None:
    """Remove the working folders whose process is gone."""
    for note in (data_dir / NOTES).glob(PREFIX + "*"):
        folder = Path(note.read_text("utf-8") or note)
        if folder.name != note.name or _is_held(folder / LOCK):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        note.unlink(missing_ok=True)


def _is_held(lock: Path) -> bool:
    with suppress(FileNotFoundError), lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
