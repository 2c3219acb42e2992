"""`kb serve` and `kb worker` as processes of several machines: a base on servers, a folder of
originals that all share, and a cache of its own for each."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.kb_command import KB, ROOT

PATIENCE_S = 240
"""Longest wait for anything, on a busy machine."""


@dataclass
class Program:
    """``url`` is empty for a worker."""

    process: subprocess.Popen[str]
    log: Path
    url: str = ""

    def kill(self) -> None:
        """As a machine that loses its power."""
        self.end(signal.SIGKILL)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def said(self, text: str) -> bool:
        return text in self.log.read_text("utf-8")


@dataclass
class Machines:
    """``environment`` is that of every program; ``cache_dir`` has the unpacked model."""

    folder: Path
    cache_dir: Path
    environment: dict[str, str]
    web: list[Program] = field(default_factory=list)
    workers: list[Program] = field(default_factory=list)
    starting: list[Program] = field(default_factory=list)
    started: int = 0

    def serve(self, count: int) -> None:
        """Start web processes and wait until each answers questions."""
        new = [self._start("serve", "--port", "0", KB_WORKER="false") for _ in range(count)]
        self.starting += new
        for one in new:
            assert one.process.stdout is not None
            found = re.search(r"http://\S+", one.process.stdout.readline())
            assert found, one.log.read_text("utf-8")
            one.url = found[0]
        self.starting.clear()
        self.web += new

    def work(self, count: int) -> None:
        self.workers += [self._start("worker", KB_INGEST_THREADS="1") for _ in range(count)]

    def kill(self, programs: list[Program], count: int) -> list[int]:
        """Kill so many of those that run the longest; returns their process ids."""
        killed = programs[:count]
        del programs[:count]
        for one in killed:
            one.kill()
        return [one.process.pid for one in killed]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command that ends by itself."""
        return subprocess.run(
            [*KB, *arguments], env=self._environment(), cwd=ROOT, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip

    def stop(self) -> None:
        for one in (*self.starting, *self.web, *self.workers):
            one.end()

    def _start(self, *arguments: str, **settings: str) -> Program:
        environment = self._environment() | settings
        log = self.folder / f"{self.started}-{arguments[0]}.log"
        with log.open("w", encoding="utf-8") as written:
            process = subprocess.Popen(
                [*KB, *arguments], env=environment, cwd=ROOT, stdout=subprocess.PIPE,
                stderr=written, text=True,
            )  # fmt: skip
        return Program(process, log)

    def _environment(self) -> dict[str, str]:
        """With a cache that has nothing but the model yet."""
        self.started += 1
        cache = self.folder / f"cache-{self.started}"
        cache.mkdir()
        for path in self.cache_dir.iterdir():
            if path.name != "pages":
                (cache / path.name).symlink_to(path)
        return {**os.environ, **self.environment, "KB_CACHE_DIR": str(cache)}


@dataclass
class People:
    """Threads that use the site until they are told to stop. What fails but for a killed process
    is kept in ``failures``."""

    machines: Machines
    token: str
    stopping: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Ask any of the web processes; another one if it is killed meanwhile, and again if it is
        too busy."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            program = random.choice(self.machines.web)
            try:
                with self.browser(program) as client:
                    answer = client.request(method, path, **content)
                if answer.status_code != 503 or time.monotonic() > deadline:
                    return answer
                self.stopping.wait(1)
            except httpx.TransportError:
                if program in self.machines.web or time.monotonic() > deadline:
                    raise

    def browser(self, program: Program, *, token: bool = True) -> httpx.Client:
        headers = {"Accept-Language": "it"}
        if token:
            headers["Authorization"] = f"Bearer {self.token}"
        return httpx.Client(base_url=program.url, headers=headers, timeout=PATIENCE_S)

    def start(self, act: Callable[[], None]) -> threading.Thread:
        """Repeat ``act`` in a thread until ``stopping``."""

        def repeat() -> None:
            try:
                while not self.stopping.is_set():
                    act()
            except Exception as error:
                self.failures.append(f"{act.__name__}: {error!r}")

        thread = threading.Thread(target=repeat)
        thread.start()
        return thread


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Poll what other processes do. Raises AssertionError after ``PATIENCE_S``."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def in_turn(programs: list[Program], count: int) -> Iterator[Program]:
    for n in range(count):
        yield programs[n % len(programs)]
