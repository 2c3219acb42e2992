"""Choosing practices in results: kept while one searches on, at most four, without scripts too."""

import pytest
from lxml import html

from kb.domain import Visibility
from kb.storage.tables import PracticeRow

UNIONS, MERGERS = "unioni-comuni-emilia-romagna", "danimarca-fusioni-2007"
CANTEEN, HOME, PLANT = (
    "mouans-sartoux-mense-biologiche", "castel-del-giudice", "bottrighe-mater-biotech",
)  # fmt: skip
ASKED = "/search?q=unione di comuni risparmio"


@pytest.fixture
def choose(client):
    """Sends the tray's form as a browser does; gives the fragment or the answer."""

    def send(script=True, **fields):
        headers = {"HX-Request": "true"} if script else {}
        return client.post("/compare/chosen", data=fields, headers=headers, follow_redirects=False)

    return send


def chosen_in(answer):
    return html.fromstring(answer.text).xpath("//@data-chosen")


def test_what_is_chosen_on_one_page_stays_on_the_next(choose):
    assert chosen_in(choose(id=[UNIONS], shown=[UNIONS, MERGERS])) == [UNIONS]
    assert chosen_in(choose(id=[CANTEEN], shown=[CANTEEN, HOME])) == [UNIONS, CANTEEN]
    assert chosen_in(choose(shown=[UNIONS, MERGERS])) == [CANTEEN]  # unticked again
    both = choose(id=[UNIONS], shown=[UNIONS])
    assert "2 pratiche scelte" in both.text
    assert f"/compare?id={CANTEEN}&amp;id={UNIONS}" in both.text
    assert chosen_in(choose(id=[UNIONS], shown=[UNIONS], without=UNIONS)) == [CANTEEN]
    assert chosen_in(choose(clear="1")) == []


def test_a_fifth_practice_is_refused_in_words(choose):
    four = [UNIONS, MERGERS, CANTEEN, HOME]
    assert chosen_in(choose(id=four, shown=four)) == four
    fifth = choose(id=[PLANT], shown=[PLANT])
    assert chosen_in(fifth) == four
    assert "al massimo 4 pratiche" in fifth.text


def test_without_scripts_one_form_compares_or_goes_back(choose, client):
    kept = choose(script=False, id=[UNIONS], shown=[UNIONS], back="/search?q=mense&page=2")
    assert (kept.status_code, kept.headers["location"]) == (303, "/search?q=mense&page=2")
    elsewhere = choose(script=False, shown=[], back="//example.org/")
    assert elsewhere.headers["location"] == "/search"
    three = choose(script=False, id=[MERGERS, CANTEEN], shown=[MERGERS, CANTEEN], go="1")
    assert three.headers["location"] == f"/compare?id={UNIONS}&id={MERGERS}&id={CANTEEN}"
    again = client.get("/compare/chosen", follow_redirects=False)
    assert again.headers["location"] == three.headers["location"]


def test_only_practices_that_may_be_seen_are_kept(choose, services):
    assert chosen_in(choose(id=["nowhere", "x\r\ny; z=1", UNIONS])) == [UNIONS]
    with services.database.transaction() as session:
        session.get(PracticeRow, UNIONS).visibility = Visibility.RESEARCHERS
    try:
        assert chosen_in(choose()) == []
    finally:
        with services.database.transaction() as session:
            session.get(PracticeRow, UNIONS).visibility = Visibility.PUBLIC


def test_results_show_what_is_chosen_and_change_their_size(searcher):
    page = html.fromstring(searcher.get(ASKED).text)
    ids = page.xpath('//ol[@id="hits"]//input[@name="id"]/@value')
    assert len(ids) >= 2
    assert page.xpath('//*[@id="tray"]//input[@name="back"]/@value')[0].startswith("/search?q=")
    searcher.post("/compare/chosen", data={"id": ids[1], "shown": ids}, follow_redirects=False)
    compact = searcher.get(f"{ASKED}&view=compact")
    assert "view=" not in str(compact.url)
    page = html.fromstring(compact.text)
    ticked = page.xpath('//ol[contains(@class, "compact")]//input[@name="id"][@checked]/@value')
    assert ticked == [ids[1]]
    assert not page.xpath('//ol[contains(@class, "hits")]//blockquote')
    assert html.fromstring(searcher.get(ASKED).text).xpath('//ol[contains(@class, "compact")]')
    full = html.fromstring(searcher.get(f"{ASKED}&view=full").text)
    assert full.xpath('//ol[@id="hits"]//blockquote')


def test_active_filters_are_counted_and_the_address_can_be_shared(searcher):
    text = searcher.get(f"{ASKED}&kind=practice&year_from=2000").text
    page = html.fromstring(text)
    assert "(2 attivi)" in page.xpath('//*[@id="filters-title"]')[0].text_content()
    shared = page.xpath('//*[@id="share-address"]/@value')[0]
    assert shared.startswith("http://testserver/search?q=unione")
    assert "kind=practice" in shared
