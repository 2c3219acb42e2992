"""Searches a second by the API, with one and with many searchers at the same time.

``python -m bench.searchers`` starts the program as users start it, with the starter corpus and
without rate limits. Every searcher sends a question as soon as the one before is answered; no
question is sent twice, so that none is answered from a cache. ``--folder`` keeps the base for the
next run.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np

from bench.running import ROOT, Server, folder_for

SEARCHERS = (1, 16, 50)
WARM_UP_S, SECONDS = 3.0, 15.0


@dataclass(frozen=True)
class Load:
    """What ``searchers`` at the same time got: the seconds of each answer, and how many questions
    were not answered with 200. ``cpu_s``: processor time of the server meanwhile, which other
    programs on the machine hardly change."""

    searchers: int
    seconds: float
    cpu_s: float
    times: list[float]
    errors: int

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, percent: float) -> float:
        """In milliseconds."""
        return float(np.percentile(self.times, percent)) * 1000


def main(numbers: tuple[int, ...] = SEARCHERS, folder: Path | None = None) -> None:
    with folder_for(folder) as opened:
        server = Server(opened)
        if not server.folder.joinpath("data").is_dir():
            server.command("corpus", "load").check_returncode()
        server.start()
        try:
            asked = questions()
            _run(server, asked, 4, WARM_UP_S)
            loads = [_run(server, asked, number, SECONDS) for number in numbers]
        finally:
            server.stop()
    print(
        "| searchers | searches/s (ratio) | p50 ms | p95 ms | slowest ms | CPU ms each | errors |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for load in loads:
        print(
            f"| {load.searchers} | {load.rate:.1f} ({load.rate / loads[0].rate:.2f}) "
            f"| {load.percentile(50):.0f} | {load.percentile(95):.0f} "
            f"| {load.percentile(100):.0f} | {1000 * load.cpu_s / len(load.times):.1f} "
            f"| {load.errors} |"
        )


def questions() -> Iterator[str]:
    """The evaluation questions of the starter corpus, each time with another word left out."""
    lines = (ROOT / "corpus/eval/queries.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"].split() for line in lines]
    for left_out in itertools.count():
        for words in texts:
            if left_out < len(words) > 3:
                yield " ".join(words[:left_out] + words[left_out + 1 :])
        if left_out > max(map(len, texts)):
            raise RuntimeError("all questions were asked: measure for a shorter time")


def _run(server: Server, asked: Iterator[str], searchers: int, seconds: float) -> Load:
    lock = threading.Lock()
    url = server.client.base_url
    address = urlsplit(str(url)).netloc
    began, used = time.perf_counter(), server.cpu_s()

    def ask() -> tuple[list[float], int]:
        connection, times, errors = http.client.HTTPConnection(address, timeout=120), [], 0
        while time.perf_counter() < began + seconds:
            with lock:
                question = next(asked)
            sent = time.perf_counter()
            connection.request("GET", f"/api/v1/search?q={quote(question)}")
            answer = connection.getresponse()
            answer.read()
            if answer.status == http.client.OK:
                times.append(time.perf_counter() - sent)
            else:
                errors += 1
        connection.close()
        return times, errors

    with ThreadPoolExecutor(searchers) as pool:
        found = [each.result() for each in [pool.submit(ask) for _ in range(searchers)]]
    took = time.perf_counter() - began
    times = [one for own, _ in found for one in own]
    errors = sum(errors for _, errors in found)
    return Load(searchers, took, server.cpu_s() - used, times, errors)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("searchers", type=int, nargs="*", default=SEARCHERS)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    main(tuple(given.searchers), given.folder)
