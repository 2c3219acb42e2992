"""A curator finds items by search on the page of a collection's contents, and adds them there."""

import re

import pytest
from lxml import html

from kb.access import Role
from kb.collections.contents import list_rows
from kb.storage.collections import Collection
from tests.web.conftest import COLLECTIONS

CANTEENS = COLLECTIONS[0]
ASKED = "negozi vuoti in centro"
ALTENA = "altena-governare-il-calo"
HELD = "mouans-sartoux-mense-biologiche"


@pytest.fixture
def curator(searcher_as):
    return searcher_as(Role.CURATOR)


def order_of(indexed, collection_id):
    with indexed.database.session() as session:
        return [row.key for row in list_rows(session.get(Collection, collection_id))]


def test_what_is_found_is_added_at_the_end_without_leaving_the_page(curator, indexed):
    """Without scripts: a page with results, then the same page again with the item added."""
    address = f"/collections/{CANTEENS}/contents"
    before = order_of(indexed, CANTEENS)
    page = html.fromstring(curator.get(address, params={"find": ASKED}).text)
    (button,) = page.xpath(f'//form[@id="contents"]//button[@value="add:{ALTENA}"]')
    assert "Aggiungi: Altena" in " ".join(button.text_content().split())
    revision = page.xpath('//input[@name="revision"]/@value')[0]
    posted = {"revision": revision, "find": ASKED, "do": f"add:{ALTENA}"}
    posted |= {f"note:{HELD}": "Nota scritta prima di aggiungere."}
    added = curator.post(address, data=posted, follow_redirects=False)
    assert added.headers["location"] == f"{address}?find=negozi+vuoti+in+centro#found"
    assert order_of(indexed, CANTEENS) == [*before, f"item:{ALTENA}"]
    again = curator.get(added.headers["location"].partition("#")[0]).text
    assert "Nota scritta prima di aggiungere." in again
    held = html.fromstring(again).xpath(f'//*[@id="add-{ALTENA}"]')[0]
    assert (held.tag, held.get("href")) == ("a", f"#row-{ALTENA}")
    revision = html.fromstring(again).xpath('//input[@name="revision"]/@value')[0]
    fragment = curator.post(
        address,
        data={"revision": revision, "find": ASKED, "do": f"add:{ALTENA}"},
        headers={"HX-Request": "true"},
    ).text
    assert order_of(indexed, CANTEENS) == [*before, f"item:{ALTENA}"], "added once only"
    assert 'id="found"' in fragment
    revision = re.search(r'name="revision" value="(\d+)"', fragment)[1]
    curator.post(address, data={"revision": revision, "do": f"remove:item:{ALTENA}"})
    assert order_of(indexed, CANTEENS) == before


def test_a_search_from_the_page_leaves_what_is_typed_and_marks_what_is_held(curator):
    address = f"/collections/{CANTEENS}/contents"
    asked = {"find": "mensa scolastica biologica"}
    text = curator.get(address, params=asked, headers={"HX-Request": "true"}).text
    assert "<textarea" not in text
    found = html.fromstring(text).xpath(f'//*[@id="add-{HELD}"]')
    assert [one.tag for one in found] == ["a"]
    assert "Già nella raccolta" in found[0].text_content()


@pytest.mark.parametrize(("find", "said"), [("???", "segni"), ("di", "parole"), ("   ", "")])
def test_words_that_cannot_be_searched_are_said_to_be_so(curator, find, said):
    page = curator.get(f"/collections/{CANTEENS}/contents", params={"find": find})
    assert page.status_code == 200
    assert said in page.text


def test_nothing_is_added_that_does_not_exist(curator, indexed):
    before = order_of(indexed, CANTEENS)
    address = f"/collections/{CANTEENS}/contents"
    page = curator.get(address).text
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    for item in ("nessuna", "", "../x"):
        posted = {"revision": revision, "do": f"add:{item}"}
        assert curator.post(address, data=posted).status_code == 404
    assert order_of(indexed, CANTEENS) == before
