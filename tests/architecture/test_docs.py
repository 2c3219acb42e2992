"""What the documentation promises is there, and what is there is documented."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from docs.data_model import PAGE, draw
from kb.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PATH = re.compile(r"`((?:kb|ingest|search|web|corpus|bench|docs|tests)/[^`\s]*)`")
PARTS = ["Context", "Decision", "Alternatives", "What would change our mind"]
PLACEHOLDER = re.compile(r"<[^>]+>.*")


def test_every_setting_is_in_the_table_with_its_default_and_nothing_else():
    table = dict(re.findall(r"^\| `(KB_\w+)` \| (.*?) \|", README, re.MULTILINE))
    assert set(table) == {f"KB_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | int):
            shown = str(field.default).lower() if isinstance(field.default, bool) else field.default
            assert table[f"KB_{name.upper()}"] == f"`{shown}`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_a_page_names_exists(page):
    """Of one with a placeholder, the folder: ``web/pages/<page>.py``."""
    for path in PATH.findall(page.read_text("utf-8")):
        assert (ROOT / PLACEHOLDER.sub("", path)).exists(), f"{page.name} names {path}"


def test_every_setting_is_in_the_example_with_its_default(monkeypatch, tmp_path):
    lines = re.findall(
        r"^#(KB_\w+)=(.*)$", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE
    )
    assert [name for name, _ in lines] == re.findall(r"^\| `(KB_\w+)` \|", README, re.MULTILINE)
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines), "utf-8")
    for name, _ in lines:
        monkeypatch.delenv(name, raising=False)
    read = Settings(_env_file=tmp_path / ".env")
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | int):
            assert getattr(read, name) == field.default, name


def test_the_picture_of_the_tables_is_up_to_date():
    assert PAGE.read_text("utf-8") == draw(), "run `make data-model`"


def test_decisions_are_numbered_dated_and_listed():
    listed = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    files = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    for number, path in enumerate(files, start=1):
        text = path.read_text("utf-8")
        assert path.name.startswith(f"{number:04d}-")
        title, day = re.match(rf"# {number}\. (.+)\n\nDecided (\d{{4}}-\d\d-\d\d)\.", text).groups()
        assert f"| [{number:04d}](decisions/{path.name}) | {title} | {day} |" in listed
        assert re.findall(r"^## (.+)", text, re.MULTILINE) == PARTS


def test_the_newest_changes_stand_under_unreleased_or_the_version():
    headings = re.findall(
        r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert headings[0] in ("Unreleased", project["version"])
    assert project["version"] in headings[:2]
