"""Side by side: the same rows, what is missing said, and memos that other programs open."""

import csv
import io
import re
import shutil
import subprocess

import docx
import pypdf
import pytest

from kb.domain import Visibility
from kb.storage.tables import PracticeRow
from tests.printing.tagged import all_tags, refuse_untagged, text_of

UNIONS, MERGERS = "unioni-comuni-emilia-romagna", "danimarca-fusioni-2007"
BOTH = {"id": [UNIONS, MERGERS]}
SIENA = "052032"


def rows_of(text):
    """Row headings of the table, in order."""
    return re.findall(r'<th scope="row"[^>]*>([^<]+)</th>', text)


def test_same_rows_for_all_and_missing_cells_say_so(client):
    text = client.get("/compare", params=BOTH).text
    names = rows_of(text)
    for name in ("Luogo", "Anni", "Problema", "Costi", "Attesi, non raggiunti", "Fonti"):
        assert name in names
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    assert table.count("<td") == 2 * len(names)
    assert "non riportato" in table
    assert 'role="region"' in text
    assert text.count('<th scope="col"') == 3


def test_every_cited_number_leads_to_a_source(client):
    text = client.get("/compare", params=BOTH).text
    cited = set(re.findall(r'href="#cited-(\d+)"', text))
    listed = set(re.findall(r'id="cited-(\d+)"', text))
    assert cited <= listed
    assert len(listed) >= 4


@pytest.fixture(scope="module")
def practices(application):
    """Every practice of the corpus, as its card says it."""
    pages = (application.get(f"/api/v1/practices?page={n}").json() for n in range(1, 9))
    return [practice for page in pages for practice in page["practices"]]


def test_expected_figures_never_stand_among_the_achieved(client, practices):
    hoped = {"expected", "target"}
    one = next(p for p in practices if any(r["nature"] in hoped for r in p["results"]))
    text = client.get("/compare", params={"id": [one["id"], UNIONS]}).text
    before, after = text.split(">Attesi, non raggiunti<")
    for result in one["results"]:
        if result["nature"] in hoped:
            indicator = result["indicator"].replace("'", "&#39;")
            assert indicator in after
            assert indicator not in before


def test_disagreements_are_marked(client, practices):
    one = next(p for p in practices if any(r["disagreement"] for r in p["results"]))
    count = sum(bool(result["disagreement"]) for result in one["results"])
    text = client.get("/compare", params={"id": one["id"]}).text
    assert text.count("fonti discordanti") == count


def test_equal_indicators_stand_in_one_row():
    from pathlib import Path

    from kb.corpus.card_files import load_corpus
    from web.presenters.comparison import compare
    from web.rendering.i18n import load_locales

    practices = {one.id: one for one in load_corpus(Path("corpus")).practices}
    first = practices[UNIONS]
    twin = first.model_copy(update={"id": "twin", "results": first.results[:1]})
    comparison = compare([first, twin], None, load_locales()["it"])
    aligned = [row for row in comparison.rows if row.name == first.results[0].indicator]
    assert len(aligned) == 1
    assert all(aligned[0].cells)
    others = next(row for row in comparison.rows if row.name == "Altri risultati misurati")
    assert others.cells[1] == () or len(others.cells[1]) < len(others.cells[0])


def test_adding_keeps_the_last_ones_and_leads_to_a_stable_address(client):
    answer = client.post("/compare", data={"id": UNIONS}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/compare?id={UNIONS}")
    client.get(answer.headers["location"])
    again = client.post("/compare", data={"id": MERGERS}, follow_redirects=False)
    assert again.headers["location"] == f"/compare?id={UNIONS}&id={MERGERS}"


def test_only_what_may_be_seen_and_at_most_four(client, services):
    ids = [p["id"] for p in client.get("/api/v1/practices").json()["practices"]][:6]
    assert "Sono mostrate solo le prime 4" in client.get("/compare", params={"id": ids}).text
    with services.database.transaction() as session:
        session.get(PracticeRow, UNIONS).visibility = Visibility.RESEARCHERS
    try:
        page = client.get("/compare", params=BOTH)
        assert "1 delle pratiche richieste non c’è" in page.text
        assert f'href="/practices/{UNIONS}"' not in page.text
        assert f'value="{UNIONS}"' not in page.text
        assert client.get(f"/compare.csv?id={UNIONS}").status_code == 404
    finally:
        with services.database.transaction() as session:
            session.get(PracticeRow, UNIONS).visibility = Visibility.PUBLIC
    assert client.get("/compare").status_code == 200
    assert client.get("/compare?id=nowhere").status_code == 200
    assert client.get("/compare.pdf?id=nowhere").status_code == 404
    assert client.get("/compare.exe", params=BOTH).status_code == 404


def test_own_municipality_is_a_column_with_its_likeness(client):
    text = client.get("/compare", params=BOTH | {"place": SIENA}).text
    assert "Somiglianza del contesto" in rows_of(text)
    assert 'data-label="Siena"' in text
    assert client.get("/compare", params=BOTH | {"place": "999999"}).status_code == 422


@pytest.mark.parametrize(("language", "problem"), [("it", "Problema"), ("en", "Problem")])
def test_the_memo_opens_in_other_programs(client, language, problem):
    parameters = BOTH | {"lang": language, "place": SIENA}
    word = client.get("/compare.docx", params=parameters)
    assert word.headers["content-disposition"].startswith("attachment")
    opened = docx.Document(io.BytesIO(word.content))
    cells = [row.cells[0].text for table in opened.tables for row in table.rows]
    assert problem in cells
    assert opened.core_properties.language.startswith(language)
    paper = client.get("/compare.pdf", params=parameters).content
    read = pypdf.PdfReader(io.BytesIO(paper))
    assert read.root_object["/Lang"] == language
    table = client.get("/compare.csv", params=parameters).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table), delimiter=";" if language == "it" else ","))
    assert {len(row) for row in rows} == {4}
    assert problem in [row[0] for row in rows]
    client.cookies.clear()


def test_a_memo_says_who_asked_what_differs_and_what_is_unknown(client):
    head = {"author": "Anna Verdi", "office": "Ufficio tributi", "question": "Conviene unirsi? #1"}
    answer = client.get("/compare.pdf", params=BOTH | {"place": SIENA} | head)
    name = answer.headers["content-disposition"]
    assert re.search(r"confronto-\S+-\d{4}-\d\d-\d\d\.pdf$", name)
    assert answer.headers["cache-control"] == "private, no-store"
    refuse_untagged(answer.content)
    tags = all_tags(answer.content)
    names = [tag.words for tag in tags if tag.kind == "TH" and tag.scope == "Row"]
    assert names[:6] == ["Oggetto", "A", "Da", "Ufficio", "Data", "Domanda posta"]
    text = " ".join(text_of(answer.content).split())
    for words in head.values():
        assert words in text
    headings = [tag.words for tag in tags if tag.kind == "H1"]
    assert headings == ["Che cosa cambia", "Che cosa non si sa", "Pratiche a confronto",
                        "Siena e questi luoghi", "Fonti"]  # fmt: skip
    columns = [tag.words for tag in tags if tag.kind == "TH" and tag.scope == "Column"]
    assert columns.count("Siena") == 1, "the municipality has a table of its own"


def test_the_memo_as_pdf_cites_its_numbered_sources_with_addresses(client):
    if not shutil.which("pdftotext"):
        pytest.skip("poppler's pdftotext is not installed")
    paper = client.get("/compare.pdf", params=BOTH).content
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=paper, capture_output=True,
                          check=True)  # fmt: skip
    text = done.stdout.decode()
    assert "[1]" in text
    assert "https://" in text
    assert "non riportato" in text


def test_the_sheet_says_place_figures_cost_and_sources_on_two_pages(client):
    card = "bottrighe-mater-biotech"
    assert f'href="/practices/{card}/sheet.pdf"' in client.get(f"/practices/{card}").text
    answer = client.get(f"/practices/{card}/sheet.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    refuse_untagged(answer.content)
    text = " ".join(text_of(answer.content).split())
    assert text.startswith("Scheda della pratica")
    for words in ("108 milioni di euro (2016)", "Risultati misurati", "Fonti", "https://"):
        assert words in text
    assert f"/practices/{card}" in text
    assert text_of(answer.content).count("\f") <= 1
    codes = [tag.alt for tag in all_tags(answer.content) if tag.kind == "Figure"]
    assert len(codes) == 1
    assert codes[0].endswith(f"/practices/{card}")
    word = docx.Document(io.BytesIO(client.get(f"/practices/{card}/sheet.docx").content))
    assert word.core_properties.subject == "Scheda della pratica"
    assert client.get(f"/practices/{card}/sheet.csv").status_code == 404
    assert client.get("/practices/none/sheet.pdf").status_code == 404
