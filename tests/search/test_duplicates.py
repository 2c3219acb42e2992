"""The same answer found twice is shown once with both sources, through documents as uploaded."""

import io

import pytest
from fastapi.testclient import TestClient

from ingest.bulk import PlainText, add
from ingest.metadata import Metadata
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import OPERATOR
from kb.runtime.services import open_services
from kb.settings import Settings
from search.result_json import as_json
from search.results import Question
from search.service import rank, search
from web.app import create_app

QUESTION = "How many passengers does the dial-a-ride bus carry, and at what cost per trip?"
REPORT = """
## Transport on demand

In the valley the last regular bus line was given up in 2015, and the elderly could reach the
clinic only when a neighbour took them. The dial-a-ride bus carried {passengers} passengers in its
fourth year, at a cost of 9.40 euro per trip for the municipality. Drivers are volunteers, who are
paid for fuel and insured by the union of municipalities.

## Schools

The village school was kept open with two classes of mixed age. Pupils of three hamlets eat
together in the former town hall, and the kitchen also cooks for the old people's home.
"""
OTHER_COVER = """# Annual report, second edition

Printed by the union of municipalities, with a foreword by its president, who thanks all
volunteers of the valley for the kilometres they have driven.
"""
TEXTS = {
    "report": "# Annual report\n" + REPORT.format(passengers="4,212"),
    "reprint": OTHER_COVER + REPORT.format(passengers="4,212").replace("a cost", "a  cost"),
    "next-year": "# Annual report of the next year\n" + REPORT.format(passengers="5,300"),
    "german": "# Bericht\n\nDer Rufbus beförderte 4.212 Fahrgäste, eine Fahrt kostete 9,40 Euro.",
    "waste": "# Waste\n\nHousehold waste fell by half after the tariff by weight was introduced.",
}  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database):
    folder = tmp_path_factory.mktemp("duplicates")
    settings = Settings(
        _env_file=None, data_dir=folder / "data", cache_dir=cache_dir, worker=False, **database
    )
    with open_services(settings, own=True) as opened:
        for name, text in TEXTS.items():
            submit(opened, io.BytesIO(text.encode()), f"{name}.md", Metadata(title=name))
        Worker(opened).run_until_idle()
        yield opened


def test_a_reprint_is_named_under_the_report(services):
    page = search(Question(QUESTION, far=True), services, OPERATOR)
    first = page.results[0]
    assert {first.title, *(source.title for source in first.also_in)} == {"report", "reprint"}
    (source,) = first.also_in
    assert source.page == 1
    assert page.total == len(TEXTS) - 1
    assert len(page.results) == page.total


def test_other_numbers_and_translations_stay_results_of_their_own(services):
    titles = {
        result.title for result in search(Question(QUESTION, far=True), services, OPERATOR).results
    }
    assert {"next-year", "german", "waste"} <= titles


SENTENCE = "The union of municipalities reports a change of {} in the fourth year of the service."


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.5 %", "15 %"), ("−5 points", "+5 points"), ("5 new jobs", "15 new jobs"), ("5 %", "5 €")],
)
def test_numbers_that_look_alike_are_not_the_same(settings, one, other):
    with open_services(settings, own=True) as opened:
        texts = [SENTENCE.format(figure) for figure in (one, other)]
        add(opened, [PlainText(str(number), text, text) for number, text in enumerate(texts)])
        page = search(Question("What changed in the fourth year?", far=True), opened, OPERATOR)
        assert page.total == 2


def test_pages_of_results_show_each_source_once(services):
    seen = []
    for number in (1, 2, 3, 4):
        asked = Question(QUESTION, far=True, page=number, page_size=1)
        for result in search(asked, services, OPERATOR).results:
            seen += [result.title, *(source.title for source in result.also_in)]
    assert sorted(seen) == sorted(TEXTS)


def test_ranking_for_evaluation_keeps_every_item(services):
    assert len(rank(Question(QUESTION, far=True), services, OPERATOR)) == len(TEXTS)


def test_programs_and_readers_are_told_of_the_second_source(services):
    record = as_json(search(Question(QUESTION, far=True), services, OPERATOR))
    (source,) = record["results"][0]["also_in"]
    assert set(source) == {
        "kind", "id", "title", "title_language", "title_en", "passage_id", "page",
    }  # fmt: skip
    client = TestClient(create_app(services), headers={"Accept-Language": "en"})
    text = client.get("/search", params={"q": QUESTION}).text
    assert f"/documents/{source['id']}/pages/1?passage={source['passage_id']}" in text
    assert text.count("The same words also stand in:") == 1


NOTICE = (
    "This project has received funding from the regional programme for research and innovation "
    "under grant agreement number 4711; the views expressed are those of the authors alone."
)
CASES = {
    "canteen": "# Case study canteen\n\nThe municipality cooks school meals with vegetables of "
    f"local gardens.\n\n{NOTICE}",
    "museums": f"# Case study museums\n\nThe museum opens in the evening.\n\n{NOTICE}",
    "bridges": f"# Case study bridges\n\nSensors watch the bridges.\n\n{NOTICE}",
}


@pytest.fixture(scope="module")
def noticed(tmp_path_factory, cache_dir, database):
    folder = tmp_path_factory.mktemp("notices")
    settings = Settings(_env_file=None, data_dir=folder / "data", cache_dir=cache_dir, **database)
    with open_services(settings, own=True) as opened:
        add(opened, [PlainText(name, name, text) for name, text in CASES.items()])
        yield opened


@pytest.mark.parametrize(
    "question",
    ["school meals with vegetables of local gardens", "museums in the evening", "bridges"],
)
def test_a_notice_that_several_carry_is_no_answer_of_theirs(noticed, question):
    page = search(Question(question, far=True), noticed, OPERATOR)
    assert [(result.title, result.also_in) for result in page.results if result.also_in] == []
    assert page.total == len(CASES)
