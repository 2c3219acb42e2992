"""Modules stay small, and starting stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.weights import LONG

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kb", "ingest", "search", "web")
LONGEST = 350
HEAVY = set(
    "torch transformers sentence_transformers openvino pypdf pypdfium2 rapidocr onnxruntime "
    "langchain_text_splitters pptx rapidocr".split()
)


def test_no_module_outgrows_one_purpose():
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            lines = len(path.read_text("utf-8").splitlines())
            assert lines <= LONGEST, f"{path.relative_to(ROOT)} has {lines} lines"


def test_the_modules_that_begin_first_are_there():
    assert [name for name in LONG if not (ROOT / "tests" / name).is_file()] == []


def test_importing_the_web_application_loads_no_model_and_no_reader():
    code = "import sys, web.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())


def test_a_class_name_means_one_thing():
    modules: dict[str, list[str]] = defaultdict(list)
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].append(path.relative_to(ROOT).as_posix())
    twice = {name: paths for name, paths in modules.items() if len(paths) > 1}
    assert not twice
