"""Folders accessible only by this user, and working folders that are cleaned up after crashes."""

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
"""Folder inside the data folder; each file in it names a working folder elsewhere."""


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


def remove_abandoned(data_dir: Path) -> None:
    """Delete the working folders whose process is gone."""
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
