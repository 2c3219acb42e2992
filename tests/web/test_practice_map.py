"""Practices on a map: projection and outlines with numbers, then the page as readers get it."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from kb.access import Role
from kb.domain import Visibility
from kb.storage.tables import PracticeRow
from web.outlines import WIDTH, Extent, draw_outline

SQUARE = {
    "transform": {"scale": [1, 1], "translate": [0, 0]},
    "arcs": [[[0, 0], [10, 0], [0, 10], [-10, 0], [0, -10]]],
    "objects": {"countries": {"geometries": [{"type": "Polygon", "arcs": [[0]]}]}},
}
"""One country, from 0 to 10 degrees both ways."""
SIENA, GROSSETO = "052032", "053011"


def test_a_point_lies_where_its_degrees_are():
    extent = Extent(0, 40, 20, 50)
    assert extent.project(0, 50) == (0, 0)
    assert extent.project(20, 50)[0] == pytest.approx(WIDTH)
    assert extent.project(10, 40) == pytest.approx((WIDTH / 2, extent.height))
    # at 45 degrees a degree of latitude is longer than one of longitude by 1 / cos 45
    assert extent.height == pytest.approx(WIDTH / 2 * 2**0.5)


def test_a_country_is_cut_at_the_edge_of_the_map():
    drawn = draw_outline(SQUARE, Extent(5, -5, 15, 5))
    points = set(re.findall(r"[ML]([\d.]+,[\d.]+)", drawn))
    assert points == {"0.0,0.0", "500.0,0.0", "500.0,500.0", "0.0,500.0"}


def test_a_country_across_the_antimeridian_draws_no_line_through_the_world():
    topology = SQUARE | {
        "arcs": [[[170, 0], [9, 0], [-358, 0], [0, 10], [358, 0], [-9, 0], [0, -10]]]
    }
    drawn = draw_outline(topology, Extent(-180, -20, 180, 20))
    across = [float(x) for x in re.findall(r"[ML]([\d.]+),", drawn)]
    assert min(across) > WIDTH * 0.9


def shown(client: TestClient, **parameters: str) -> str:
    answer = client.get("/practices/map", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_practice_stands_in_the_list_beside_the_map(client, services):
    text = shown(client)
    with services.database.session() as session:
        ids = {row.id for row in session.query(PracticeRow)}
    assert set(re.findall(r'href="/practices/([\w-]+)"[^>]*>[^<]', text)) >= ids
    numbers = re.findall(r"<text [^>]*>(\d+)</text>", text)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert all(f'<li id="place-{number}">' in text for number in numbers)


def test_filters_apply_and_stay_with_the_view(client):
    text = shown(client, country="DE", view="europe")
    assert 'name="view" value="europe"' in text
    assert "Germania" in text
    assert "Siena, Italia" not in text
    assert 'href="/practices?country=DE"' in text
    assert "country=DE&amp;view=italy" in text


def test_the_map_is_no_wider_than_most_of_what_it_has_to_show(client):
    assert "vendor/map/italy.svg" in shown(client, country="IT")
    assert "vendor/map/europe.svg" in shown(client, country="DE")
    text = shown(client)
    assert "vendor/map/europe.svg" in text
    assert "pratiche fuori da questa mappa" in text
    assert "vendor/map/world.svg" in shown(client, country="CO")


def test_filters_that_no_practice_meets_are_said(client):
    assert "Nessuna pratica risponde a tutti i filtri" in shown(client, q="parolachenonce")


def test_near_the_readers_municipality_the_list_goes_by_distance(client):
    client.post("/places", data={"code": SIENA})
    text = shown(client, view="near")
    distances = [int(km) for km in re.findall(r"· (\d+) km", text)]
    inside = distances[: text.split('class="map-rest"')[0].count(" km ·")]
    assert inside
    assert max(inside) <= 75 * 2**0.5 + 1
    assert "Vicino a Siena" in text
    assert 'class="map-home"' in text


def test_without_a_municipality_near_asks_for_it(client):
    text = shown(client, view="near")
    assert 'href="/places?back=/practices/map%3Fview%3Dnear"' in text


def test_an_unknown_view_is_refused(client):
    assert client.get("/practices/map", params={"view": "mars"}).status_code == 422


def test_english_readers_get_english_titles(client):
    assert "Practices on a map" in shown(client, lang="en")
    client.cookies.clear()


def test_what_is_hidden_is_not_on_the_map(client, sign_in, services):
    with services.database.transaction() as session:
        row = session.query(PracticeRow).first()
        practice_id, row.visibility = row.id, Visibility.RESEARCHERS
    try:
        assert f"/practices/{practice_id}" not in shown(client)
        assert f"/practices/{practice_id}" in shown(sign_in(Role.RESEARCHER))
    finally:
        with services.database.transaction() as session:
            session.get(PracticeRow, practice_id).visibility = Visibility.PUBLIC
