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
from collections import Counter
from collections.abc import Iterator, Sequence
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
    """What ``searchers`` at the same time got: the seconds of each answer, how many questions were
    refused because too many were before them, and how many met another error. ``cpu_s``: processor
    time of the servers meanwhile, which other programs on the machine hardly change."""

    searchers: int
    seconds: float
    cpu_s: float
    times: list[float]
    refused: int
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
            run_searchers([server], asked, 4, WARM_UP_S)
            loads = [run_searchers([server], asked, number, SECONDS) for number in numbers]
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
            f"| {load.refused + load.errors} |"
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


def run_searchers(
    servers: Sequence[Server], asked: Iterator[str], searchers: int, seconds: float
) -> Load:
    """Ask the servers in turn. Who is refused asks again after the time that the answer names."""
    lock = threading.Lock()
    addresses = [urlsplit(str(server.client.base_url)).netloc for server in servers]
    began, used = time.perf_counter(), sum(server.cpu_s() for server in servers)
    until = began + seconds

    def ask(number: int) -> tuple[list[float], Counter[int]]:
        connection = http.client.HTTPConnection(addresses[number % len(addresses)], timeout=120)
        times, others = [], Counter[int]()
        while time.perf_counter() < until:
            with lock:
                question = next(asked)
            sent = time.perf_counter()
            connection.request("GET", f"/api/v1/search?q={quote(question)}")
            answer = connection.getresponse()
            answer.read()
            if answer.status == http.client.OK:
                times.append(time.perf_counter() - sent)
                continue
            others[answer.status] += 1
            connection.close()  # the server ends one that rests for five seconds
            wait_s = float(answer.headers.get("Retry-After", 0))
            time.sleep(max(0.0, min(wait_s, until - time.perf_counter())))
        connection.close()
        return times, others

    with ThreadPoolExecutor(searchers) as pool:
        found = [each.result() for each in [pool.submit(ask, n) for n in range(searchers)]]
    took = time.perf_counter() - began
    others = sum((each for _, each in found), Counter[int]())
    return Load(
        searchers,
        took,
        sum(server.cpu_s() for server in servers) - used,
        [one for own, _ in found for one in own],
        others[http.client.SERVICE_UNAVAILABLE],
        sum(others.values()) - others[http.client.SERVICE_UNAVAILABLE],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("searchers", type=int, nargs="*", default=SEARCHERS)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    main(tuple(given.searchers), given.folder)
