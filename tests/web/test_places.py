"""Choosing one's own municipality or activity, and results that say why they are like it."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb.access import Role
from kb.storage.accounts import Account
from search.similarity.gower import UNKNOWN
from tests.web.base import indexed_base
from web.app import create_app

SIENA, GROSSETO = "052032", "053011"
QUESTION = "unione di comuni risparmio"
PRACTICES = (
    "unioni-comuni-emilia-romagna", "danimarca-fusioni-2007", "barcellona-superilles",
    "monaco-biom",
)  # fmt: skip
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A reader of a base with a few practices that can be searched."""
    with (
        indexed_base(tmp_path_factory.mktemp("kb"), PRACTICES) as services,
        TestClient(create_app(services), headers={"Accept-Language": "it"}) as opened,
    ):
        yield opened


@pytest.mark.parametrize(
    ("typed", "name"),
    [("castel san niccolo", "Castel San Niccolò"), ("colle di val d", "Colle di Val d&#39;Elsa")],
)
def test_municipalities_are_found_by_what_people_type(client, typed, name):
    whole = client.get("/places", params={"q": typed})
    part = client.get("/places", params={"q": typed}, headers=FRAGMENT)
    assert name in whole.text
    assert name in part.text
    assert "<html" in whole.text
    assert "<html" not in part.text


def test_a_list_that_is_cut_says_so(client):
    cut = client.get("/places?q=mont").text
    shown, total = map(int, re.search(r"(\d+) comuni su (\d+)", cut).groups())
    assert shown == cut.count('name="code"')
    assert total > 100
    assert "2 comuni trovati" in client.get("/places?q=montalcino").text or (
        "1 comune trovato" in client.get("/places?q=montalcino").text
    )
    assert re.search(r"\d+ attività su \d+", client.get("/activities?q=commercio").text)


def test_programs_find_a_municipality_and_its_facts(client):
    page = client.get("/api/v1/places?name=colle di val d").json()
    assert [one["name"] for one in page["places"]] == ["Colle di Val d'Elsa"]
    cut = client.get("/api/v1/places?name=mont").json()
    assert (len(cut["places"]), cut["total"] > 100) == (12, True)
    following = client.get(f"/api/v1/places?name=mont&cursor={cut['next']}").json()["places"]
    both = client.get("/api/v1/places?name=mont&limit=24").json()["places"]
    assert both == cut["places"] + following
    assert client.get("/api/v1/places?name=zzzz").json() == {"total": 0, "places": [], "next": None}
    siena = client.get("/api/v1/places/052032").json()
    assert (siena["name"], siena["province"], siena["region"]) == ("Siena", "SI", "Toscana")
    (residents,) = [one for one in siena["facts"] if one["variable"] == "population"]
    assert (residents["value"], residents["year"]) == (str(siena["population"]), 2011)
    assert client.get("/api/v1/places/999999").status_code == 404


def test_nothing_found_says_what_to_type(client):
    assert "Nessun comune comincia così" in client.get("/places?q=zzzz").text
    assert "Nessuna attività" in client.get("/activities?q=zzzz").text


def test_a_choice_leads_back_and_is_remembered_in_the_browser(client):
    back = "/search?q=mense&place=999999&lens=economic"
    answer = client.post("/places", data={"code": SIENA, "back": back}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/search?q=mense&lens=economic"
    assert "Siena" in client.get("/search").text
    client.post("/places", data={"code": "", "back": "/search"})
    assert "scegli un comune" in client.get("/search").text


def test_the_page_of_the_choice_leads_back_to_where_it_was_opened(client):
    back = "/worksheets/new?practice=x"
    here = {"HX-Current-URL": "http://testserver/places?back=%2Fworksheets%2Fnew%3Fpractice%3Dx"}
    given = {"q": "asciano", "back": back}
    part = client.get("/places", params=given, headers=FRAGMENT | here).text
    assert f'name="back" value="{back}"' in part


def test_the_account_remembers_it_on_every_machine(sign_in, services):
    client = sign_in(Role.OFFICER)
    client.post("/places", data={"code": GROSSETO})
    client.cookies.clear()
    assert "Grosseto" in sign_in(Role.OFFICER).get("/search").text
    with services.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == "a-officer")).one()
        assert account.municipality == GROSSETO
        account.municipality = None


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_it_never_leads_to_another_site(client, back):
    answer = client.post("/places", data={"code": SIENA, "back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/search"
    client.cookies.clear()


def test_unknown_codes_are_refused_in_words(asking):
    assert asking.post("/places", data={"code": "999999"}).status_code == 422
    for name, value in (("place", "999999"), ("ateco", "00.99")):
        answer = asking.get("/search", params={"q": QUESTION, name: value})
        assert answer.status_code == 422
        assert value in answer.text
    for name, value in (("lens", "pink"), ("influence", "2"), ("size", "huge")):
        assert asking.get("/search", params={"q": QUESTION, name: value}).status_code == 422


def test_results_say_why_in_words_and_in_a_table(asking):
    text = asking.get("/search", params={"q": QUESTION, "place": SIENA, "far": "1"}).text
    assert "in base a 4 dati su 11" in text
    assert re.search(r"simile: [^<]*singolo comune|diverso: [^<]*più comuni insieme", text)
    assert '<th scope="row">Abitanti</th>' in text
    assert "non dice se la pratica si può trasferire" in text
    english = asking.get(
        "/search", params={"q": QUESTION, "place": SIENA, "lang": "en", "far": "1"}
    ).text
    assert "same country" in english
    asking.cookies.clear()


def test_below_six_facts_words_stand_instead_of_a_percentage(asking):
    """Four facts are shipped of a municipality: residents, elevation, who runs it, country."""
    text = asking.get("/search", params={"q": QUESTION, "place": SIENA, "far": "1"}).text
    assert not re.search(r"Contesto simile a\S* \d", text)
    assert re.search(r"<strong>(Contesto simile|Contesto in parte simile|Contesto diverso)<", text)
    assert "stesso Paese" in text


def test_the_own_municipality_stands_in_the_address(asking):
    asking.post("/places", data={"code": SIENA})
    answer = asking.get("/search", params={"q": QUESTION}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"&place={SIENA}")
    shared = asking.get(answer.headers["location"]).text
    assert "a confronto con Siena" not in shared
    asking.cookies.clear()
    assert "a confronto con Siena" in asking.get(answer.headers["location"]).text


def test_influence_goes_from_relevance_only_to_likeness_first(asking):
    def ask(**parameters):
        answer = asking.get("/api/v1/search", params={"q": QUESTION, "limit": 100} | parameters)
        assert answer.status_code == 200
        return answer.json()["results"]

    plain = {result["id"]: result["score"] for result in ask()}
    alone = ask(place=SIENA, influence=0)
    assert {result["id"]: result["score"] for result in alone} == plain
    blended = ask(place=SIENA, influence=1, lens="demographic")
    assert plain.keys() == {result["id"] for result in blended}
    scores = [result["score"] for result in blended]
    assert scores == sorted(scores, reverse=True)
    for result in blended:
        context = result["context"]
        assert (result["similarity"] is None) == (context["known"] < 4)
        assert context["known"] + len(context["missing"]) == context["of"] == 11
        likeness = UNKNOWN if result["similarity"] is None else result["similarity"]
        assert result["score"] == pytest.approx(plain[result["id"]] * likeness, abs=1e-5)


def test_a_far_away_place_stays_and_says_so(asking):
    text = asking.get(
        "/search", params={"q": "superblocks Barcelona traffic", "place": "052023",
                           "influence": 1, "lens": "demographic"},
    ).text  # fmt: skip
    assert "luogo molto diverso" in text


def test_a_firm_is_described_by_activity_size_and_growth(asking):
    found = asking.get("/activities?q=software&back=/search%3Fq%3Dcrescita", headers=FRAGMENT).text
    assert 'href="/search?q=crescita&amp;ateco=58.2"' in found
    answer = asking.get(
        "/search", params={"q": "imprese ad alta crescita", "ateco": "62.10", "growth": "high",
                           "size": "small"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert re.search(r"in base a \d dati su 6", answer.text)
    assert 'value="high" selected' in answer.text
    assert 'name="ateco" value="62.10"' in answer.text


@pytest.mark.parametrize("filters", [{}, {"kind": "practice"}])
def test_sentences_about_a_missing_answer_stand_apart(asking, filters):
    asked = {"q": "Chi ha vinto il campionato mondiale di scacchi del 1972?", "lang": "en"}
    page = asking.get("/search", params=asked | filters).text
    said = page.partition("alert-warning unanswered")[2].partition("</div>")[0]
    words = re.sub("<[^>]+>", "", said)
    assert re.search(r"“scacchi”\.\s+(The question was noted|Remove the filters)", words), words
