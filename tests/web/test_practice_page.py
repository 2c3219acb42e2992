"""The page of a practice: key figures, map, similar practices, who does it near the reader."""

import re
from itertools import pairwise

import pytest
from lxml import html

from kb.access import PUBLIC, ROLES, Role
from kb.domain import Visibility
from kb.practices.practice import Practice
from kb.storage.tables import PracticeRow
from search.nearby_practices import find_near, read_spots
from search.similar_practices import find_similar
from web.presenters.place_map import draw_place

CANTEEN = "mouans-sartoux-mense-biologiche"
PLANT = "bottrighe-mater-biotech"
MERGERS = "danimarca-fusioni-2007"
LIVORNO = "049009"
SINALUNGA = "052033"


@pytest.fixture
def page_of(searcher, indexed):
    if not indexed.ready.is_set():
        indexed.warm()

    def read(practice: str, query: str = ""):
        return html.fromstring(searcher.get(f"/practices/{practice}{query}").text)

    return read


def words(element) -> str:
    return " ".join(element.text_content().split())


def section(page, name: str):
    (found,) = page.xpath(f'//section[@aria-labelledby="{name}-title"]')
    return found


def test_key_figures_come_with_what_was_before_and_their_evidence(page_of):
    page = page_of(CANTEEN)
    tiles = [words(one) for one in page.xpath('//ul[@class="figure-tiles"]/li')]
    assert 0 < len(tiles) <= 4
    assert tiles[0].startswith(
        "100 % (2012) Quota biologica dei pasti scolastici prima: 9,6 % (2008)"
    )
    assert all("Fonte" in one for one in tiles)
    (fold,) = page.xpath('//details[@id="all-results"]')
    assert len(fold.xpath(".//tbody/tr")) >= len(tiles)
    assert "Tutti i" in words(fold.xpath("./summary")[0])


def test_the_page_says_cost_time_place_and_whom_to_ask_first(page_of):
    glance = words(section(page_of(CANTEEN), "glance"))
    for said in ("10,57 euro (2018)", "dal 2008", "Mouans-Sartoux, Francia", "10.331 abitanti"):
        assert said in glance
    assert "MEAD, Maison d'éducation à l'alimentation durable" in glance
    without = words(section(page_of(MERGERS), "glance"))
    assert "Costi non riportati dalle fonti" in without


def test_every_entry_of_the_list_at_the_top_leads_to_a_section(page_of):
    for practice in (CANTEEN, PLANT, MERGERS):
        page = page_of(practice)
        anchors = page.xpath('//nav[@class="jump-list"]//a/@href')
        assert len(anchors) >= 5
        for anchor in anchors:
            assert page.xpath(f'//*[@id="{anchor[1:]}"]'), (practice, anchor)
        levels = [
            int(one.tag[1]) for one in page.xpath("//main//*[self::h1 or self::h2 or self::h3]")
        ]
        assert levels[0] == 1
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_similar_practices_give_reasons_and_one_ended_otherwise(page_of, indexed):
    page = page_of(CANTEEN)
    shown = page.xpath('//ul[starts-with(@class, "suggestions")]/li')
    assert 2 <= len(shown) <= 3
    assert "La più simile." in words(shown[0])
    assert re.search(r"Stess[oi] tem[ai]:", words(shown[0]))
    outcomes = {words(one.xpath('.//span[contains(@class, "outcome ")]')[0]) for one in shown}
    assert len(outcomes) > 1
    assert any("con un altro esito" in words(one) for one in shown)
    links = page.xpath('//ul[starts-with(@class, "suggestions")]//h3/a/@href')
    assert f"/practices/{CANTEEN}" not in links
    assert len(set(links)) == len(links)


def test_similar_practices_are_those_that_the_reader_may_see(indexed):
    with indexed.database.session() as session:
        card = Practice.model_validate(session.get(PracticeRow, CANTEEN).record)
        best = find_similar(indexed, session, PUBLIC, card)[0].practice.id
        session.get(PracticeRow, best).visibility = Visibility.RESEARCHERS
        session.flush()
        seen = [one.practice.id for one in find_similar(indexed, session, PUBLIC, card)]
        inside = ROLES[Role.RESEARCHER]
        assert best not in seen
        assert best in [one.practice.id for one in find_similar(indexed, session, inside, card)]
        session.rollback()


def test_the_page_names_who_does_it_near_the_readers_municipality(searcher, page_of):
    assert "Scegli il tuo comune" in words(section(page_of(CANTEEN), "near"))
    searcher.cookies.set("place", LIVORNO)
    page = page_of(CANTEEN)
    near = words(section(page, "near"))
    assert "adottata da Rosignano Marittimo" in near
    assert re.search(r"a \d+ km", near)
    assert re.search(r"a \d+ km da Livorno", words(section(page, "glance")))


def test_places_of_a_card_are_its_own_and_those_of_bodies_that_adopted_it():
    record = {
        "id": "x", "title": "X", "outcome": "positive",
        "place": {"name": "Mouans-Sartoux", "country": "FR", "latitude": 43.6, "longitude": 7.0},
        "adopted_by": [
            {"name": "Comune di Prato", "country": "IT"},
            {"name": "Rosignano Marittimo, partner della rete", "country": "IT"},
            {"name": "Rete internazionale dei biodistretti", "country": "IT"},
            {"name": "Amarante", "country": "PT"},
        ],
    }  # fmt: skip
    spots = read_spots(record)
    assert [one.name for one in spots.spots if one.adopted] == [
        "Comune di Prato", "Rosignano Marittimo, partner della rete",
    ]  # fmt: skip
    here = (43.88, 11.09)
    assert [(one.spot.name, one.km) for one in find_near([spots], here, "")] == [
        ("Comune di Prato", 1)
    ]
    assert find_near([spots], (43.6, 7.0), "x") == []
    assert find_near([spots], (43.6, 7.0), "")[0].km == 0


@pytest.mark.parametrize(
    ("point", "outline"),
    [((43.2, 11.7), "italy"), ((52.5, 13.4), "europe"), ((6.2, -75.6), "world"), ((-75, 0), None)],
)
def test_the_small_map_is_the_narrowest_that_holds_the_place(point, outline):
    drawn = draw_place(point, (43.2, 11.7))
    assert (drawn.outline if drawn else None) == outline
    if drawn:
        left, top, width, height = drawn.box
        assert left <= drawn.marker[0] <= left + width
        assert top <= drawn.marker[1] <= top + height
    assert draw_place(None, None) is None


def test_the_map_is_named_for_those_who_do_not_see_it(searcher, page_of):
    (drawing,) = page_of(PLANT).xpath('//figure[@class="place-map"]/svg')
    assert drawing.get("aria-label") == "Mappa con Adria, Italia"
    searcher.cookies.set("place", SINALUNGA)
    (drawing,) = page_of(PLANT).xpath('//figure[@class="place-map"]/svg')
    assert drawing.get("aria-label") == "Mappa con Adria, Italia e Sinalunga"
