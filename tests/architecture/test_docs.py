"""What the documentation promises is there, and what is there is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kb.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]


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
    named = r"`((?:kb|ingest|search|web|corpus|bench|tests)/[\w/.]*)`"
    for path in re.findall(named, page.read_text("utf-8")):
        assert (ROOT / path).exists(), f"{page.name} names {path}"
