"""Hours of use in minutes: ``python -m bench.soak [--minutes 20]``.

Random uploads, new versions, searches, deletions, edits and retries. In the first part the server
is restarted by SIGTERM and SIGKILL in turn; in the second its memory must stay flat. Ends when the
queue is empty, with ``kb check``; exit status 1 on any failure.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

import httpx

from bench.running import DOCUMENTS, Memory, Server, folder_for

RESTART_EVERY_S = 60
RESTARTED = 0.5
"""Share of the time with restarts."""
LARGEST = 400_000
KEPT = 40
"""Documents kept; beyond that old ones are deleted."""
WORDS = (
    "mulino cooperativa energia biomassa scuola mensa biologica trasporto anziani municipality "
    "waste heating renewable Gemeinde Energie eau forêt turismo albergo diffuso costo risultati"
).split()


class Soak:
    def __init__(self, server: Server, seed: int) -> None:
        self.server = server
        self.chance = random.Random(seed)
        self.known: list[str] = []
        self.deleted: list[str] = []
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.searches: list[float] = []
        self.memory = Memory()
        self.files = [
            path
            for path in sorted(DOCUMENTS.rglob("*"))
            if path.is_file() and path.stat().st_size < LARGEST and path.suffix != ".tsv"
        ]

    def run(self, minutes: float) -> None:
        began = time.monotonic()
        restarts, restarted = began + minutes * 60 * RESTARTED, began
        self.server.start()
        while time.monotonic() - began < minutes * 60:
            if restarted + RESTART_EVERY_S < time.monotonic() < restarts:
                self._restart()
                restarted = time.monotonic()
            if time.monotonic() > restarts:
                self.memory.sample(self.server)
            self._do_something()
        self._wait_for_the_queue()

    def _restart(self) -> None:
        ways = {"kill -9": self.server.kill, "SIGTERM": self.server.stop}
        name = min(ways, key=lambda each: self.done[each])
        ways[name]()
        self.done[name] += 1
        self.server.start()

    def _do_something(self) -> None:
        ways = {
            self.search: 6, self.upload: 3, self.describe: 2,
            self.replace: 1, self.retry: 1, self.cancel: 1,
        }  # fmt: skip
        if len(self.known) > KEPT:
            ways[self.delete] = 4
        (way,) = self.chance.choices(list(ways), list(ways.values()))
        try:
            way()
        except httpx.HTTPError as error:
            self.wrong.append(f"{way.__name__}: {error!r}")
        self.done[way.__name__] += 1

    def search(self) -> None:
        question = " ".join(self.chance.sample(WORDS, 4))
        began = time.perf_counter()
        answer = self.server.client.get("/api/v1/search", params={"q": question})
        self.searches.append(time.perf_counter() - began)
        self._expect(answer, 200)
        if answer.status_code == 200:
            found = {result["id"] for result in answer.json()["results"]}
            if ghosts := found.intersection(self.deleted):
                self.wrong.append(f"deleted documents were found: {ghosts}")

    def upload(self) -> None:
        answer = self._send("/api/v1/documents")
        if answer.status_code == 202:
            document_id = answer.json()["id"]
            if document_id in self.deleted:
                self.wrong.append(f"{document_id} came back")
            if document_id not in self.known:
                self.known.append(document_id)

    def replace(self) -> None:
        if one := self._any():
            self._send(f"/api/v1/documents/{one}/versions")

    def describe(self) -> None:
        """Changing the title re-embeds the document; other fields do not."""
        if one := self._any():
            change = {
                "title": " ".join(self.chance.sample(WORDS, 3)),
                "year": self.chance.randint(1990, 2026),
                "country": self.chance.choice(("IT", "DE", "")),
            }
            del change[self.chance.choice(list(change))]
            address = f"/api/v1/documents/{one}"
            self._expect(self.server.client.patch(address, json=change), 200)

    def retry(self) -> None:
        if one := self._any():
            self._expect(self.server.client.post(f"/api/v1/documents/{one}/retry"), 202)

    def cancel(self) -> None:
        if one := self._any():
            self._expect(self.server.client.post(f"/api/v1/documents/{one}/cancel"), 200)

    def delete(self) -> None:
        one = self.known.pop(self.chance.randrange(len(self.known)))
        self._expect(self.server.client.delete(f"/api/v1/documents/{one}"), 204)
        self.deleted.append(one)

    def _send(self, address: str) -> httpx.Response:
        path = self.chance.choice(self.files)
        # A comment at the end makes it another file and, for most readers, the same document.
        salt = f"\n%{self.chance.random()}\n".encode() if self.chance.random() < 0.3 else b""
        file = {"file": (path.name, path.read_bytes() + salt)}
        answer = self.server.client.post(address, files=file)
        self._expect(answer, 202, 422)
        return answer

    def _any(self) -> str | None:
        return self.chance.choice(self.known) if self.known else None

    def _expect(self, answer: httpx.Response, *statuses: int) -> None:
        if answer.status_code not in statuses:
            asked = f"{answer.request.method} {answer.request.url.path}"
            self.wrong.append(f"{asked}: {answer.status_code} {answer.text[:200]}")

    def _wait_for_the_queue(self) -> None:
        began = time.monotonic()
        waiting = set(self.known)
        while waiting and time.monotonic() - began < 3600:
            for one in sorted(waiting):
                state = self.server.client.get(f"/api/v1/documents/{one}").json()
                busy = state.get("next_version") == "incoming"
                if state["status"] in ("ready", "failed") and not busy:
                    waiting.discard(one)
                    self.done[f"ended {state['status']}"] += 1
                    if state["status"] == "failed" and not state["reason"]:
                        self.wrong.append(f"{one} failed without a reason")
            time.sleep(1)  # between two looks over HTTP, which tells of no end
        if waiting:
            self.wrong.append(f"never ended: {sorted(waiting)}")

    def report(self) -> None:
        print("done:", ", ".join(f"{name} {count}" for name, count in self.done.most_common()))
        if len(self.searches) > 1:
            cuts = statistics.quantiles(self.searches, n=20)
            print(f"search: median {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms")
        self.memory.report()
        for one in self.wrong:
            print("WRONG", one)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="kept afterwards; must be new or empty")
    wanted = parser.parse_args()
    with folder_for(wanted.folder) as folder:
        server = Server(folder)
        soak = Soak(server, wanted.seed)
        try:
            soak.run(wanted.minutes)
            checked = server.command("check")
        finally:
            server.stop()
        soak.report()
        print("kb check:", checked.returncode, checked.stdout.strip())
        # An upload that was killed before it was accepted may have left its bytes.
        told = checked.stdout.splitlines()
        only_leftovers = bool(told) and all("No document refers" in line for line in told)
        well = checked.returncode == 0 or (checked.returncode == 1 and only_leftovers)
        sys.exit(bool(soak.wrong) or not well)


if __name__ == "__main__":
    main()
