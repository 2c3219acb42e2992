"""What a screen reader is told of the ten most used pages, and how they look when enlarged,
without motion, on paper and, where one of several links is chosen, in forced colours."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from kb.access import Role
from tests.browser.conftest import COLLECTION, open_context, sign_in

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
    "collection": (None, f"/collections/{COLLECTION}"),
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
CHOICES = {
    "sections": (None, "/practices", ".site-nav"),
    "languages": (None, "/", ".languages"),
    "full or compact": (None, f"/search?q={ASKED}", ".views"),
    "cards or table": (None, "/documents", ".view-choice"),
    "parts of the world": (None, "/practices/map", ".map-views"),
    "states of work": (Role.RESEARCHER, "/work", ".work-filter"),
    "states of sources": (Role.RESEARCHER, "/sources", ".chips"),
    "parts of a collection": (Role.CURATOR, f"/collections/{COLLECTION}/edit", ".edit-tabs"),
    "pages nearby": (None, "/documents/{document}/pages/1", ".near-pages"),
}
"""Links of which one is chosen: role, address, and the part of the page they stand in."""
LINES = ["textDecorationLine", "borderBottomColor", "borderLeftColor", "outlineStyle"]
COLOURS = {"none": [*LINES, "backgroundColor", "boxShadow"], "active": LINES}
"""Properties that may tell the chosen link from others, by ``forced-colors``."""
LOOK = """(links, names) => links.filter((one) => one.checkVisibility()).map((one) => [
    one.hasAttribute('aria-current'),
    [one, ...one.querySelectorAll('img')]
        .flatMap((at) => names.map((name) => getComputedStyle(at)[name])).join()])"""
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
def test_a_page_in_the_ways_people_read_it(visit, document, role, address):
    page = visit(role, address)
    read_aloud(page)

    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == []
    page.emulate_media(reduced_motion="no-preference", media="print")
    assert page.evaluate(CUT_ON_PAPER) == []
    assert page.locator("main h1").count() == 1
    page.emulate_media(media="screen")

    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.evaluate(STUCK) == []


@pytest.fixture(scope="module")
def document(chromium, server, report) -> str:
    """Id of a document of three pages that everybody may read."""
    context = open_context(chromium, server)
    sign_in(context.new_page(), server, Role.RESEARCHER)
    file = {"name": report.name, "mimeType": "application/pdf", "buffer": report.read_bytes()}
    answer = context.request.post("/api/v1/documents", multipart={"file": file})
    assert answer.ok, answer.text()
    added: str = answer.json()["id"]
    context.close()
    server.wait_for_jobs()
    return added


@pytest.mark.parametrize("forced_colors", list(COLOURS))
@pytest.mark.parametrize(("role", "address", "part"), CHOICES.values(), ids=list(CHOICES))
def test_the_chosen_one_of_several_links_looks_unlike_the_others(
    visit, document, role, address, part, forced_colors
):
    page = visit(
        role,
        address.format(document=document),
        forced_colors=forced_colors,
        reduced_motion="reduce",
    )
    looks = page.locator(f"{part} a").evaluate_all(LOOK, COLOURS[forced_colors])
    (chosen,) = (look for is_chosen, look in looks if is_chosen)
    others = {look for is_chosen, look in looks if not is_chosen}
    assert others
    assert chosen not in others


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
