"""Who may see what over HTTP: the public, and the operator with the folder's token."""

import pytest
from fastapi.testclient import TestClient

from ingest.metadata import Metadata
from ingest.submit import submit
from kb.domain import Visibility
from kb.runtime.services import open_services
from kb.storage.collections import Collection, CollectionEntry
from web.app import create_app


@pytest.fixture
def hidden(services, tmp_path):
    path = tmp_path / "hidden.txt"
    path.write_text("For researchers only.", encoding="utf-8")
    with path.open("rb") as stream:
        metadata = Metadata(visibility=Visibility.RESEARCHERS, title="A hidden draft")
        return submit(services, stream, path.name, metadata).id


def test_a_hidden_document_is_not_there_for_the_public(client, hidden):
    for address in (f"/documents/{hidden}", f"/api/v1/documents/{hidden}"):
        assert client.get(address).status_code == 404
    assert "A hidden draft" not in client.get("/documents").text
    assert client.delete(f"/api/v1/documents/{hidden}").status_code == 401


def test_whoever_may_only_upload_can_follow_it_but_learns_no_more(make_settings):
    """At the machine itself, while there is no account, one may upload what one may not see."""
    with (
        open_services(make_settings(worker=False)) as services,
        TestClient(create_app(services), client=("127.0.0.1", 1)) as machine,
    ):
        added = machine.post(
            "/api/v1/documents",
            files={"file": ("a.txt", b"For researchers only.")},
            data={"visibility": "researchers"},
        )
        state = machine.get(f"/api/v1/documents/{added.json()['id']}").json()
    assert state["status"] == "queued"
    assert state["metadata"] is None


def test_the_operator_sees_it(client, services, hidden):
    token = services.ownership.announce("http://127.0.0.1:1").token
    shown = {"Authorization": f"Bearer {token}"}
    assert client.get(f"/documents/{hidden}", headers=shown).status_code == 200
    wrong = {"Authorization": "Bearer wrong"}
    assert client.get(f"/documents/{hidden}", headers=wrong).status_code == 404


def test_same_bytes_are_accepted_once(researcher):
    file = {"file": ("notes.txt", b"The same notes twice.")}
    given = {"title": "Notes", "year": "2024"}
    first = researcher.post("/api/v1/documents", files=file, data=given)
    again = researcher.post("/api/v1/documents", files=file)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["existing"] is False
    told = "Questo file è già presente con il titolo «Notes»."
    assert again.json() == {**first.json(), "existing": True, "message": told}
    seen = researcher.get(f"/api/v1/documents/{first.json()['id']}").json()
    assert (seen["metadata"]["title"], seen["metadata"]["year"]) == ("Notes", 2024)
    assert researcher.delete(f"/api/v1/documents/{first.json()['id']}").status_code == 204
    assert researcher.get(f"/api/v1/documents/{first.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("year", "soon"),
        ("themes", "no-such-theme"),
        ("source_url", "javascript:1"),
        ("country", "x"),
    ],
)
def test_wrong_metadata_is_named(researcher, field, value):
    file = {"file": ("notes.txt", b"Some notes.")}
    for address in ("/api/v1/documents", "/upload"):
        answer = researcher.post(address, files=file, data={field: value})
        assert answer.status_code == 422
        assert value in answer.text


def test_an_upload_without_a_file_says_so(researcher):
    answer = researcher.post("/upload", files={"file": ("", b"")})
    assert answer.status_code == 422
    assert "<html" in answer.text


def test_a_collection_does_not_name_what_may_not_be_seen(client, services, hidden):
    with services.database.transaction() as session:
        entry = CollectionEntry(position=0, item_id=hidden, note="To be read.")
        session.add(Collection(id="drafts", title="Bozze", argument="", entries=[entry]))
    every = client.get("/api/v1/collections").json()["collections"]
    drafts = next(one for one in every if one["id"] == "drafts")
    assert drafts["items"] == [{"id": None, "note": ""}]
    assert hidden not in client.get("/collections/drafts").text
    assert all(item["id"] for one in every if one["id"] != "drafts" for item in one["items"])
    with services.database.transaction() as session:
        session.delete(session.get(Collection, "drafts"))
