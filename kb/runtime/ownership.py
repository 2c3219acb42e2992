"""One process owns a data folder with an embedded index; the others find it and talk to it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kb.messages import N_, ConfigurationError

LOCK = "owner.lock"
ADDRESS = "owner.json"
GRACE_S = 3.0
"""A killed owner's lock lives on for a moment in a child it was just starting."""


@dataclass(frozen=True)
class Owner:
    """Where the owning process answers. ``token`` lets the folder's user talk to it as operator."""

    pid: int
    url: str
    token: str


class Ownership:
    """Held from start to stop. The lock is the kernel's: it is gone with the process."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.owner: Owner | None = None
        """Who was announced, once this process has been."""
        self._lock = FileLock(data_dir / LOCK)

    def acquire(self) -> None:
        """Become the owner.

        Raises:
            ConfigurationError: another process is, or the folder cannot be written.
        """
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=GRACE_S)
        except Timeout as error:
            raise ConfigurationError(
                N_("Another process uses {folder}: stop it, or set KB_DATA_DIR to another folder."),
                folder=str(self.data_dir),
            ) from error
        except OSError as error:
            raise ConfigurationError(
                N_("The data folder {folder} cannot be written ({reason}): check KB_DATA_DIR."),
                folder=str(self.data_dir),
                reason=error.strerror or str(error),
            ) from error
        (self.data_dir / ADDRESS).unlink(missing_ok=True)

    def announce(self, url: str) -> Owner:
        """Tell the other processes of this user where the owner answers."""
        owner = Owner(os.getpid(), url, secrets.token_urlsafe(32))
        path = self.data_dir / ADDRESS
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(owner)), encoding="utf-8")
        self.owner = owner
        return owner

    def release(self) -> None:
        if self._lock.is_locked:
            (self.data_dir / ADDRESS).unlink(missing_ok=True)
            self._lock.release()


def find_owner(data_dir: Path) -> Owner | None:
    """The process that owns the folder and has announced where it answers, if there is one."""
    try:
        if not _is_held(data_dir / LOCK):
            return None
        return Owner(**json.loads((data_dir / ADDRESS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_held(path: Path) -> bool:
    """Whether a process holds the lock. Asked with a shared lock, so that those who ask at the
    same moment are not taken for owners."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
