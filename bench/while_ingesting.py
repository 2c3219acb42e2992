"""Latency of questions while a long report is ingested: ``python -m bench while_ingesting``.

A server with some thousand passages is asked one question after another, first at rest, then from
the upload of a 500-page PDF until it is searchable.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import typst

from bench import made_up
from bench.running import Server
from kb.runtime.services import open_services
from kb.settings import Settings

PAGES = 500
TEXTS_ON_A_PAGE = 3
"""Each of 160 words."""
PASSAGES = 5_000
TEMPLATE = b"""
#for (number, page) in json(bytes(sys.inputs.pages)).enumerate() {
  if number > 0 { pagebreak() }
  for words in page { par(words) }
}
"""
AT_REST = 300
"""Questions asked before the upload."""


def main(passages: int = PASSAGES) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder / "data", passages)
        server = Server(folder)
        server.start()
        try:
            _measure(server, passages)
        finally:
            server.stop()


def _measure(server: Server, passages: int) -> None:
    questions = _questions()
    for _ in range(20):
        _ask(server, next(questions))
    before = [_ask(server, next(questions)) for _ in range(AT_REST)]
    began = time.monotonic()
    file = {"file": ("report.pdf", _report(), "application/pdf")}
    document_id = server.client.post("/api/v1/documents", files=file).json()["id"]
    during: list[float] = []
    stage_of: list[str] = []
    state = _state(server, document_id)
    while state["status"] not in ("ready", "failed"):
        during.append(_ask(server, next(questions)))
        stage_of.append(str(state["stage"] or "waiting"))
        state = _state(server, document_id)
    took = time.monotonic() - began
    if state["status"] == "failed":
        sys.exit(f"the report could not be read: {state['reason']}")
    print(f"{passages:,} passages; {PAGES} pages were ready after {took:.0f} s")
    print("| questions | number | p50 ms | p95 ms | slowest ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    _row("at rest", before)
    _row("while it comes in", during)
    for stage in dict.fromkeys(stage_of):
        times = [took for took, at in zip(during, stage_of, strict=True) if at == stage]
        _row(f"… {stage}", times)


def _row(name: str, seconds: list[float]) -> None:
    p50, p95, slowest = np.percentile(np.array(seconds) * 1000, (50, 95, 100))
    print(f"| {name} | {len(seconds)} | {p50:.0f} | {p95:.0f} | {slowest:.0f} |")


def _ask(server: Server, question: str) -> float:
    """Seconds until the answer."""
    began = time.perf_counter()
    asked = {"q": question, "page": "2"}  # the first page would note that nothing answers it
    server.client.get("/api/v1/search", params=asked).raise_for_status()
    return time.perf_counter() - began


def _questions() -> Iterator[str]:
    chance = random.Random(3)
    while True:
        yield made_up.question(chance)


def _report() -> bytes:
    chance = random.Random(4)
    pages = [
        [
            f"Capitolo {number // 10 + 1}",
            " ".join(made_up.text(chance) for _ in range(TEXTS_ON_A_PAGE)),
        ]
        for number in range(PAGES)
    ]
    made = typst.compile(
        TEMPLATE, format="pdf", ignore_system_fonts=True, sys_inputs={"pages": json.dumps(pages)}
    )
    assert isinstance(made, bytes)
    return made


def _fill(data: Path, passages: int) -> None:
    settings = Settings.read().scratch(data)
    with open_services(settings, own=True) as services:
        made_up.fill(services, passages)


def _state(server: Server, document_id: str) -> dict[str, object]:
    answer = server.client.get(f"/api/v1/documents/{document_id}")
    return dict(answer.raise_for_status().json())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
