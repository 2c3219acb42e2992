"""What an officer needs to act on a card: whom to ask, what to reuse, how far it was read."""

import pytest
from lxml import html

COMMONS = "bologna-beni-comuni"
ESTONIA = "estonia-x-road"


def words(page):
    return " ".join(html.fromstring(page).text_content().split())


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"/practices/{COMMONS}", "dal 2014 · In corso (al 2023)"),
        (f"/practices/{COMMONS}?lang=en", "since 2014 · Running (as of 2023)"),
        (f"/practices/{COMMONS}", "Comune di Bologna, cittadinanza attiva"),
        (f"/practices/{COMMONS}", "Regolamento o legge: Regolamento sulla collaborazione"),
        (f"/practices/{COMMONS}", "Prima non c'era"),
        (f"/practices/{COMMONS}", "Fonti lette in parte (2 su 3)"),
        (f"/practices/{COMMONS}?lang=en", "Sources read in part (2 of 3)"),
        ("/practices/bruxelles-edifici-esemplari", "Fonti citate, non lette"),
        ("/practices/camden-pazienti-costosi", "a confronto con 61,7 % (pazienti sorteggiati"),
        ("/practices/camden-pazienti-costosi?lang=en", "compared with 61.7% (patients drawn"),
        ("/practices/fundao-citta-digitale", "97 % (su 240 persone)"),
        (f"/compare?id={COMMONS}&id={ESTONIA}", "Che cosa si può riusare"),
        (f"/compare?id={COMMONS}&id={ESTONIA}", "Programma (software): X-Road"),
    ],
)
def test_pages_say_it(client, address, said):
    assert said in words(client.get(address).text)


def test_no_card_says_it_was_checked_while_no_source_was_read_whole(client):
    for name in (COMMONS, ESTONIA, "bruxelles-edifici-esemplari"):
        assert "Ultima verifica" not in client.get(f"/practices/{name}").text


def test_only_results_of_one_measure_stand_in_a_row(client):
    pair = "id=lubiana-rifiuti-capitale&id=capannori-rifiuti-zero"
    page = html.fromstring(client.get(f"/compare?{pair}").text)
    rows = {
        " ".join(row.find("th").text_content().split()): [
            " ".join(cell.text_content().split()) for cell in row.findall("td")
        ]
        for row in page.iterfind(".//tbody/tr")
    }
    first, second = rows["Raccolta differenziata"]
    assert "68 %" in first
    assert "86,5 %" in second


def test_the_interface_gives_and_describes_the_fields(client):
    record = client.get(f"/api/v1/practices/{COMMONS}").json()
    assert record["contact"][0]["office"] == "Comune di Bologna, cittadinanza attiva"
    assert record["reuse"][0]["kind"] == "regulation"
    assert record["cost_not_reported"] is True
    assert record["status_as_of"] == 2023
    assert record["sources_read"] == {
        "sources": 3, "read": 0, "excerpt": 2, "read_on": None, "opened_on": "2026-11-29",
    }  # fmt: skip
    schemas = client.get("/api/openapi.json").json()["components"]["schemas"]
    described = schemas["PracticeRecord"]["properties"]
    assert set(record) <= set(described)
    assert set(record["results"][0]) <= set(schemas["WrittenResult"]["properties"])


def test_a_search_finds_what_can_be_reused(client):
    from kb.corpus.card_files import load_corpus
    from kb.corpus.loading import CORPUS
    from kb.practices.field_texts import field_sections
    from kb.practices.passage_headings import TRANSFER

    (card,) = (one for one in load_corpus(CORPUS).practices if one.id == COMMONS)
    told = dict(field_sections(card))[TRANSFER.heading]
    assert "A chi chiedere: Comune di Bologna" in told
    assert "Da riusare: Regolamento o legge, Regolamento sulla collaborazione" in told
