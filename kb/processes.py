"""Start Python child processes that load only this program and its installed packages.

Python searches the working folder for imports (CWE-427), and users start this program in folders
with files from others. Children therefore run isolated (``-I``: no ``PYTHON*`` variables, no user
site, no working folder), import from the parent's absolute paths, and work in an empty folder.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from pathlib import Path

PACKAGES = str(Path(__file__).resolve().parent.parent)
"""Folder from which this program's packages are imported."""
_START = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "

_lock = threading.Lock()
_folders: list[tempfile.TemporaryDirectory[str]] = []


def python_command(code: str, *arguments: str) -> list[str]:
    """The command that runs ``code``; ``arguments`` are in ``sys.argv[1:]``."""
    paths = [PACKAGES, *(path for path in sys.path if os.path.isabs(path) and path != PACKAGES)]
    return [sys.executable, "-I", "-c", _START + code, json.dumps(paths), *arguments]


def child_environment() -> dict[str, str]:
    """This process's environment, with imports from the working folder switched off."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return own | {"PYTHONSAFEPATH": "1"}


def empty_folder() -> str:
    """An empty folder that only this user can enter, removed when this process ends."""
    with _lock:
        if not _folders or not Path(_folders[-1].name).is_dir():
            _folders.append(tempfile.TemporaryDirectory(prefix="kb-", ignore_cleanup_errors=True))
        return _folders[-1].name
