"""Starting a Python process of our own so that it loads no code but ours and the installed one.

Python puts the working folder first among the places it imports from (CWE-427), and people start
this program in folders of files that others sent them. A child therefore runs isolated (``-I``:
no ``PYTHON*`` variables, no user site, no working folder), imports from the absolute places its
parent imports from, and works in an empty folder.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from pathlib import Path

PACKAGES = str(Path(__file__).resolve().parent.parent)
"""The folder that this program's packages are imported from."""
_START = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "

_lock = threading.Lock()
_folders: list[tempfile.TemporaryDirectory[str]] = []


def python_command(code: str, *arguments: str) -> list[str]:
    """The command that runs ``code`` with ``arguments`` from ``sys.argv[1]`` on."""
    paths = [PACKAGES, *(path for path in sys.path if os.path.isabs(path) and path != PACKAGES)]
    return [sys.executable, "-I", "-c", _START + code, json.dumps(paths), *arguments]


def child_environment() -> dict[str, str]:
    """This process's environment; no Python that the child starts looks in the working folder."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return own | {"PYTHONSAFEPATH": "1"}


def empty_folder() -> str:
    """A folder without files that only this user can enter, gone when this process ends."""
    with _lock:
        if not _folders or not Path(_folders[-1].name).is_dir():
            _folders.append(tempfile.TemporaryDirectory(prefix="kb-", ignore_cleanup_errors=True))
        return _folders[-1].name
