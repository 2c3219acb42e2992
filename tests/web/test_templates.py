"""Every template compiles, and every page has a title and one first heading."""

import re
from pathlib import Path

import pytest

import web
from web.rendering.i18n import load_locales
from web.rendering.templating import environment

FOLDER = Path(web.__file__).parent / "templates"
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
HEADED_BY = dict.fromkeys(("magazine/page.html", "magazine/preview.html"), "magazine/_issue.html")
"""Pages whose first heading stands in a part."""
MAILS = {"magazine/_mail.html", "news/_mail.html"}
"""Read by mail programs, which know no style sheet of the site."""
PAGES = [name for name in TEMPLATES if not Path(name).name.startswith("_") and name != "base.html"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_compiles_in_every_language(name):
    for reader in load_locales().values():
        environment(reader).get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_page_has_a_title_and_one_first_heading(name):
    source = (FOLDER / name).read_text(encoding="utf-8")
    assert "{% block title %}" in source
    headed = (FOLDER / HEADED_BY.get(name, name)).read_text(encoding="utf-8")
    assert len(re.findall(r"<h1\b", headed)) == 1


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in MAILS])
def test_no_inline_style_or_script(name):
    """The content security policy would refuse them; JSON-LD is data and never run."""
    source = (FOLDER / name).read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", source)
    assert not re.search(r'<script(?![^>]*\ssrc=| type="application/ld\+json">)', source)


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_loaded_from_elsewhere(name):
    source = (FOLDER / name).read_text(encoding="utf-8")
    assert not re.search(r'(src|<link[^>]*href)="https?://', source)
