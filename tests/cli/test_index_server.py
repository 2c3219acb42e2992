"""The command line while the index is on a server, which is away."""

import os
import subprocess
import time

import httpx
import pytest

from tests.kb_command import KB, ROOT, run_kb
from tests.qdrant_server.fixture import run_qdrant_server


@pytest.fixture(scope="module")
def qdrant():
    with run_qdrant_server() as server:
        yield server


def test_serve_starts_while_the_server_is_away_and_search_comes_by_itself(tmp_path, qdrant):
    environment = {"KB_QDRANT_URL": qdrant.url, "KB_WORKER": "false"}
    qdrant.stop()
    told = tmp_path / "told.txt"
    with told.open("w") as errors, subprocess.Popen(
        [*KB, "serve", "--port", "0"],
        env={**os.environ, "KB_DATA_DIR": str(tmp_path / "data"), **environment},
        cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True,
    ) as serving:  # fmt: skip
        try:
            while "search waits" not in told.read_text("utf-8"):
                assert serving.poll() is None, told.read_text("utf-8")
                time.sleep(0.1)
            qdrant.start()
            url = serving.stdout.readline().removeprefix("ready ").strip()
            assert httpx.get(f"{url}/health", timeout=60).json()["status"] == "ready"

            qdrant.stop()
            asked = run_kb(tmp_path / "data", "search", "unione di comuni", **environment)
            assert asked.returncode == 1
            assert "Qdrant server does not answer" in asked.stderr
            assert "Traceback" not in asked.stderr
        finally:
            serving.terminate()
            serving.communicate(timeout=60)
