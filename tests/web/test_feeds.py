"""Atom feeds: valid by RFC 4287, public unless a token is sent, and not sent twice."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from ingest.metadata import Metadata
from ingest.submit import submit
from kb.access import OPERATOR, Role
from kb.collections import commands
from kb.collections.contents import EntryRow
from kb.collections.forms import About
from kb.domain import Status, Visibility
from kb.storage.collections import Collection, CollectionState
from kb.storage.tables import Document, Item

ATOM = "{http://www.w3.org/2005/Atom}"
PRACTICES = ("frome-comunita-compassionevole", "bilbao-rigenerazione")


pytestmark = pytest.mark.usefixtures("all_ready")


@pytest.fixture
def collection(services):
    published = About(title="Fonti & <prove>", argument="**Perché** sì.")
    published = About(**{**vars(published), "state": CollectionState.PUBLISHED})
    with services.database.transaction() as session:
        made = commands.create_collection(session, OPERATOR, published)
        rows = (EntryRow(PRACTICES[0], "Una *nota*."), EntryRow(PRACTICES[1]), EntryRow("gone"))
        commands.arrange_items(session, OPERATOR, made, rows, made.revision)
    yield made.id
    with services.database.transaction() as session:
        session.delete(session.get(Collection, made.id))


def feed(answer):
    """The feed as XML, checked against what RFC 4287 requires."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    assert root.tag == ATOM + "feed"
    assert_has_the_required(root)
    assert [one.get("rel") for one in root.findall(ATOM + "link")].count("self") == 1
    entries = root.findall(ATOM + "entry")
    for entry in entries:
        assert_has_the_required(entry)
        alternates = [one for one in entry.findall(ATOM + "link") if one.get("rel") == "alternate"]
        assert len(alternates) == 1
        assert alternates[0].get("href").startswith("http")
        for name in ("summary", "published"):
            assert len(entry.findall(ATOM + name)) <= 1
    ids = [text(entry, "id") for entry in entries]
    assert len(set(ids)) == len(ids)
    return root, entries


def assert_has_the_required(element):
    """4.1.1 and 4.1.2: exactly one id, title and updated; an author; dates as in RFC 3339."""
    for name in ("id", "title", "updated"):
        assert len(element.findall(ATOM + name)) == 1, name
    assert text(element, "id").startswith("urn:uuid:")
    assert text(element, "title").strip()
    authors = element.findall(ATOM + "author")
    assert authors
    assert all(text(author, "name").strip() for author in authors)
    assert datetime.fromisoformat(text(element, "updated")).tzinfo is not None


def text(element, name):
    return element.findtext(ATOM + name)


def test_everything_new_is_in_the_feed_newest_first(client, collection):
    root, entries = feed(client.get("/feed.atom"))
    assert text(entries[0], "title") == "Fonti & <prove>"
    assert "<strong>Perché</strong>" in text(entries[0], "summary")
    updated = [text(entry, "updated") for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert text(root, "updated") == updated[0]


def test_ids_stay_and_times_move_with_the_content(client, services, collection):
    address = f"/collections/{collection}/feed.atom"
    before, entries = feed(client.get(address))
    assert text(entries[0], "title") == "Fonti & <prove>"
    assert [entry.find(ATOM + "link").get("href").rpartition("/")[2] for entry in entries[1:]] == [
        *PRACTICES
    ]
    assert "<em>nota</em>" in text(entries[1], "summary")
    with services.database.transaction() as session:
        row = session.get(Collection, collection)
        commands.arrange_items(session, OPERATOR, row, (EntryRow(PRACTICES[1]),), row.revision)
    after, changed = feed(client.get(address))
    assert text(after, "id") == text(before, "id")
    assert text(changed[0], "id") == text(entries[0], "id")
    assert text(changed[0], "updated") > text(entries[0], "updated")
    assert text(after, "updated") >= text(changed[0], "updated")


def test_what_is_known_already_is_not_sent_again(client, services, collection):
    address = f"/collections/{collection}/feed.atom"
    first = client.get(address)
    for header, value in (
        ("If-None-Match", first.headers["etag"]),
        ("If-None-Match", f'"other", {first.headers["etag"].removeprefix("W/")}'),
        ("If-Modified-Since", first.headers["last-modified"]),
    ):
        again = client.get(address, headers={header: value})
        assert (again.status_code, again.content) == (304, b""), header
        assert again.headers["etag"] == first.headers["etag"]
    earlier = datetime.now(UTC) - timedelta(days=4000)
    stamp = earlier.strftime("%a, %d %b %Y %H:%M:%S GMT")
    for header, value in (
        ("If-None-Match", '"other"'), ("If-Modified-Since", stamp), ("If-Modified-Since", "soon"),
    ):  # fmt: skip
        assert client.get(address, headers={header: value}).status_code == 200


def test_a_session_shows_no_more_than_the_public_sees_and_a_token_does(
    sign_in, services, collection
):
    with services.database.transaction() as session:
        session.get(Item, PRACTICES[0]).visibility = Visibility.MEMBERS
        session.get(Collection, collection).visibility = Visibility.MEMBERS
    try:
        member = sign_in(Role.MEMBER)
        address = f"/collections/{collection}/feed.atom"
        assert member.get(f"/collections/{collection}").status_code == 200
        assert member.get(address).status_code == 404
        assert member.get(address, headers={"Authorization": "Basic YTpi"}).status_code == 404
        assert member.get("/feed.atom").headers["cache-control"].startswith("public")
        for known in (PRACTICES[0], f"/collections/{collection}"):
            assert known not in member.get("/feed.atom").text
        token = services.ownership.announce("http://127.0.0.1:1").token
        shown = member.get(address, headers={"Authorization": f"Bearer {token}"})
        assert PRACTICES[0] in shown.text
        assert shown.headers["cache-control"].startswith("private")
        feed(shown)
    finally:
        with services.database.transaction() as session:
            session.get(Item, PRACTICES[0]).visibility = Visibility.PUBLIC


def test_pages_lead_to_their_feeds(client, collection):
    root = etree.fromstring(client.get(f"/collections/{collection}").content, etree.HTMLParser())
    links = root.findall(".//link[@type='application/atom+xml']")
    assert [one.get("href") for one in links] == [
        "/feed.atom",
        f"/collections/{collection}/feed.atom",
    ]


def test_a_title_with_what_xml_cannot_hold_does_not_break_the_feed(client, services):
    content = io.BytesIO(b"Something to read for the feed.")
    metadata = Metadata(title="Form\x0cfeed \x07 & <b>bold</b> \ufffe ]]>")
    made = submit(services, content, "feed.txt", metadata).id
    with services.database.transaction() as session:
        session.get(Document, made).status = Status.READY
    try:
        _, entries = feed(client.get("/feed.atom"))
        assert text(entries[0], "title") == "Form feed & <b>bold</b>  ]]>"
    finally:
        with services.database.transaction() as session:
            session.delete(session.get(Document, made))


def test_no_feed_of_what_is_not_there(client):
    assert client.get("/collections/nothing/feed.atom").status_code == 404
