"""What a screen reader is told of the ten most used pages, and how they look when enlarged, in
forced colours, without motion and on paper."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from kb.access import Role
from tests.browser.conftest import DESKTOP

pytestmark = pytest.mark.browser

ASKED = "unione+di+comuni+risparmio"
UNIONS, MERGERS = "unioni-comuni-emilia-romagna", "danimarca-fusioni-2007"
PAGES = {
    "home": (None, "/"),
    "home of an officer": (Role.OFFICER, "/"),
    "search": (None, f"/search?q={ASKED}"),
    "practices": (None, "/practices"),
    "practice": (None, f"/practices/{MERGERS}"),
    "comparison": (None, f"/compare?id={UNIONS}&id={MERGERS}"),
    "collection": (None, "/collections/unioni-e-fusioni-cosa-dicono-i-numeri"),
    "documents": (None, "/documents"),
    "upload": (Role.RESEARCHER, "/upload"),
    "accounts": (Role.ADMIN, "/admin/accounts"),
}
CONTROLS = {
    "button", "checkbox", "combobox", "link", "menuitem", "radio", "searchbox", "slider",
    "spinbutton", "textbox",
}  # fmt: skip
LANDMARKS = ["banner", "main", "contentinfo"]
NARROW = {"width": 320, "height": 256}
"""A window of 1280 by 1024 at 400 %: WCAG 1.4.10."""
COLOUR_ALONE = """() => [...document.querySelectorAll('[aria-current]')]
  .filter((one) => one.checkVisibility() && one.matches('a')).filter((one) => {
    const peer = [...one.closest('ul, ol').querySelectorAll('a:not([aria-current])')]
        .find((other) => other.checkVisibility());
    if (!peer) return false;
    const look = (at) => ['textDecorationLine', 'borderBottomColor', 'borderLeftColor',
        'outlineStyle'].map((name) => getComputedStyle(at)[name]).join();
    return look(one) === look(peer);
  }).map((one) => one.outerHTML.slice(0, 120))"""
MOVING = """() => [...document.querySelectorAll('*')].filter((one) => {
    const style = getComputedStyle(one);
    return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0.01;
  }).map((one) => one.outerHTML.slice(0, 100))"""
STUCK = """() => [...document.querySelectorAll('body *')]
  .filter((one) => ['sticky', 'fixed'].includes(getComputedStyle(one).position))
  .map((one) => one.outerHTML.slice(0, 100))"""
CUT_ON_PAPER = """() => [...document.querySelectorAll('main *')]
  .filter((one) => one.checkVisibility() && ['auto', 'scroll', 'hidden'].includes(
      getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth + 1
      && one.clientWidth > 1)
  .map((one) => one.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize(("role", "address"), PAGES.values(), ids=list(PAGES))
def test_a_page_in_the_ways_people_read_it(chromium, server, signed_in, role, address):
    if role:
        page = signed_in(role).page
    else:
        page = chromium.new_context(
            base_url=server.url, locale="it-IT", viewport=DESKTOP
        ).new_page()
    page.goto(address)
    read_aloud(page)

    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    assert page.evaluate(COLOUR_ALONE) == []
    page.emulate_media(forced_colors="none")
    assert page.evaluate(MOVING) == []
    page.emulate_media(reduced_motion="no-preference", media="print")
    assert page.evaluate(CUT_ON_PAPER) == []
    assert page.locator("main h1").count() == 1
    page.emulate_media(media="screen")

    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.evaluate(STUCK) == []
    if not role:
        page.context.close()


def read_aloud(page):
    """Landmarks once and in order, headings without gaps, names for everything that is used."""
    nodes = list(read_tree(page))
    said = [(role, name) for role, name, _ in nodes]
    assert [role for role, _ in said if role in LANDMARKS] == LANDMARKS
    assert [one for one in said if one[0] in CONTROLS and not one[1].strip()] == []
    levels = [level for role, _, level in nodes if role == "heading"]
    assert levels.count(1) == 1
    after_title = levels[levels.index(1) :]
    assert all(after - before <= 1 for before, after in pairwise(after_title))
    regions = [one for one in said if one[0] in ("navigation", "region", "search")]
    assert [one for one in regions if not one[1].strip() and one[0] != "search"] == []
    assert len(set(regions)) == len(regions), regions
    assert not any(re.search(r"[{}]|None\b|it-[a-z]+\b$", name) for _, name in said)


def read_tree(page) -> Iterator[tuple[str, str, int]]:
    """Role, name and heading level of Chromium's accessibility tree, in reading order."""
    session = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    waiting = [nodes[0]["nodeId"]]
    while waiting:
        node = by_id[waiting.pop()]
        waiting += [child for child in reversed(node.get("childIds", [])) if child in by_id]
        if node.get("ignored"):
            continue
        levels = [one["value"]["value"] for one in node.get("properties", [])
                  if one["name"] == "level"]  # fmt: skip
        yield (
            node["role"]["value"],
            node.get("name", {}).get("value", ""),
            levels[0] if levels else 0,
        )
    session.detach()
