"""The stub of a Qdrant server in a process of its own, as tests use it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]


class QdrantServer:
    """``url``: the server's address, for ``KB_QDRANT_URL``."""

    def __init__(self, url: str, control: str) -> None:
        self.url = url
        self._control = httpx.Client(base_url=control, timeout=60)

    def fail(self, **fault: Any) -> None:
        """Let requests fail from now on as ``faults.Fault`` describes, instead of as before."""
        self._ask("PUT", "/faults", json=[fault])

    def heal(self) -> None:
        """Switch all faults off."""
        self._ask("PUT", "/faults", json=[])

    def pretend(self, **identity: Any) -> None:
        """Say another ``version``, or want a ``key``."""
        self._ask("PUT", "/identity", json=identity)

    def stop(self) -> None:
        """Refuse connections, as a server that does not run; its collections are kept."""
        self._ask("POST", "/stop")

    def start(self) -> None:
        """Listen again on the same port."""
        self._ask("POST", "/start")

    def reset(self) -> None:
        """Empty it, heal it and forget the requests."""
        self._ask("POST", "/reset")

    def requests(self) -> list[dict[str, Any]]:
        """All requests since ``reset`` or ``forget``, as ``app.Asked``."""
        return self._ask("GET", "/requests").json()

    def forget(self) -> None:
        """Forget the requests."""
        self._ask("DELETE", "/requests")

    def problems(self) -> list[str]:
        """Why requests were not as the API description says."""
        return [one["problem"] for one in self.requests() if one["problem"]]

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        return self._control.request(method, path, **content).raise_for_status()

    def close(self) -> None:
        self._control.close()


@contextmanager
def run_qdrant_server() -> Iterator[QdrantServer]:
    """A stub of its own, which ends with the block."""
    command = [sys.executable, "-m", "tests.qdrant_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as running:
        try:
            server = QdrantServer(**json.loads(running.stdout.readline()))
            yield server
            server.close()
        finally:
            running.kill()


@pytest.fixture(scope="session")
def qdrant_process() -> Iterator[QdrantServer]:
    """The process behind ``qdrant_server``, started once."""
    with run_qdrant_server() as server:
        yield server


@pytest.fixture(scope="module")
def qdrant_server(qdrant_process: QdrantServer) -> Iterator[QdrantServer]:
    """An empty server for the tests of a module, which fail at their end if a request was not as
    the API description says."""
    qdrant_process.reset()
    yield qdrant_process
    problems = qdrant_process.problems()
    qdrant_process.reset()
    assert not problems
