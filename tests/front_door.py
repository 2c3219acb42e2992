"""Documents as people meet them: added with `kb ingest`, read on their page, found by a question.

``open_front_door`` starts the real program on an empty base; the fixture ``front_door`` is one for
the whole session. Files go in together, since each run of the command costs a second.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.kb_command import KB, ROOT

SHARED = ROOT.parent.parent / "shared"
LONGEST_S = 600
_TEXT_LAYER = re.compile(r'<section class="page-text".*?</section>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class FrontDoor:
    """``client`` asks the running server, as somebody who may add documents."""

    data_dir: Path
    client: httpx.Client

    def ingest(self, paths: Iterable[Path]) -> dict[str, dict[str, Any]]:
        """See ``ingest_files``."""
        return ingest_files(paths, self.data_dir)


@contextmanager
def open_front_door(folder: Path) -> Iterator[FrontDoor]:
    """The program serving an empty base in ``folder``."""
    environment = _environment(folder / "data")
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [*KB, "serve", "--port", "0"],
            env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
        ) as process,
    ):  # fmt: skip
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, (folder / "log").read_text("utf-8")
            headers = {"Accept-Language": "it"}
            with httpx.Client(base_url=found[0], headers=headers, timeout=120) as client:
                yield FrontDoor(folder / "data", client)
        finally:
            process.terminate()


def ingest_files(paths: Iterable[Path], data_dir: Path) -> dict[str, dict[str, Any]]:
    """Run `kb ingest --wait --json` once; what became of each file, by its name. What came with a
    file has the name ``FILE/ATTACHMENT``."""
    names = {str(path): path.name for path in paths}
    done = subprocess.run(
        [*KB, "ingest", *names, "--wait", "--json"],
        env=_environment(data_dir), cwd=ROOT, capture_output=True, text=True,
        timeout=LONGEST_S, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    results = {}
    for line in map(json.loads, done.stdout.splitlines()):
        path = next((one for one in names if line["path"].startswith(one)), line["path"])
        results[names.get(path, path) + line["path"].removeprefix(path)] = line
    return results


def page_text(client: httpx.Client, document_id: str, number: int = 1) -> str:
    """The text of a page of a document as its page view shows it."""
    answer = client.get(f"/documents/{document_id}/pages/{number}", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    shown = _TEXT_LAYER.search(answer.text)
    assert shown, answer.text
    return html.unescape(_TAG.sub("", shown[0]))


def whole_text(client: httpx.Client, document_id: str) -> str:
    """The texts of all pages of a document."""
    state = client.get(f"/api/v1/documents/{document_id}").json()
    count = state["metadata"]["page_count"]
    return "\n".join(page_text(client, document_id, number) for number in range(1, count + 1))


def search(client: httpx.Client, question: str, limit: int = 10) -> list[dict[str, Any]]:
    """The results of a question, best first."""
    answer = client.get("/api/v1/search", params={"q": question, "limit": limit})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def found_ids(client: httpx.Client, question: str) -> list[str]:
    """Ids of the documents that answer a question, best first."""
    return [result["id"] for result in search(client, question)]


def _environment(data_dir: Path) -> dict[str, str]:
    return {**os.environ, "KB_DATA_DIR": str(data_dir), "LANG": "en_US.UTF-8"}
