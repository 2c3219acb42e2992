"""Exclusive ownership of a data folder with an embedded index, by a lock and an address file."""

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
"""Seconds to wait for the lock: a child just being started may still hold a killed owner's lock."""


@dataclass(frozen=True)
class Owner:
    """Address of the owning process. ``token`` gives the folder's user operator access."""

    pid: int
    url: str
    token: str


class Ownership:
    """Ownership held by this process. The lock is the kernel's and ends with the process."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.owner: Owner | None = None
        """The announced owner, once ``announce`` was called."""
        self._lock = FileLock(data_dir / LOCK)

    def acquire(self) -> None:
        """Become the owner.

        Raises:
            ConfigurationError: another process owns the folder, or it cannot be written.
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
        """Publish this process's address for other processes of the same user."""
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
    """The announced owner of the folder, or None."""
    try:
        if not _is_held(data_dir / LOCK):
            return None
        return Owner(**json.loads((data_dir / ADDRESS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_held(path: Path) -> bool:
    """Whether a process holds the lock. Tested with a shared lock, so that concurrent tests do not
    see each other."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
