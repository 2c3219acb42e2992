"""OAI-PMH: what a foreign harvester takes, what it is told is gone, and what it is refused."""

import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn
from lxml import etree
from oaipmh_scythe import Scythe
from oaipmh_scythe.exceptions import CannotDisseminateFormat, IdDoesNotExist
from sqlalchemy import func, select

from kb.access import OPERATOR, Role
from kb.collections import commands
from kb.collections.contents import EntryRow
from kb.collections.forms import About
from kb.domain import Status, Visibility
from kb.harvesting import public_records
from kb.storage.collections import Collection, CollectionState
from kb.storage.public_records import PublicRecord
from kb.storage.tables import Document, Item

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
KERNEL = "{http://datacite.org/schema/kernel-4}"
FROME, BILBAO = "frome-comunita-compassionevole", "bilbao-rigenerazione"
PREFIX = "oai:127.0.0.1:"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
EVERYTHING = "verb=ListIdentifiers&metadataPrefix=oai_dc"


pytestmark = pytest.mark.usefixtures("all_ready")


@pytest.fixture(scope="module")
def address(application):
    """The address of a real server with the application."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application.app, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/oai"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def harvester(address):
    with Scythe(address) as opened:
        yield opened


@pytest.fixture
def made(services):
    """Adds a document of a visibility, ready, and removes its row afterwards."""
    ids = []

    def add(title, visibility=Visibility.PUBLIC):
        document = Document(
            title=title, filename="x.pdf", size=1, content_sha256=title[:60], language="it",
            visibility=visibility, status=Status.READY, themes=["energy"], year=2020,
        )  # fmt: skip
        with services.database.transaction() as session:
            session.add(document)
            session.flush()
            ids.append(document.id)
        return document.id

    yield add
    with services.database.transaction() as session:
        for item in session.scalars(select(Item).where(Item.id.in_(ids))):
            session.delete(item)


@pytest.fixture
def collection(services):
    published = About(title="Fonti & <prove>", argument="**Perché** sì.")
    published = About(**{**vars(published), "state": CollectionState.PUBLISHED})
    with services.database.transaction() as session:
        made = commands.create_collection(session, OPERATOR, published)
        commands.arrange_items(session, OPERATOR, made, (EntryRow(FROME),), made.revision)
    yield made.id
    with services.database.transaction() as session:
        if (row := session.get(Collection, made.id)) is not None:
            session.delete(row)


def ask(client, query, **given):
    answer = client.get(f"/oai?{query}", **given)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    assert [child.tag for child in root][:2] == [OAI + "responseDate", OAI + "request"]
    assert len(root) == 3
    return root


def error_of(root):
    error = root.find(OAI + "error")
    assert error is not None, etree.tostring(root)
    assert error.text
    return error.get("code")


def statuses(root, *keys):
    """``deleted`` or None for each of the keys, which are in the list."""
    headers = {one.findtext(OAI + "identifier"): one for one in root.iterfind(f".//{OAI}header")}
    return [headers[f"oai:testserver:{key}"].get("status") for key in keys]


def dated(services, key):
    with services.database.session() as session:
        return session.get(PublicRecord, key).changed_at


def set_dates(services, moment):
    """As if everything had been listed then."""
    public_records.refresh(services.database)
    with services.database.transaction() as session:
        for row in session.scalars(select(PublicRecord)):
            row.changed_at = moment


def test_a_foreign_harvester_takes_everything_public_once_and_in_order(
    harvester, services, made, collection
):
    hidden = made("Riservato", Visibility.RESEARCHERS)
    shown = made("Con\x0bcaratteri\ud800 strani".encode("utf-8", "ignore").decode())
    identify = harvester.identify()
    assert identify.deletedRecord == "persistent"
    assert identify.granularity == "YYYY-MM-DDThh:mm:ssZ"
    records = list(harvester.list_records(metadata_prefix="oai_dc"))
    ids = [record.header.identifier for record in records if not record.header.deleted]
    assert len(ids) == len(set(ids)) > 100
    with services.database.session() as session:
        public = session.scalars(select(Item.id).where(Item.visibility == Visibility.PUBLIC)).all()
        shown_collections = session.scalar(
            select(func.count())
            .select_from(Collection)
            .where(
                Collection.visibility == Visibility.PUBLIC,
                Collection.state == CollectionState.PUBLISHED,
            )
        )
    assert len(ids) == len(public) + shown_collections
    assert f"{PREFIX}document/{shown}" in ids
    assert not [one for one in ids if hidden in one]
    dates = [record.header.datestamp for record in records]
    assert dates == sorted(dates)
    frome = next(one for one in records if one.header.identifier == f"{PREFIX}practice/{FROME}")
    assert "kind:practice" in frome.header.setSpecs
    assert f"collection:{collection}" in frome.header.setSpecs
    assert frome.metadata["rights"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert frome.metadata["identifier"][0].endswith(f"/practices/{FROME}")


def test_both_formats_of_each_kind_have_what_they_need(harvester, made, collection):
    document = made("Un rapporto")
    for key in (f"practice/{FROME}", f"document/{document}", f"collection/{collection}"):
        plain = harvester.get_record(identifier=PREFIX + key, metadata_prefix="oai_dc")
        assert plain.metadata["title"]
        rich = harvester.get_record(identifier=PREFIX + key, metadata_prefix="oai_datacite")
        resource = rich.xml.find(f".//{KERNEL}resource")
        for name in ("identifier", "creators", "titles", "publisher", "publicationYear"):
            assert resource.find(KERNEL + name) is not None, (key, name)
        kind = resource.find(KERNEL + "resourceType")
        assert kind.get("resourceTypeGeneral") in ("Text", "Collection", "Event")
    formats = [one.metadataPrefix for one in harvester.list_metadata_formats()]
    assert formats == ["oai_dc", "oai_datacite"]
    with pytest.raises(CannotDisseminateFormat):
        list(harvester.list_records(metadata_prefix="marcxml"))
    for wrong in (f"{PREFIX}practice/none", "oai:elsewhere.org:practice/1", "?? \u00e8"):
        with pytest.raises(IdDoesNotExist):
            harvester.get_record(identifier=wrong, metadata_prefix="oai_dc")


def test_sets_hold_what_is_in_them_and_in_those_below(harvester, collection):
    named = {one.setSpec: one.setName for one in harvester.list_sets()}
    assert named["theme:energy"] == "Energy"
    assert named[f"collection:{collection}"] == "Fonti & <prove>"

    def listed(name):
        found = harvester.list_identifiers(metadata_prefix="oai_dc", set_=name)
        return {one.identifier for one in found}

    assert listed(f"collection:{collection}") == {f"{PREFIX}practice/{FROME}"}
    assert listed("theme:energy") < listed("theme")
    assert {one.split(":")[2].split("/")[0] for one in listed("kind:practice")} == {"practice"}


@pytest.mark.parametrize("way", ["hidden", "deleted", "deleted before anybody asked"])
def test_what_was_public_is_listed_as_deleted_for_ever(client, services, made, way):
    document = made(f"Ritirato: {way}")
    key = f"document/{document}"
    if way == "deleted":
        ask(client, EVERYTHING)
    with services.database.transaction() as session:
        row = session.get(Item, document)
        if way == "hidden":
            row.visibility = Visibility.MEMBERS
        else:
            row.status = Status.DELETED
    asked = f"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:testserver:{key}"
    header = ask(client, asked).find(f".//{OAI}header")
    assert header.get("status") == "deleted"
    record = ask(client, asked).find(f".//{OAI}record")
    assert [child.tag for child in record] == [OAI + "header"]
    with services.database.transaction() as session:
        session.delete(session.get(Item, document))
    assert ask(client, asked).find(f".//{OAI}header").get("status") == "deleted"


def test_only_what_changed_since_is_sent_and_the_rest_is_not(client, services, made, collection):
    first = made("Primo")
    set_dates(services, BEGUN)
    nothing = f"{EVERYTHING}&from=2026-01-01T00:00:01Z"
    assert error_of(ask(client, nothing)) == "noRecordsMatch"
    with services.database.transaction() as session:
        session.get(Item, first).title = "Primo, corretto"
        row = session.get(Collection, collection)
        commands.arrange_items(session, OPERATOR, row, (EntryRow(BILBAO),), row.revision)
    found = ask(client, nothing).findall(f".//{OAI}identifier")
    assert {one.text.removeprefix("oai:testserver:") for one in found} == {
        f"document/{first}",
        f"collection/{collection}",
        f"practice/{FROME}",  # left the set
        f"practice/{BILBAO}",  # joined it
    }
    assert dated(services, f"document/{first}") > BEGUN
    day = "verb=ListIdentifiers&metadataPrefix=oai_dc&from=2026-01-01&until=2026-01-01"
    assert len(ask(client, day).findall(f".//{OAI}header")) == 100
    exact = day.replace("=2026-01-01", "=2026-01-01T00:00:00Z")
    assert len(ask(client, exact).findall(f".//{OAI}header")) == 100
    before = "verb=ListIdentifiers&metadataPrefix=oai_dc&until=2025-12-31"
    assert error_of(ask(client, before)) == "noRecordsMatch"


def test_a_list_goes_on_from_its_token_also_when_records_change_meanwhile(client, services, made):
    set_dates(services, BEGUN)
    total, seen, changed = None, [], False
    query = "verb=ListRecords&metadataPrefix=oai_dc&set=kind:practice"
    while query:
        root = ask(client, query)
        seen += [one.text for one in root.iterfind(f".//{OAI}identifier")]
        token = root.find(f".//{OAI}resumptionToken")
        assert int(token.get("cursor")) <= len(seen)
        total = total or int(token.get("completeListSize"))
        query = token.text and f"verb=ListRecords&resumptionToken={token.text}"
        if query and not changed:
            changed = True
            with services.database.transaction() as session:
                session.get(Item, seen[0].rpartition("/")[2]).year = 1999
            ask(client, EVERYTHING)  # by another harvester
    assert len(set(seen)) == total
    assert seen[-1] == seen[0]  # what changed is sent again
    assert len(seen) == total + 1


def test_how_a_list_goes_on_compares_nothing_but_shows_nothing_hidden(client, services, made):
    hidden, changed = (f"document/{made(f'Meanwhile {word}')}" for word in ("hidden", "changed"))
    set_dates(services, BEGUN)
    with services.database.transaction() as session:
        for key in (hidden, changed):  # on the last page
            session.get(PublicRecord, key).changed_at = BEGUN + timedelta(hours=1)
    root = ask(client, "verb=ListRecords&metadataPrefix=oai_dc")
    with services.database.transaction() as session:
        session.get(Item, hidden.partition("/")[2]).visibility = Visibility.MEMBERS
        session.get(Item, changed.partition("/")[2]).title = "Meanwhile another"
    while token := root.findtext(f".//{OAI}resumptionToken"):
        root = ask(client, f"verb=ListRecords&resumptionToken={token}")
    assert statuses(root, hidden, changed) == ["deleted", None]
    assert "Meanwhile hidden" not in etree.tostring(root).decode()
    assert "Meanwhile another" in etree.tostring(root).decode()
    assert dated(services, changed) == BEGUN + timedelta(hours=1), "nothing was compared"
    root = ask(client, f"{EVERYTHING}&from=2026-01-01T01:00:01Z")
    assert statuses(root, hidden, changed) == ["deleted", None]
    assert dated(services, hidden) > BEGUN + timedelta(hours=1)


def test_what_was_just_published_is_known_whichever_verb_asks_first(client, services, made):
    set_dates(services, BEGUN)
    for verb in ("ListMetadataFormats", "GetRecord&metadataPrefix=oai_dc"):
        key = f"document/{made(f'Appena uscito: {verb}')}"
        root = ask(client, f"verb={verb}&identifier=oai:testserver:{key}")
        assert root.find(OAI + "error") is None, verb
        assert dated(services, key) > BEGUN
    hidden = made("Non uscito", Visibility.MEMBERS)
    asked = f"verb=ListMetadataFormats&identifier=oai:testserver:document/{hidden}"
    assert error_of(ask(client, asked)) == "idDoesNotExist"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=Nothing", "badVerb"),
        ("verb=", "badVerb"),
        ("verb=identify", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&x=1", "badArgument"),
        ("verb=ListSets&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=", "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=yesterday", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-30", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01T00:00:00", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01T00:00:00.5Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=0000-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=9999-12-31", None),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=", "badArgument"),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&until=2026-01-01T00:00:00Z",
            "badArgument",
        ),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-02&until=2026-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=no%20set", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=theme:none", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=KIND", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=the%25", "badArgument"),
        ("verb=ListRecords&metadataPrefix=nothing", "cannotDisseminateFormat"),
        ("verb=ListRecords&resumptionToken=a&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&resumptionToken=%00%ff", "badArgument"),
        ("verb=Identify&%00=%00", "badArgument"),
        ("verb=%00", "badVerb"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:testserver:%00", "badArgument"),
        ("verb=ListRecords&resumptionToken=abc", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=e30=", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=%E2%82%AC", "badResumptionToken"),
        ("verb=ListSets&resumptionToken=abc", "badResumptionToken"),
        ("verb=ListMetadataFormats&identifier=x", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=%01%0b", "idDoesNotExist"),
    ],
)
def test_nonsense_is_answered_by_the_error_of_the_protocol(client, query, code):
    answer = client.get(f"/oai?{query}")
    if code is None:
        assert answer.status_code in (200, 422)
        return
    root = ask(client, query)
    assert error_of(root) == code
    echoed = root.find(OAI + "request")
    assert bool(echoed.attrib) == (code not in ("badVerb", "badArgument"))
    assert echoed.text == "http://testserver/oai"


def test_a_form_that_cannot_be_read_is_an_error_of_the_protocol(client):
    many = "&".join(["verb=Identify", *(f"x{number}=1" for number in range(1500))])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/oai", content=many, headers=form)
    assert answer.status_code == 200
    assert 'code="badArgument"' in answer.text


def test_errors_are_in_the_language_asked_for_and_posts_are_read(client):
    italian = ask(client, "verb=ListRecords").findtext(OAI + "error")
    english = ask(client, "verb=ListRecords", headers={"Accept-Language": "en"})
    assert english.findtext(OAI + "error") == "ListRecords needs the argument “metadataPrefix”."
    assert italian != english.findtext(OAI + "error")
    posted = client.post("/oai", data={"verb": "ListMetadataFormats"})
    assert len(etree.fromstring(posted.content).findall(f".//{OAI}metadataFormat")) == 2
    odd = {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": f"{PREFIX}\0"}
    assert error_of(etree.fromstring(client.post("/oai", data=odd).content)) == "badArgument"
    repeated = client.post("/oai?verb=Identify", data={"verb": "Identify"})
    assert error_of(etree.fromstring(repeated.content)) == "badVerb"


def test_a_token_of_one_verb_is_none_of_another_and_no_session_shows_more(client, sign_in, made):
    hidden = made("Solo per chi ricerca", Visibility.RESEARCHERS)
    root = ask(client, EVERYTHING)
    token = root.findtext(f".//{OAI}resumptionToken")
    asked = f"verb=ListRecords&resumptionToken={token}"
    assert error_of(ask(client, asked)) == "badResumptionToken"
    researcher = sign_in(Role.RESEARCHER)
    key = f"oai:testserver:document/{hidden}"
    query = f"verb=GetRecord&metadataPrefix=oai_dc&identifier={key}"
    assert error_of(ask(researcher, query)) == "idDoesNotExist"


def test_a_card_that_cannot_be_read_is_left_out_and_the_list_goes_on(client, services):
    with services.database.transaction() as session:
        row = session.get(Item, BILBAO)
        record, row.record = row.record, {"id": BILBAO}
    try:
        asked = "verb=ListRecords&metadataPrefix=oai_dc&set=kind:practice"
        found = [one.text for one in ask(client, asked).iterfind(f".//{OAI}identifier")]
        assert len(found) >= 99
        one = f"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:testserver:practice/{BILBAO}"
        assert error_of(ask(client, one)) == "cannotDisseminateFormat"
    finally:
        with services.database.transaction() as session:
            session.get(Item, BILBAO).record = record
