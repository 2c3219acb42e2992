"""Lists of practices and documents: found by their words, narrowed, sorted; page, API, exports."""

import html
import re

import pytest

from ingest.metadata import Metadata
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import OPERATOR
from tests.web.base import indexed_base

PRACTICES = (
    "contarina-tariffa-puntuale", "succiso-valle-dei-cavalieri", "danimarca-fusioni-2007",
    "mouans-sartoux-mense-biologiche", "monticchiello-teatro-povero",
)  # fmt: skip
CONTARINA, SUCCISO, DENMARK, MOUANS, MONTICCHIELLO = PRACTICES
DOCUMENTS = {
    "piano-acque.txt": Metadata(
        title="Piano delle acque", authors=["Lucia Bianchi"], publisher="Comune di Siena", year=2019
    ),
    "relazione_PEBA.txt": Metadata(
        title="Accessibilità dei luoghi", authors=["Mario Rossi"], publisher="Anci", year=2023
    ),
    "bilancio.txt": Metadata(title="Bilancio sociale", publisher="Comune di Ètroubles"),
}
SINALUNGA = "052033"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    from fastapi.testclient import TestClient

    from web.app import create_app

    folder = tmp_path_factory.mktemp("lists")
    with indexed_base(folder, PRACTICES) as services:
        for name, metadata in DOCUMENTS.items():
            path = folder / name
            path.write_text(f"{metadata.title}: tutto il testo del documento numero {name}.")
            with path.open("rb") as file:
                submit(services, file, name, metadata, OPERATOR)
        Worker(services).run_until_idle()
        with TestClient(create_app(services), headers={"Accept-Language": "it"}) as opened:
            yield opened


@pytest.fixture(autouse=True)
def fresh(client):
    client.cookies.clear()


def practices(client, query):
    """Ids on the page, in order; the API gives the same."""
    shown = listed(client.get(f"/practices?{query}").text, "practices")
    told = client.get(f"/api/v1/practices?{query}").json()
    assert [one["id"] for one in told["practices"]] == shown
    assert told["total"] == len(shown)
    return shown


def documents(client, query):
    shown = [
        html.unescape(one)
        for one in re.findall(
            r'<h3><a href="/documents/[^"]+"[^>]*>([^<]*)</a>',
            client.get(f"/documents?{query}").text,
        )
    ]
    told = client.get(f"/api/v1/documents?{query}").json()
    assert [one["title"] for one in told["documents"]] == shown
    return shown


def listed(page, folder):
    return re.findall(rf'<h3><a href="/{folder}/([\w-]+)"', page)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("tariffa puntuale", [CONTARINA]),
        ("TARIFF", [CONTARINA]),
        ("Pienza", [MONTICCHIELLO]),
        ("toscana", [MONTICCHIELLO]),
        ("danimarca", [DENMARK]),
        ("mergers", [DENMARK]),
        ("mensa bio", [MOUANS]),
        ("cooperativa", [MONTICCHIELLO, SUCCISO]),
        ("cooperativa teatro", [MONTICCHIELLO]),
        ("zzz", []),
        ("'; drop table items; --", []),
        ("%", PRACTICES),
    ],
)
def test_practices_are_found_by_words_of_title_summary_place_and_keywords(client, words, found):
    assert set(practices(client, f"q={words.replace('%', '%25')}")) == set(found)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("acque", {"Piano delle acque"}),
        ("bianchi", {"Piano delle acque"}),
        ("etroubles", {"Bilancio sociale"}),
        ("comune", {"Piano delle acque", "Bilancio sociale"}),
        ("peba", {"Accessibilità dei luoghi"}),
        ("accessibilita", {"Accessibilità dei luoghi"}),
    ],
)
def test_documents_are_found_by_words_of_their_data(client, words, found):
    assert set(documents(client, f"q={words}")) == found


def test_lists_are_sorted(client):
    assert practices(client, "") == [CONTARINA, DENMARK, MONTICCHIELLO, MOUANS, SUCCISO]
    assert practices(client, "sort=year")[0] == MOUANS
    assert practices(client, "sort=place")[-1] == MOUANS
    assert practices(client, f"sort=near&place={SINALUNGA}")[0] == MONTICCHIELLO
    assert documents(client, "sort=title")[0] == "Accessibilità dei luoghi"
    assert documents(client, "sort=year")[0] == "Accessibilità dei luoghi"
    assert documents(client, "sort=publisher")[0] == "Accessibilità dei luoghi"
    assert documents(client, "sort=year")[-1] == "Bilancio sociale"


def test_english_pages_sort_by_english_titles(client):
    page = client.get("/practices", headers={"Accept-Language": "en"}).text
    titles = [
        html.unescape(one)
        for one in re.findall(r'<h3><a href="/practices/[^"]+"[^>]*>([^<]*)</a>', page)
    ]
    assert titles == sorted(titles, key=str.casefold)


def test_words_and_filters_go_together_and_stay_in_every_link(client):
    page = client.get("/practices?q=comun&sort=year&country=IT").text
    assert set(listed(page, "practices")) <= {CONTARINA, SUCCISO, MONTICCHIELLO}
    links = [html.unescape(one) for one in re.findall(r'href="(/practices[^"]*)"', page)]
    kept = [one for one in links if "references.bib" in one or "feed.atom" in one or "/map" in one]
    assert len(kept) == 3
    assert all("q=comun" in one and "country=IT" in one for one in kept)
    assert '<option value="year" selected>' in page
    assert "/practices?country=IT&sort=year" in links  # without the words


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("outcome", "null", [DENMARK]),
        ("evidence", "primary", None),
        ("population", None, None),
        ("region", "Toscana", None),
        ("strand", None, None),
        ("sector", None, None),
        ("costs", "yes", [CONTARINA]),
    ],
)
def test_each_filter_of_the_search_narrows_list_feed_and_references(client, name, value, found):
    """What the search page counts for a value, the list, its feed and its references have."""
    facets = client.get("/api/v1/search?q=comune&far=1&kind=practice").json()["facets"][name]
    chosen = value or facets[0]["value"]
    there = practices(client, f"{name}={chosen}")
    counted = {one["value"]: one["count"] for one in facets}
    assert len(there) == counted[chosen]
    assert found is None or set(found) <= set(there)
    narrowed = client.get(f"/api/v1/search?q=comune&far=1&{name}={chosen}").json()["results"]
    assert {one["id"] for one in narrowed} == set(there)
    feed = client.get(f"/practices/feed.atom?{name}={chosen}").text
    assert len(re.findall("<entry", feed)) == len(there)
    bib = client.get(f"/practices/references.csv?{name}={chosen}").text
    assert sum(f"/practices/{one}" in bib for one in PRACTICES) == len(there)
    if len(counted) > 1 or name == "costs":
        assert f'name="{name}"' in client.get("/practices").text


def test_an_unknown_order_is_refused_in_words(client):
    assert client.get("/api/v1/practices?sort=best").status_code == 422
    assert client.get("/practices?sort=best").status_code == 422


def test_nothing_found_says_so_and_offers_the_way_back(client):
    page = client.get("/practices?q=zzz").text
    assert "Nessuna pratica" in page
    assert 'class="filter-chip" href="/practices"' in page
