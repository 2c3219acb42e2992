"""How long the program takes to answer and how much memory it holds, started as users start it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from bench.running import alone

MEGABYTE = 1 << 20
KB = [sys.executable, "-c", "from kb.cli import main; main()"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = alone(Path(folder))
        _start(environment)
        ready, memory, page = _start(environment)
    started = time.perf_counter()
    subprocess.run([*KB, "--help"], stdout=subprocess.DEVNULL, check=True)
    print("| what | value |\n| --- | --- |")
    print(f"| `kb --help` | {time.perf_counter() - started:.2f} s |")
    print(f"| second start of `kb serve` until a question is answered | {ready:.1f} s |")
    print(f"| memory of the serving process then | {memory:.0f} MB |")
    print(f"| first page of results | {page * 1000:.0f} ms |")


def _start(environment: dict[str, str]) -> tuple[float, float, float]:
    """Seconds until ready, resident megabytes, seconds of the first search."""
    started = time.perf_counter()
    command = [*KB, "serve", "--port", "0"]
    with subprocess.Popen(
        command,
        env=environment,
        cwd=environment["KB_DATA_DIR"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[1]
        ready = time.perf_counter() - started
        memory = psutil.Process(server.pid).memory_info().rss / MEGABYTE
        started = time.perf_counter()
        httpx.get(f"{url}/search", params={"q": "rifiuti"}, timeout=60).raise_for_status()
        page = time.perf_counter() - started
        server.terminate()
    return ready, memory, page
