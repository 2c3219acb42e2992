"""Start-up time, time to answer and memory of the program, started as users start it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.measuring import seconds
from bench.running import Server

QUESTION = {"q": "Come si riducono i rifiuti di un comune?"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.command("corpus", "load").check_returncode()
        server.start()
        server.stop()
        ready = seconds(server.start)
        memory, _ = server.memory_mb()
        first, second = (seconds(lambda: _page(server)) for _ in range(2))
        server.stop()
        help_s = seconds(lambda: server.command("--help"))
    print("| what | value |\n| --- | --- |")
    print(f"| `kb --help` | {help_s:.2f} s |")
    print(f"| second start of `kb serve` until a question is answered | {ready:.1f} s |")
    print(f"| memory of the serving process then | {memory:.0f} MB |")
    print(f"| first page of results | {first * 1000:.0f} ms |")
    print(f"| the same again | {second * 1000:.0f} ms |")


def _page(server: Server) -> None:
    server.client.get("/search", params=QUESTION).raise_for_status()
