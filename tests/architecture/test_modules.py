"""Modules stay small, and starting stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 350
HEAVY = set(
    "torch transformers sentence_transformers openvino pypdf pypdfium2 rapidocr onnxruntime "
    "langchain_text_splitters pptx openpyxl mammoth".split()
)


def test_no_module_outgrows_one_purpose():
    for package in ("kb", "ingest", "search", "web"):
        for path in (ROOT / package).rglob("*.py"):
            lines = len(path.read_text("utf-8").splitlines())
            assert lines <= LONGEST, f"{path.relative_to(ROOT)} has {lines} lines"


def test_importing_the_web_application_loads_no_model_and_no_reader():
    code = "import sys, web.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())
