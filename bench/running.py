"""A server for long runs: start, kill and restart on the same data folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = Path(os.environ.get("KB_BENCH_DOCUMENTS", ROOT.parent / "shared/docs"))
ADDRESS = re.compile(r"ready (http://\S+)")
SAMPLE_EVERY_S = 10
COMMAND = "import sys; sys.argv = ['kb', *sys.argv[1:]]; from kb.cli import main; main()"


@contextmanager
def folder_for(wanted: Path | None) -> Iterator[Path]:
    """``wanted``, which is kept; else a new temporary folder."""
    if wanted is not None:
        wanted.mkdir(parents=True, exist_ok=True)
        yield wanted
        return
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
        yield Path(folder)


def alone(data_dir: Path) -> dict[str, str]:
    """Environment of a program with its own base, independent of the machine's settings.

    Run it in a folder without ``.env``.
    """
    elsewhere = ("KB_DATABASE_URL", "KB_QDRANT_URL", "KB_QDRANT_API_KEY")
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return kept | {"KB_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}


class Server:
    """``kb serve`` on a free port, without accounts."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.log = folder / "serve.log"
        self._environment = alone(folder / "data") | {
            "KB_RATE_SEARCH": "1000000/minute",
            "KB_RATE_UPLOAD": "1000000/hour",
            **settings,
        }
        self._process: subprocess.Popen[str] | None = None
        self.client = httpx.Client()

    def start(self) -> None:
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, "serve", "--port", "0"],
                stdout=subprocess.PIPE, stderr=log, text=True,
                cwd=self.folder, env=self._environment,
            )  # fmt: skip
        for line in self._process.stdout or ():
            if found := ADDRESS.match(line):
                self.client = httpx.Client(base_url=found[1], timeout=120, trust_env=False)
                return
        raise RuntimeError(f"the server did not start: see {self.log}")

    def start_worker(self) -> None:
        """Start ``kb worker`` instead, with the same settings."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, "worker"],
                stderr=log, text=True, cwd=self.folder, env=self._environment,
            )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL, as a power failure would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as systemd does."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self.client.close()
            self._process.send_signal(number)
            self._process.wait(120)
            self._process = None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def memory_mb(self) -> tuple[float, float]:
        """Resident memory of the server and of its children, in MB."""
        if self._process is None:
            return 0.0, 0.0
        process = psutil.Process(self._process.pid)
        children = sum(_resident(child) for child in process.children(recursive=True))
        return _resident(process), children

    def cpu_s(self) -> float:
        """Processor time that the server has used, in seconds."""
        if self._process is None:
            return 0.0
        used = psutil.Process(self._process.pid).cpu_times()
        return float(used.user + used.system)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``kb`` on the same folder."""
        return subprocess.run(
            [sys.executable, "-c", COMMAND, *arguments],
            capture_output=True, text=True, cwd=self.folder, env=self._environment, check=False,
        )  # fmt: skip


class Memory:
    """Samples of seconds since the start, and MB of server and children."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, float, float]] = []
        self._began = time.monotonic()

    def sample(self, server: Server) -> None:
        """Call it often; it samples every ten seconds."""
        at = time.monotonic() - self._began
        if not self.samples or at - self.samples[-1][0] > SAMPLE_EVERY_S:
            self.samples.append((at, *server.memory_mb()))

    def report(self) -> None:
        for at, server, children in self.samples[:: max(1, len(self.samples) // 20)]:
            print(f"memory at {at:6.0f} s: server {server:6.0f} MB, children {children:6.0f} MB")
        columns = list(zip(*self.samples, strict=True))[1:]
        highest = [max(column) for column in columns]
        print("highest: server {:.0f} MB, children {:.0f} MB".format(*highest))


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / (1 << 20)
    except psutil.Error:
        return 0.0
