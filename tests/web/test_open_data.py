"""The catalogue of open data by the rules of DCAT-AP_IT, and the files that it names."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pyshacl
import pytest
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef

from kb.access import Role
from kb.domain import Status, Visibility
from kb.harvesting.dcat import DCATAPIT, build_graph
from kb.harvesting.open_datasets import OpenDataCatalogue
from kb.projects import commands
from kb.storage.tables import Item
from tests.web.made_project import MEALS, MadeProject
from web.exports.open_data import PRACTICES, RESULTS

SHAPES = Path(__file__).with_name("dcat_ap_it.ttl")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
HIDDEN, ODD = "bilbao-rigenerazione", "frome-comunita-compassionevole"

pytestmark = [
    pytest.mark.usefixtures("odd_ones"),
    # pyshacl and rdflib's own JSON-LD use what rdflib 7 will drop
    pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def odd_ones(all_ready, services):
    """A hidden practice, and one with a title that spreadsheets would run."""
    with services.database.transaction() as session:
        session.get(Item, HIDDEN).visibility = Visibility.RESEARCHERS
        odd = session.get(Item, ODD)
        record = odd.record
        odd.record = {**record, "title": '=HYPERLINK("http://evil.example";"Frome")'}
    yield
    with services.database.transaction() as session:
        session.get(Item, HIDDEN).visibility = Visibility.PUBLIC
        session.get(Item, ODD).record = record


def dump(client, file):
    answer = client.get(f"/data/{file}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{file}"'
    return answer.content.decode("utf-8-sig")


def rows(client, file):
    return list(csv.DictReader(io.StringIO(dump(client, file), newline="")))


def test_the_catalogue_keeps_the_rules_and_its_files_are_there(client):
    graphs = {}
    for suffix, media_type, name in (
        ("ttl", "text/turtle; charset=utf-8", "turtle"),
        ("rdf", "application/rdf+xml", "xml"),
        ("jsonld", "application/ld+json", "json-ld"),
    ):
        answer = client.get(f"/catalog.{suffix}")
        assert answer.headers["content-type"] == media_type
        graphs[suffix] = Graph().parse(data=answer.content, format=name)
    assert set(graphs["ttl"]) == set(graphs["rdf"]) == set(graphs["jsonld"])
    valid, _, report = pyshacl.validate(graphs["ttl"], shacl_graph=str(SHAPES))
    assert valid, report
    assert len(list(graphs["ttl"].subjects(RDF.type, DCATAPIT.Dataset))) == 2
    assert set(graphs["ttl"].objects(None, DCTERMS.license)) == {URIRef(LICENCE)}
    for address in graphs["ttl"].objects(None, DCAT.downloadURL):
        assert client.get(str(address).removeprefix("http://testserver")).status_code == 200


def test_checked_measurements_of_public_projects_are_a_dataset_of_their_own(client, services):
    assert rows(client, "measurements.csv") == []
    project = MadeProject(services, "Mense buone")
    checked, waiting = project.report(0, 25), project.report(1, 90)
    project.check(checked)
    empty = client.get("/data/measurements.csv")
    assert len(empty.content.splitlines()) == 1, "members see it, not everybody"
    project.do(commands.set_visibility, Role.OFFICER, Visibility.PUBLIC)
    with services.database.transaction() as session:
        session.get(Item, project.id).status = Status.READY
    try:
        tag = {"If-None-Match": empty.headers["etag"]}
        assert client.get("/data/measurements.csv", headers=tag).status_code == 200
        (row,) = rows(client, "measurements.csv")
        assert (row["indicator"], row["value"], row["unit"]) == (MEALS, "25", "%")
        assert (row["baseline"], row["target"], row["place"]) == ("10", "40", "Siena")
        assert row["checker"]
        assert row["evidence"] == "", "a file for researchers"
        assert row["address"] == f"http://testserver/projects/{project.id}"
        assert row["licence"] == LICENCE
        graph = Graph().parse(data=client.get("/catalog.ttl").content, format="turtle")
        valid, _, report = pyshacl.validate(graph, shacl_graph=str(SHAPES))
        assert valid, report
        assert len(list(graph.subjects(RDF.type, DCATAPIT.Dataset))) == 3
        files = {str(one) for one in graph.objects(None, DCAT.downloadURL)}
        assert "http://testserver/data/measurements.csv" in files
        project.check(waiting)
        assert len(rows(client, "measurements.csv")) == 2
    finally:
        project.do(commands.remove_project, Role.OFFICER)
    assert rows(client, "measurements.csv") == []


@pytest.mark.parametrize("path", ["/catalog.ttl", "/data/practices.csv", "/data/results.csv"])
def test_what_a_portal_has_is_not_sent_again_until_something_changed(client, services, path):
    first = client.get(path)
    tag, day = first.headers["etag"], first.headers["last-modified"]
    for known in ({"If-None-Match": tag}, {"If-Modified-Since": day}):
        again = client.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    both = {"If-None-Match": '"other"', "If-Modified-Since": day}
    assert client.get(path, headers=both).content == first.content
    for absurd in ("10:00:00 +99999999999999", "99999999999999999999:00:00 GMT"):
        unread = {"If-Modified-Since": f"Mon, 30 Nov 2026 {absurd}"}
        assert client.get(path, headers=unread).content == first.content
    with services.database.transaction() as session:
        session.get(Item, HIDDEN).visibility = Visibility.PUBLIC
    try:
        changed = client.get(path, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag
    finally:
        with services.database.transaction() as session:
            session.get(Item, HIDDEN).visibility = Visibility.RESEARCHERS


@pytest.mark.parametrize(("mail", "licence"), [("", ""), ("a@b.example", "https://x.example/l")])
def test_the_catalogue_keeps_the_rules_whatever_is_known(mail, licence):
    day = date(2026, 1, 1)
    catalogue = OpenDataCatalogue(
        "https://kb.example", "kb.example", mail, licence, day, day, (PRACTICES, RESULTS)
    )
    graph = build_graph(catalogue)
    valid, _, report = pyshacl.validate(graph, shacl_graph=str(SHAPES))
    assert valid, report
    graph.remove((None, DCTERMS.license, None))
    assert not pyshacl.validate(graph, shacl_graph=str(SHAPES))[0]


def test_every_figure_has_its_source_and_evidence_and_no_cell_is_a_formula(client, sign_in):
    sign_in(Role.RESEARCHER)  # shows no more than anybody sees
    practices = {row["id"]: row for row in rows(client, "practices.csv")}
    results = rows(client, "results.csv")
    assert HIDDEN not in practices
    assert len(practices) > 100
    assert practices[ODD]["title"].startswith("'=HYPERLINK")
    assert practices[ODD]["address"] == f"http://testserver/practices/{ODD}"
    assert {row["licence"] for row in results} == {LICENCE}
    assert all(row["evidence"] and row["source_title"] for row in results)
    assert all(row["value"] or row["value_text"] for row in results)
    assert {row["practice_id"] for row in results} <= practices.keys()
    counted = sum(int(row["results"]) for row in practices.values())
    assert counted == len(results)
    altena = [row for row in results if row["practice_id"] == "altena-governare-il-calo"]
    assert [row["value"] for row in altena] == ["-43", "", ""]
    for row in [*practices.values(), *results]:
        assert not [cell for cell in row.values() if cell and cell[0] in "=+@\t\r"]


def test_the_other_files_hold_the_same_cards(client):
    records = [json.loads(line) for line in dump(client, "practices.jsonl").splitlines()]
    ids = [row["id"] for row in rows(client, "practices.csv")]
    assert [record["id"] for record in records] == ids
    assert all(record["licence"] == LICENCE and record["sources"] for record in records)
    text = dump(client, "practices.md")
    assert text.count("\n## ") == len(ids)
    assert "Variazione degli abitanti tra il 1975 e il 2014" in text
    assert "[primary; Finding opportunities in declining cities; URBACT; 2017]" in text
    for missing in (
        "/data/accounts.csv",
        "/catalog.exe",
        "/sitemaps/x.xml",
        "/magazine/" + "9" * 23,
    ):
        answer = client.get(missing)
        assert answer.status_code == 404, missing
        assert "A questo indirizzo non" in answer.text
