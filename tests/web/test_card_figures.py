"""A card's own figures wherever a reader meets them: composed by one rule, costs with amounts."""

import csv
import io
import re

import docx
import pypdf
import pytest
from lxml import html

PLANT = "bottrighe-mater-biotech"
CANTEEN = "mouans-sartoux-mense-biologiche"
HOME = "castel-del-giudice"
MERGERS = "danimarca-fusioni-2007"
NO_COSTS = "Costi non riportati dalle fonti"


def words(page):
    """The words of a page or a part of it, with plain blanks between them."""
    return " ".join(html.fromstring(page).text_content().split())


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"/practices/{PLANT}", "108 milioni di euro (2016) Riconversione dello stabilimento"),
        (f"/practices/{PLANT}?lang=en", "108 million euros (2016) Conversion of the works"),
        (f"/practices/{CANTEEN}", "10,57 euro (2018)"),
        (f"/practices/{CANTEEN}", "Variazione dello spreco alimentare non riportato -80 %"),
        (f"/practices/{HOME}", "20 o 25 persone, secondo la fonte"),
        (f"/practices/{HOME}?lang=en", "20 or 25 people, depending on the source"),
        (f"/practices/{MERGERS}", NO_COSTS),
        (f"/practices/{MERGERS}?lang=en", "Costs not reported by the sources"),
        (f"/practices/{MERGERS}?lang=en", "nil: savings in some fields, worse in others"),
        ("/practices/frome-comunita-compassionevole", "+28,5 %"),
        ("/practices/torres-vedras-mense-locali", "da 4.700 a 6.000 pasti, secondo la fonte"),
        ("/practices/ludesch-centro-comunale-ecologico?lang=en", "about 2%"),
        ("/practices?q=Bologna&lang=en", "245 agreements"),
        (f"/compare?id={PLANT}&id={MERGERS}", "108 milioni di euro (2016)"),
        (f"/compare?id={PLANT}&id={MERGERS}", NO_COSTS),
        (f"/compare?id={PLANT}&id={MERGERS}&lang=en", "108 million euros (2016)"),
    ],
)
def test_pages_say_costs_and_figures_in_the_language_of_the_reader(client, address, said):
    assert said in words(client.get(address).text)


def texts_of(format, content):
    if format == "csv":
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
        return " ".join(cell for row in rows for cell in row)
    if format == "docx":
        tables = docx.Document(io.BytesIO(content)).tables
        return " ".join(cell.text for table in tables for row in table.rows for cell in row.cells)
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("format", ["csv", "docx", "pdf"])
def test_the_memo_says_what_it_cost(client, format):
    answer = client.get(f"/compare.{format}", params={"id": [PLANT, MERGERS]})
    text = " ".join(texts_of(format, answer.content).split())
    assert "108 milioni di euro (2016)" in text
    assert NO_COSTS in text


def test_the_interface_for_programs_says_figures_in_words_too(client):
    card = client.get(f"/api/v1/practices/{PLANT}").json()
    assert card["costs"][0]["amount"] == 108_000_000
    assert card["costs"][0]["written"] == {
        "it": "Investimento, Riconversione dello stabilimento: 108 milioni di euro (2016).",
        "en": "Investment, Conversion of the works: 108 million euros (2016).",
    }
    assert "oltre il 50 % in meno" in card["results"][-1]["written"]["it"]


def test_a_worksheet_asks_for_the_money_it_took(sign_in):
    from kb.access import Role

    browser = sign_in(Role.RESEARCHER)
    page = browser.post("/worksheets", data={"practice": PLANT, "place": "052032"})
    assert "108 milioni di euro (2016)" in words(page.text)


def test_before_and_after_are_drawn_to_one_scale(client):
    """98 municipalities from 271: the bar of the value is 36.2 % of that of the baseline."""
    text = client.get("/practices/danimarca-fusioni-2007").text
    drawn = re.search(r'<svg class="before-after"[^>]*role="img".*?</svg>', text, re.DOTALL)
    assert drawn
    said = "Barre: 271 comuni prima, 98 comuni dopo"
    assert f'aria-label="{said}"' in drawn[0].replace("\xa0", " ")
    assert 'class="bar-before" width="100.0"' in drawn[0]
    assert 'class="bar-after" y="8" width="36.2"' in drawn[0]


def test_nothing_is_drawn_without_a_baseline(client):
    text = client.get("/practices/unioni-comuni-emilia-romagna").text
    assert "before-after" not in text


def test_a_figure_looks_the_same_wherever_it_stands(client, searcher):
    """Value, what it measures, the value before, reliability: in cards, results and papers."""
    value, before = "98 comuni", "prima: 271 comuni (2006)"
    spoken = re.compile(rf"{value} (\(2007\) )?.*{re.escape(before)} Fonte (primaria|secondaria)")
    listed = client.get("/practices?q=Danimarca").text
    found = searcher.get("/search?q=riforma delle fusioni dei comuni in Danimarca").text
    for page in (listed, found):
        lines = html.fromstring(page).xpath('//span[@class="figure-line"]')
        assert any(spoken.match(" ".join(one.text_content().split())) for one in lines)
    memo = client.get("/compare.csv", params={"id": [MERGERS, PLANT]}).content
    assert before in " ".join(texts_of("csv", memo).split())
