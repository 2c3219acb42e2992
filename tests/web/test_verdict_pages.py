"""The three verdicts as a reader, a script and a terminal see them, on cards of the corpus."""

import pytest
from fastapi.testclient import TestClient
from lxml import html

from search.results import AnswerVerdict
from tests.web.base import indexed_base
from web.app import create_app

PRACTICES = ("succiso-valle-dei-cavalieri", "ostana-architettura-e-ritorno", "riace-accoglienza",
             "altena-governare-il-calo", "unioni-comuni-emilia-romagna")  # fmt: skip
ANSWERABLE = {
    "Come riaprire il negozio di alimentari in un paese piccolo?": "Succiso",
    "Come faccio a far tornare i giovani in paese?": "Ostana",
    "vetrine vuote": "Altena",
}
OUT_OF_BASE = (
    "Chi ha vinto il campionato mondiale di scacchi del 1972?",
    "Quanto si risparmia sostituendo l'illuminazione pubblica con i LED?",
    "vino e cantine",
)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with (
        indexed_base(tmp_path_factory.mktemp("kb"), PRACTICES) as services,
        TestClient(create_app(services), headers={"Accept-Language": "it"}) as opened,
    ):
        yield opened


def asked(client, text, **more):
    return client.get("/api/v1/search", params={"q": text, **more}).json()


def page_of(client, text, **more):
    return html.fromstring(client.get("/search", params={"q": text, **more}).text)


def said(page):
    return " ".join(page.xpath("//main")[0].text_content().split())


@pytest.mark.parametrize(("question", "title"), ANSWERABLE.items())
def test_the_right_practice_never_stands_below_a_refusal(client, question, title):
    found = asked(client, question)
    assert found["verdict"] != AnswerVerdict.NOTHING
    assert title in " ".join(result["title"] for result in found["results"])


@pytest.mark.parametrize("question", OUT_OF_BASE)
def test_what_the_base_does_not_know_is_not_called_answered(client, question):
    found = asked(client, question)
    assert found["verdict"] != AnswerVerdict.ANSWERED
    assert found["answered"] is False


def test_the_list_ends_and_the_less_near_are_one_link_away(client):
    question = "unione di comuni risparmio"
    found = asked(client, question)
    assert found["verdict"] == AnswerVerdict.ANSWERED
    assert found["total"] == found["relevant"] == len(found["results"])
    assert found["relevant"] + found["less_near"] == len(PRACTICES)
    page = page_of(client, question)
    assert "pertinent" in said(page)
    [link] = page.xpath("//p[@class='farther']/a/@href")
    everything = html.fromstring(client.get(link).text)
    assert len(everything.xpath("//ol[contains(@class, 'hits')]/li")) == len(PRACTICES)
    assert everything.xpath("//p[@class='farther']") == []
    assert "anche le meno vicine" in said(everything)
    counts = {value["value"]: value["count"] for value in found["facets"]["kind"]}
    assert counts == {"practice": found["total"]}


def test_near_says_that_no_text_clearly_answers_and_counts_no_relevant_practices(client):
    question = "Quanto risparmiano i comuni che si uniscono?"
    assert asked(client, question)["verdict"] == AnswerVerdict.NEAR
    page = page_of(client, question)
    assert "Nessun testo risponde con certezza" in said(page)
    assert "alla domanda" in page.get_element_by_id("results-title").text_content()
    assert "pertinent" not in page.get_element_by_id("results-title").text_content()


def test_nothing_is_said_with_care_and_marks_nothing(client):
    page = page_of(client, OUT_OF_BASE[0])
    assert "Nessuna risposta trovata" in said(page)
    assert page.xpath("//mark") == []
    assert len(page.xpath("//ol[contains(@class, 'hits')]/li")) <= 3
    assert page.xpath("//p[@class='farther']") == []
