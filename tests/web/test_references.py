"""References over HTTP: what is exported from each page, and read by other programs."""

import csv
import io
import json

import bibtexparser
import pytest

from ingest.metadata import Metadata
from ingest.submit import submit
from kb.collections.contents import EntryRow, store_rows
from kb.domain import Visibility
from kb.storage.collections import Collection
from kb.storage.tables import Document

PRACTICE = "frome-comunita-compassionevole"
SUFFIXES = ("bib", "ris", "json", "csv")


@pytest.fixture(scope="module")
def documents(services):
    """A public and a hidden document, whose titles a spreadsheet would run."""
    made = {}
    for visibility in (Visibility.PUBLIC, Visibility.RESEARCHERS):
        content = io.BytesIO(f"For {visibility}.".encode())
        metadata = Metadata(
            title=f'=HYPERLINK("http://x") {visibility}', authors=["-2+3, @SUM"], year=2020,
            publisher="Città & Terra", visibility=visibility,
        )  # fmt: skip
        made[visibility] = submit(services, content, f"{visibility}.txt", metadata).id
    yield made
    with services.database.transaction() as session:
        for id in made.values():
            session.delete(session.get(Document, id))


@pytest.fixture
def collection(services, documents):
    with services.database.transaction() as session:
        row = Collection(id="to-cite", title="Da citare", argument="Perché sì.")
        store_rows(row, tuple(EntryRow(id) for id in (PRACTICE, *documents.values(), "gone")))
        session.add(row)
    yield "to-cite"
    with services.database.transaction() as session:
        session.delete(session.get(Collection, "to-cite"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_page_exports_every_format(client, documents, collection, suffix):
    addresses = (
        f"/documents/{documents[Visibility.PUBLIC]}",
        f"/practices/{PRACTICE}",
        f"/collections/{collection}",
    )
    for address in addresses:
        answer = client.get(f"{address}/references.{suffix}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        assert f"{address}/references.{suffix}" in client.get(address).text
    assert client.get("/search/references.xml", params={"q": "x"}).status_code == 404
    assert client.get(f"/practices/{PRACTICE}/references.exe").status_code == 404


def test_a_collection_cites_cards_their_sources_and_documents_that_may_be_seen(
    client, documents, collection
):
    read = json.loads(client.get(f"/collections/{collection}/references.json").content)
    ids = [item["id"] for item in read]
    assert ids[0] == PRACTICE
    assert ids[-1] == documents[Visibility.PUBLIC]
    assert len(ids) > 3
    assert documents[Visibility.RESEARCHERS] not in ids
    entries = bibtexparser.parse_string(
        client.get(f"/collections/{collection}/references.bib").text
    ).entries
    assert len(entries) == len(ids)
    assert client.get(f"/collections/{collection}/references.ris").text.count("ER  - ") == len(ids)


def test_no_cell_of_the_spreadsheet_runs(client, documents):
    address = f"/documents/{documents[Visibility.PUBLIC]}/references.csv"
    content = client.get(address).content
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][0] == "Titolo"
    assert rows[1][0].startswith("'=HYPERLINK")
    assert rows[1][1] == "'-2+3, @SUM"
    assert len(rows[1]) == len(rows[0])


def test_what_may_not_be_seen_is_not_cited(client, documents):
    for suffix in SUFFIXES:
        hidden = f"/documents/{documents[Visibility.RESEARCHERS]}/references.{suffix}"
        assert client.get(hidden).status_code == 404
    assert client.get(f"/documents/{PRACTICE}/references.bib").status_code == 404
    assert client.get("/collections/nothing/references.bib").status_code == 404


def test_pages_and_exports_cite_alike(client, documents):
    id = documents[Visibility.PUBLIC]
    page = client.get(f"/documents/{id}").text
    assert "(2020). <cite>=HYPERLINK" in page
    assert f"Città &amp; Terra. http://testserver/documents/{id}" in page
    assert f"http://testserver/documents/{id}" in client.get(f"/documents/{id}/references.ris").text
