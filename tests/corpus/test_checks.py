"""What should be mended in valid cards: errors and warnings, each at its field."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kb.cli.app import app
from kb.corpus.card_files import load_corpus
from kb.practices.checks.addresses import COPY_SITES, SHORTENERS
from kb.practices.checks.card import check_card
from kb.practices.practice import Practice
from kb.practices.validation import Severity
from kb.vocabulary.measures import fits, load_measures, plain_unit
from tests.corpus.test_cards import card

TODAY = date(2026, 11, 29)
SOURCE = {
    "id": "uno",
    "title": "Rapporto",
    "publisher": "Comune",
    "year": 2025,
    "url": "https://www.comune.example/atti/rapporto.pdf",
    "language": "it",
    "accessed": "excerpt",
    "read_on": "2026-11-22",
}
RESULT = {
    "indicator": "Utenze",
    "indicator_en": "Users",
    "value": 12,
    "unit": "utenze",
    "unit_en": "connections",
    "year": 2024,
    "baseline": 3,
    "better": "higher",
    "evidence": "primary",
    "source": "uno",
}
GOOD = {
    "summary": "Un comune allaccia 12 utenze.",
    "place": {"name": "Oslo", "country": "NO", "latitude": 59.9, "longitude": 10.7},
    "status": "running",
    "results": [RESULT],
    "cost_not_reported": True,
    "contact": [{"office": "Ufficio ambiente", "url": "https://www.comune.example/ambiente"}],
    "sources": [SOURCE],
}


def findings(**changes: object) -> list[tuple[str, str]]:
    """(severity, path of the field) of what is found in a good card with changes."""
    return [(one.severity.value, one.field) for one in check_card({**GOOD, **changes}, TODAY)]


def result(**changes: object) -> dict[str, object]:
    return {**RESULT, **changes}


def source(**changes: object) -> dict[str, object]:
    return {**SOURCE, **changes}


def test_a_good_card_has_no_findings():
    assert findings() == []


def test_an_empty_draft_has_no_findings():
    assert check_card({"place": {}}, TODAY) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://docslib.org/doc/1/x",
        "http://docplayer.it/1-x.html",
        "https://fdocumenti.com/document/x.html",
        "https://it.scribd.com/document/1/x",
        "https://www.pdfslide.net/x",
        "https://vdocuments.mx/x.html",
        "https://dokumen.pub/x",
        "https://silo.tips/x",
        "https://bit.ly/3abc",
        "https://sco.lt/8zM5ZY",
        "https://tinyurl.com/abc",
        "https://www.google.com/url?q=https://example.org",
    ],
)
@pytest.mark.parametrize("name", ["sources", "reuse"])
def test_copies_and_shortened_addresses_are_errors(url, name):
    entry = source(url=url) if name == "sources" else {"kind": "act", "title": "X", "url": url}
    assert findings(**{name: [entry]}) == [("error", f"{name}.0.url")]


@pytest.mark.parametrize(
    "url",
    [
        "https://silo.example.org/report",
        "https://documents.worldbank.org/report",
        "https://www.scribdblog.example/x",
        "https://web.archive.org/web/2015/https://www.comune.example/atto",
        "https://www.comune.example/?p=12",
    ],
)
def test_addresses_that_only_look_like_copies_are_good(url):
    assert findings(sources=[source(url=url)]) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://www.comune.example",
        "https://comune.example/",
        "https://www.comune.example/it/",
        "https://www.comune.example/index.html",
        "https://www.comune.example/it/home",
    ],
)
def test_a_home_page_is_warned_of_but_serves_as_contact(url):
    assert findings(sources=[source(url=url)]) == [("warning", "sources.0.url")]
    assert findings(contact=[{"office": "Comune", "url": url}]) == []


def test_lists_of_sites_hold_plain_names():
    assert all(name == name.casefold() and "." not in name for name in COPY_SITES)
    assert all("." in name for name in SHORTENERS)


def test_a_source_says_where_it_is_and_when_it_was_read():
    bare = {name: value for name, value in SOURCE.items() if name not in ("url", "read_on")}
    assert findings(sources=[bare]) == [
        ("warning", "sources.0.url"),
        ("warning", "sources.0.read_on"),
    ]
    assert findings(sources=[{**bare, "document": "d", "read_on": "2026-01-01"}]) == []


@pytest.mark.parametrize(
    ("email", "found"),
    [
        ("anna.rossi@comune.example", [("warning", "contact.0.email")]),
        ("ufficio.ambiente@comune.example", []),
        ("protocollo@comune.example", []),
    ],
)
def test_a_contact_is_an_office(email, found):
    assert findings(contact=[{"office": "Ambiente", "email": email}]) == found
    assert findings(contact=[]) == [("warning", "contact")]


def test_status_and_dates():
    assert findings(status="concluded") == [("error", "end")]
    assert findings(status="concluded", end=2019) == []
    assert findings(status="stopped") == [("warning", "end")]
    assert findings(end=2019) == [("warning", "status")]
    old = {"sources": [source(year=2015)], "results": [result(year=2014)]}
    assert findings(**old) == [("warning", "as_of")]
    assert findings(**old, as_of=2024) == []
    undated = {
        "sources": [source(year=None)],
        "results": [result(year=None, no_year="not-reported")],
    }
    assert findings(**undated) == [("warning", "as_of")]


def test_a_figure_says_its_year_and_what_it_was_before():
    bare = result(year=None, baseline=None)
    assert findings(results=[bare]) == [
        ("warning", "results.0.year"),
        ("warning", "results.0.baseline"),
    ]
    explained = {**bare, "no_year": "not-reported", "no_baseline": "new"}
    assert findings(results=[explained]) == []
    assert findings(results=[{**bare, "nature": "target"}]) == []
    assert findings(results=[result(baseline=None, comparison=9, compared_with="X")]) == []
    change = result(baseline=None, indicator="Variazione del traffico", value=-12)
    assert findings(summary="Prova.", results=[change]) == []


def test_a_decrease_with_a_minus_is_a_double_negative():
    less = result(indicator="Riduzione dello spreco", value=-12, better="lower", baseline=None)
    assert findings(results=[less]) == [("warning", "results.0.value")]


def test_figures_disagree_about_one_measure_in_one_unit():
    pair = [result(disagreement="x"), result(value=20, disagreement="x")]
    assert findings(results=pair) == []
    unlike = [pair[0], {**pair[1], "unit": "anni", "unit_en": "years"}]
    assert findings(results=unlike) == [("error", "results.1.disagreement")]
    one_measured = [{**pair[0], "measure": "connections"}, pair[1]]
    assert findings(results=one_measured) == [("error", "results.1.disagreement")]
    named = [pair[0], {**pair[1], "indicator": "Abitanti"}]
    assert findings(results=named) == [("warning", "results.1.disagreement")]
    assert findings(results=[pair[0], pair[0]]) == [("warning", "results.1.disagreement")]


def test_a_measure_is_given_in_its_unit_at_any_scale():
    money = {"measure": "turnover", "unit": "milioni di euro", "unit_en": "million euros"}
    assert findings(results=[result(**money)]) == []
    assert findings(results=[result(measure="turnover", unit="addetti", unit_en="euros")]) == [
        ("error", "results.0.unit")
    ]
    assert findings(results=[result(measure="connections", better="lower")]) == [
        ("warning", "results.0.better")
    ]


def test_primary_evidence_asks_for_a_source_that_was_opened():
    assert findings(sources=[source(accessed="cited")]) == [("error", "results.0.evidence")]
    assert findings(sources=[source(accessed="read")]) == []
    cost = {"kind": "running", "text": "X", "amount": 1, "evidence": "primary", "source": "uno"}
    found = findings(
        cost_not_reported=False,
        costs=[cost],
        results=[result(evidence="secondary")],
        sources=[source(accessed="not-read")],
    )
    assert found == [("error", "costs.0.evidence")]


def test_costs_are_said_or_said_to_be_missing():
    assert findings(cost_not_reported=False) == [("warning", "cost_not_reported")]
    cost = {"kind": "running", "text": "X", "amount": 5, "source": "uno"}
    assert findings(costs=[cost]) == [("error", "costs.0.amount")]


@pytest.mark.parametrize(
    ("summary", "found"),
    [
        ("Passa da 3 a 12 utenze in 15 anni, dal 1998.", []),
        ("Allaccia 40 utenze.", ["40"]),
        ("Spende 1,5 milioni per 12 utenze.", ["1,5 milioni"]),
        ("Le utenze quadruplicano: +300 %.", []),
        ("In 25 comuni e 1.200 famiglie.", ["25", "1.200"]),
        ("Primo con ISO 14001, UNI 11337 e ISO\u00a050001.", []),
    ],
)
def test_figures_of_the_summary_stand_in_a_result(summary, found):
    told = [str(one.message) for one in check_card({**GOOD, "summary": summary}, TODAY)]
    assert told == (
        [f"The summary says {', '.join(found)}, which no result or cost of the card carries."]
        if found
        else []
    )


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ({"latitude": 43.3, "longitude": 11.3}, [("error", "place.latitude")]),
        ({"name": "Norvegia"}, [("warning", "place.latitude")]),
        ({"density": 5400, "population": 50000, "degurba": 2}, [("warning", "place.density")]),
        ({"density": 12200, "population": 5000, "degurba": 1}, [("warning", "place.density")]),
        ({"density": 900, "population": 50000, "degurba": 2}, []),
        ({"density": 40000}, [("error", "place.density")]),
        ({"population": 0}, [("error", "place.population")]),
        ({"population": 60_000_000, "degurba": 3}, [("warning", "place.population")]),
    ],
)
def test_places_lie_in_their_country_and_are_as_dense_as_towns(place, found):
    assert findings(place={**GOOD["place"], **place}) == found


def test_a_population_far_from_the_census_is_not_that_of_the_municipality():
    place = {"name": "Siena", "country": "IT", "istat_code": "052032", "population": 9000}
    assert findings(place=place) == [("warning", "place.population")]


def test_measures_are_some_forty_with_unit_and_direction():
    measures = load_measures()
    assert 40 <= len(measures) <= 60
    for measure in measures.values():
        assert set(measure.unit) == {"it", "en"}, measure.slug
        assert measure.better in ("higher", "lower", "neutral"), measure.slug
        assert fits(measure, measure.unit["en"], "en")
    assert plain_unit("GWh l'anno") == plain_unit("MWh l'anno")
    assert plain_unit("million euros") == plain_unit("euros")
    assert plain_unit("m²") != plain_unit("kW")


def test_a_card_of_an_earlier_version_keeps_the_day_its_sources_were_read():
    practice = load_corpus(Path(__file__).parents[2] / "corpus").practices[0].model_dump()
    sources = [{**one, "accessed": "excerpt", "read_on": None} for one in practice["sources"]]
    sources.append({**sources[0], "id": "citata", "accessed": "cited"})
    old = Practice.model_validate({**practice, "sources": sources, "verified_on": "2025-05-01"})
    assert {one.read_on for one in old.sources[:-1]} == {date(2025, 5, 1)}
    assert old.sources[-1].read_on is None
    assert old.reading.read_on is None
    assert old.reading.opened_on == date(2025, 5, 1)
    assert Practice.model_validate(old.model_dump()) == old


def test_the_command_tells_errors_from_warnings_and_only_errors_fail(tmp_path):
    folder = tmp_path / "practices"
    folder.mkdir()
    (folder / "one.md").write_text(card(), "utf-8")
    told = CliRunner().invoke(app, ["corpus", "check", str(tmp_path)])
    assert told.exit_code == 0
    assert "practices/one.md:16: warning: results.0.year: Of which year" in told.stdout
    bad = card().replace("accessed: read", 'accessed: read, url: "https://docslib.org/doc/1"')
    (folder / "one.md").write_text(bad, "utf-8")
    told = CliRunner().invoke(app, ["corpus", "check", str(tmp_path), "--quiet"])
    assert told.exit_code == 1
    assert told.stdout.splitlines() == [
        "practices/one.md:18: sources.0.url: “docslib.org” offers copies of others' "
        "publications: give the address at the publisher."
    ]
    assert load_corpus(tmp_path).problems == ()


def test_the_starter_corpus_has_no_errors():
    corpus = load_corpus(Path(__file__).parents[2] / "corpus", TODAY)
    assert [str(one) for one in corpus.findings if one.severity is Severity.ERROR] == []
