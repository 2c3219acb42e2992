"""Mutated files and malformed questions over HTTP: ``python -m bench.fuzz [--minutes 30]``.

No request may answer 500, hang or stop the server; every document must end ready or failed with a
reason. Ends with ``kb check``.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx

from bench.running import DOCUMENTS, Memory, Server, folder_for

LARGEST = 2_000_000
MOST_LIVE = 20
ENGLISH = {"lang": "en"}
"""Header of requests whose answer is read, because earlier ones may have set another language."""
PIECES = (
    "<script>alert(1)</script>", "' OR 1=1 --", "../../etc/passwd", "\x00", "\u202e", "%s%n{0}",
    "{{7*7}}", "\ud7ff", "𝕏" * 50, "a" * 900, "\n\r", "﷽", "*?[a-", '"', "\\", "NaN", "è" * 300,
    "🙂",
)  # fmt: skip
BROKEN = ("%ff%fe", "%ed%a0%80", "%00", "%C0%AE", "%f4%90%80%80", "%", "[]=1")
"""Percent-encoded bytes that are not UTF-8, or not text."""
PARAMETERS = (
    "q theme country language kind year_from year_to place page limit lang lens state removed "
    "older version passage quote"
).split()
PAGES = (
    "/ /search /documents /practices /collections /work /upload /upload/progress "
    "/api/v1/search /api/v1/practices"
).split()


class Fuzz:
    def __init__(self, server: Server, seed: int) -> None:
        self.server = server
        self.chance = random.Random(seed)
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.live: dict[str, str] = {}
        self.slowest = (0.0, "")
        self.memory = Memory()
        self.seeds = [
            path
            for path in sorted(DOCUMENTS.rglob("*"))
            if path.is_file() and 0 < path.stat().st_size < LARGEST
        ]

    def run(self, minutes: float) -> None:
        self.server.start()
        ends = time.monotonic() + minutes * 60
        while time.monotonic() < ends:
            self.memory.sample(self.server)
            if len(self.live) < MOST_LIVE and self.chance.random() < 0.3:
                self._try(self._upload)
            else:
                self._try(self._ask)
            self._follow()
        while self.live and time.monotonic() < ends + 1800:
            self._follow()
            self.memory.sample(self.server)
            time.sleep(0.5)  # between two looks over HTTP, which tells of no end
        self.wrong += [f"never ended: {name}" for name in self.live.values()]

    def _try(self, way: Callable[[], httpx.Response]) -> None:
        began = time.monotonic()
        try:
            answer = way()
        except httpx.InvalidURL:
            return
        except httpx.HTTPError as error:
            self.wrong.append(f"no answer: {error!r}")
            if not self.server.is_alive:
                self.wrong.append("THE SERVER DIED")
                self.server.stop()
                self.server.start()
            return
        took = time.monotonic() - began
        self.slowest = max(self.slowest, (took, f"{answer.request.method} {answer.request.url}"))
        self.statuses[f"{answer.request.method} {answer.status_code}"] += 1
        if answer.status_code >= 500:
            self.wrong.append(
                f"{answer.status_code} {answer.request.url!s:.300}: {answer.text[:200]}"
            )

    def _ask(self) -> httpx.Response:
        names = self.chance.sample(PARAMETERS, self.chance.randint(1, 4))
        pairs = {name: self._odd() for name in names}
        page = self.chance.choice(PAGES)
        if self.chance.random() < 0.2:
            page = f"/documents/{self._odd()}/pages/{self._odd()}"
        if self.chance.random() < 0.1:
            return self.server.client.get(f"{page}?q={self.chance.choice(BROKEN)}&theme=energia")
        return self.server.client.get(page, params=pairs)

    def _odd(self) -> str:
        count = self.chance.randint(0, 3)
        parts = [self.chance.choice(PIECES) for _ in range(count)]
        return "".join(
            [*parts, str(self.chance.choice((-1, 0, 7, 10**18, 10**40, "it", "energy", "")))]
        )

    def _upload(self) -> httpx.Response:
        seed = self.chance.choice(self.seeds)
        data = self._mutated(seed.read_bytes())
        suffix = (
            seed.suffix if self.chance.random() < 0.8 else self.chance.choice((".pdf", ".docx"))
        )
        name = f"{self._odd()[:60]}{suffix}".replace("\x00", "") or "x"
        fields = {
            "title": self._odd()[:500],
            "source_url": self.chance.choice(("", "https://a.b/c")),
        }
        answer = self.server.client.post(
            "/api/v1/documents", files={"file": (name, data)}, data=fields
        )
        if answer.status_code == 202:
            self.live[answer.json()["id"]] = seed.name
        return answer

    def _mutated(self, data: bytes) -> bytes:
        """The bytes with some changed, or a part cut, doubled, moved or overwritten."""
        out = bytearray(data)
        for _ in range(self.chance.randint(1, 8)):
            at = self.chance.randrange(len(out) or 1)
            length = min(self.chance.choice((1, 4, 64, 4096)), len(out) - at)
            match self.chance.randrange(5):
                case 0:
                    out[at : at + length] = self.chance.randbytes(length)
                case 1:
                    del out[at : at + length]
                case 2:
                    out[at:at] = out[at : at + length] * self.chance.randint(1, 20)
                case 3:
                    out[at : at + length] = bytes(length)
                case 4:
                    del out[self.chance.randrange(len(out) or 1) :]
            if not out:
                out = bytearray(b"x")
        return bytes(out)

    def _follow(self) -> None:
        for document_id in list(self.live)[:3]:
            name = self.live[document_id]
            try:
                state = self.server.client.get(
                    f"/api/v1/documents/{document_id}", params=ENGLISH
                ).json()
            except httpx.HTTPError as error:
                self.wrong.append(f"no answer about {name}: {error!r}")
                return
            if state["status"] not in ("ready", "failed"):
                continue
            del self.live[document_id]
            self.statuses[f"ended {state['status']}"] += 1
            if state["status"] == "failed":
                self.reasons[re.sub(r"[0-9]+", "N", state["reason"] or "none")] += 1
                if not state["reason"] or "unexpected" in state["reason"]:
                    self.wrong.append(f"{name}, {document_id}: {state['reason']!r}")
            elif self.chance.random() < 0.5:
                client = self.server.client
                self._try(partial(client.get, f"/documents/{document_id}/pages/1"))
                self._try(partial(client.delete, f"/api/v1/documents/{document_id}"))

    def report(self) -> None:
        print(", ".join(f"{name}: {count}" for name, count in sorted(self.statuses.items())))
        for reason, count in self.reasons.most_common():
            print(f"failed {count} times: {reason}")
        print(f"slowest answer {self.slowest[0]:.1f} s: {self.slowest[1]:.200}")
        self.memory.report()
        for one in self.wrong:
            print("WRONG", one)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="kept afterwards; must be new or empty")
    wanted = parser.parse_args()
    with folder_for(wanted.folder) as folder:
        server = Server(folder, KB_EXTRACT_TIMEOUT_S="30")
        fuzz = Fuzz(server, wanted.seed)
        try:
            fuzz.run(wanted.minutes)
            checked = server.command("check")
        finally:
            server.stop()
        fuzz.report()
        print("kb check:", checked.returncode, checked.stdout.strip())
        sys.exit(bool(fuzz.wrong) or checked.returncode != 0)


if __name__ == "__main__":
    main()
