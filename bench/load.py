"""Many searchers while documents are ingested, on one machine and on many processes.

``python -m bench.load`` measures, one after the other, with the starter corpus and without rate
limits:

- *embedded*: ``kb serve`` alone;
- *processes*: three ``kb serve`` and two ``kb worker`` on PostgreSQL and a Qdrant server, with the
  searchers spread over the servers in turn.

PostgreSQL is the one that the tests start, or that of ``KB_TEST_DATABASE_URL``; the Qdrant server
that of ``KB_QDRANT_URL``, which must be empty, or the stub of the tests, which is no measure of a
real one: the table names it. Every searcher sends a question as soon as the one before is answered,
or after the time that a refusal asks for; no question is sent twice. Meanwhile documents are
uploaded, so that the workers always have some.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from bench import made_up
from bench.running import Server, folder_for
from bench.searchers import WARM_UP_S, Load, questions, run_searchers
from tests.databases import SERVER, migrated
from tests.qdrant_server.fixture import run_qdrant_server

SEARCHERS, SECONDS = 50, 60.0
SERVERS, WORKERS = 3, 2
AHEAD = 6
"""Documents that wait or are in work at any time."""
TEXTS = 20
"""Paragraphs of a document, each of 160 words."""
HEADER = (
    "| what | searchers | documents read | searches/s | p50 ms | p95 ms | p99 ms | slowest ms "
    "| refused | errors | CPU ms each |"
)


@dataclass
class Feeder:
    """Uploads documents, ``AHEAD`` at a time, until it is stopped."""

    client: httpx.Client
    read: int = 0
    errors: int = 0
    _open: list[str] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(5))
    _stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._stopping.wait(0.5):
            self._forget_ended()
            while len(self._open) < AHEAD and not self._stopping.is_set():
                self._upload()

    def stop(self) -> None:
        self._stopping.set()

    def _forget_ended(self) -> None:
        for one in list(self._open):
            status = self.client.get(f"/api/v1/documents/{one}").json().get("status")
            if status in ("ready", "failed"):
                self._open.remove(one)
                self.read += status == "ready"
                self.errors += status == "failed"

    def _upload(self) -> None:
        title = made_up.question(self._chance)
        text = "\n\n".join(made_up.text(self._chance) for _ in range(TEXTS))
        file = {"file": (f"{title}.txt", io.BytesIO(f"{title}\n\n{text}".encode()))}
        answer = self.client.post("/api/v1/documents", files=file)
        if answer.status_code == httpx.codes.ACCEPTED:
            self._open.append(answer.json()["id"])
        else:
            self.errors += 1
            self._stopping.wait(float(answer.headers.get("retry-after", 1)))


@contextmanager
def embedded(folder: Path) -> Iterator[list[Server]]:
    """``kb serve`` alone."""
    server = Server(folder)
    server.command("corpus", "load").check_returncode()
    with _started([server]):
        yield [server]


@contextmanager
def processes(folder: Path) -> Iterator[list[Server]]:
    """Several ``kb serve`` and ``kb worker`` on servers for database and index."""
    with ExitStack() as stack:
        database = stack.enter_context(migrated("postgresql", folder))
        qdrant = os.environ.get("KB_QDRANT_URL")
        settings = {
            "KB_DATABASE_URL": database,
            "KB_QDRANT_URL": qdrant or stack.enter_context(run_qdrant_server()).url,
            "KB_QDRANT_API_KEY": os.environ.get("KB_QDRANT_API_KEY", "") if qdrant else "",
            "KB_WORKER": "false",
        }
        servers = [Server(folder, **settings) for _ in range(SERVERS)]
        servers[0].command("corpus", "load").check_returncode()
        workers = [Server(folder, **settings) for _ in range(WORKERS)]
        stack.enter_context(_started(servers))
        for worker in workers:
            worker.start_worker()
            stack.callback(worker.stop)
        yield servers


@contextmanager
def _started(servers: Sequence[Server]) -> Iterator[None]:
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


def measure(servers: Sequence[Server], searchers: int, seconds: float) -> tuple[Load, Feeder]:
    """What the searchers got while documents were ingested."""
    asked = questions()
    run_searchers(servers, asked, 2 * len(servers), WARM_UP_S)
    with httpx.Client(base_url=servers[0].client.base_url, timeout=120, trust_env=False) as client:
        feeder = Feeder(client)
        feeding = threading.Thread(target=feeder.run)
        feeding.start()
        try:
            load = run_searchers(servers, asked, searchers, seconds)
        finally:
            feeder.stop()
            feeding.join()
    return load, feeder


def _row(name: str, load: Load, feeder: Feeder) -> str:
    p50, p95, p99, slowest = (
        np.percentile(load.times, (50, 95, 99, 100)) * 1000 if load.times else (0.0,) * 4
    )
    each = 1000 * load.cpu_s / max(1, len(load.times))
    errors = load.errors + feeder.errors
    return (
        f"| {name} | {load.searchers} | {feeder.read} | {load.rate:.1f} | {p50:.0f} | {p95:.0f} "
        f"| {p99:.0f} | {slowest:.0f} | {load.refused} | {errors} | {each:.1f} |"
    )


def main() -> None:
    opened = {"embedded": embedded, "processes": processes}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("topologies", nargs="*", metavar="|".join(opened), default=list(opened))
    parser.add_argument("--searchers", type=int, default=SEARCHERS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    index = "server of KB_QDRANT_URL" if os.environ.get("KB_QDRANT_URL") else "stub"
    names = {
        "embedded": "`kb serve` alone",
        "processes": f"{SERVERS} `kb serve`, {WORKERS} `kb worker`, PostgreSQL"
        f"{' of KB_TEST_DATABASE_URL' if SERVER else ''}, Qdrant: {index}",
    }
    print(HEADER)
    print("| --- |" + " ---: |" * 10)
    for name in given.topologies:
        with folder_for(None) as folder, opened[name](folder) as servers:
            print(_row(names[name], *measure(servers, given.searchers, given.seconds)), flush=True)


if __name__ == "__main__":
    main()
