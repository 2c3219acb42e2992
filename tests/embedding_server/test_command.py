"""``kb embeddings`` serves the model to the other commands, which then load none."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-the-tests"
ENVIRONMENT = {**os.environ, "LANG": "en_US.UTF-8"}
RUN = """
import sys
from kb.cli import main
heavy = {"torch", "openvino", "transformers", "sentence_transformers"}
try:
    main()
finally:
    print("loaded:", *(heavy & sys.modules.keys()), file=sys.stderr)
"""
QUESTION = "Quanti passeggeri ha portato il trasporto a chiamata?"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "embeddings", "--port", "0"],
        env=ENVIRONMENT | {"KB_EMBEDDING_API_KEY": KEY},
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        found = re.search(r"ready (http://\S+)", process.stdout.readline())
        assert found
        yield found[1]
        process.terminate()


def _kb(data_dir: Path, *arguments: str, **environment: str) -> Any:
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env=ENVIRONMENT | {"KB_DATA_DIR": str(data_dir)} | environment,
        cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def _take_scores(found: dict[str, Any]) -> list[float]:
    """The scores of all results and passages, which are removed."""
    parts = (part for result in found["results"] for part in (result, *result["passages"]))
    return [part.pop("score") for part in parts]


def test_files_go_in_and_are_found_without_a_model_of_ones_own(url: str, tmp_path: Path) -> None:
    (tmp_path / "bus.md").write_text(
        "# Trasporto a chiamata\n\nIl servizio ha portato 4.200 passeggeri nel 2019.\n", "utf-8"
    )
    (tmp_path / "shop.md").write_text("# Shop\n\nEleven volunteers run the shop.\n", "utf-8")
    data = tmp_path / "data"
    there = {"KB_EMBEDDING_URL": url, "KB_EMBEDDING_API_KEY": KEY}
    files = (str(tmp_path / "bus.md"), str(tmp_path / "shop.md"))
    done = _kb(data, "ingest", *files, "--wait", "--json", **there)
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["ready"] * 2
    assert "loaded:\n" in done.stderr
    remote = _kb(data, "search", QUESTION, "--json", **there)
    assert "loaded:\n" in remote.stderr
    local = _kb(data, "search", QUESTION, "--json")
    assert "torch" in local.stderr
    found, expected = (json.loads(one.stdout) for one in (remote, local))
    assert found["results"][0]["title"] == "Trasporto a chiamata"
    assert _take_scores(found) == pytest.approx(_take_scores(expected), abs=0.01)
    for one in (found, expected):
        one.pop("took_ms")
    assert found == expected
    refused = _kb(data, "search", QUESTION, **there | {"KB_EMBEDDING_API_KEY": "another"})
    assert refused.returncode == 0
    assert "refuses the key (401): set KB_EMBEDDING_API_KEY" in refused.stderr
    assert "only the words of the question are searched for" in refused.stderr
    assert refused.stdout.startswith("  1. Trasporto a chiamata")


def test_it_answers_in_both_protocols(url: str) -> None:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        assert client.get("/health").json()["model"] == "multilingual-e5-small"
        rows = client.post("/embed", json={"inputs": "query: una"}).json()
        answer = client.post("/v1/embeddings", json={"input": ["query: una"], "model": "any"})
        assert answer.json()["data"][0]["embedding"] == pytest.approx(rows[0], abs=1e-6)
        packed = {"input": "query: una", "model": "any", "encoding_format": "base64"}
        assert (
            len(client.post("/v1/embeddings", json=packed).json()["data"][0]["embedding"]) == 2048
        )
        for asked in ({"inputs": []}, {"inputs": [""]}, {"inputs": ["a"] * 257}, {"inputs": 3}, []):
            assert client.post("/embed", json=asked).status_code in (400, 413, 422)
    assert httpx.post(f"{url}/embed", json={"inputs": "a"}).status_code == 401


def test_it_serves_a_model_of_its_own_only(tmp_path: Path) -> None:
    done = _kb(tmp_path, "embeddings", KB_EMBEDDING_URL="http://127.0.0.1:1")
    assert done.returncode == 2
    assert "leave it out for `kb embeddings`" in done.stderr
