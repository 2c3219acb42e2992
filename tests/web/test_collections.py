"""Collections over HTTP: reading them by section, making and arranging them, adding items."""

import io
import re
import shutil
import subprocess

import pytest
from lxml import html
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select

from kb.access import PUBLIC, Role
from kb.collections.contents import EntryRow, SectionRow, list_rows, store_rows
from kb.domain import Visibility
from kb.storage.accounts import AuditEntry
from kb.storage.collections import Collection, CollectionState
from kb.storage.tables import Item
from web.presenters import queries
from web.presenters.cover_drawing import draw_cover

PRACTICES = ("frome-comunita-compassionevole", "bilbao-rigenerazione", "camden-pazienti-costosi")
READERS = [None, Role.MEMBER, Role.RESEARCHER, Role.CURATOR]


@pytest.fixture
def curator(sign_in):
    return sign_in(Role.CURATOR)


@pytest.fixture
def make(services):
    """Make a collection of three practices, the last two in a section; it goes after the test."""
    made = []

    def one(id="three", **fields):
        with services.database.transaction() as session:
            row = Collection(
                **{"id": id, "title": "Tre prove", "argument": "**Perché** sì."} | fields
            )
            rows = (
                EntryRow(PRACTICES[0], "La prima."),
                SectionRow("s-" + id, "Seconda parte", "Testo *della* parte."),
                *(EntryRow(practice, "") for practice in PRACTICES[1:]),
            )
            store_rows(row, rows)
            session.add(row)
        made.append(id)
        return id

    yield one
    with services.database.transaction() as session:
        for id in made:
            if row := session.get(Collection, id):
                session.delete(row)


def rows(services, id):
    with services.database.session() as session:
        return list_rows(session.get(Collection, id))


def contents_form(page):
    """The fields of the form as a browser without scripts would send them."""
    form = page[page.index('<form id="contents"') :]
    fields = {"row": re.findall(r'name="row" value="([^"]*)"', form)}
    fields |= {"revision": re.search(r'name="revision" value="(\d+)"', form)[1]}
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S
    ):
        fields[name] = text
    for name, value in re.findall(r'name="(title:[^"]*)" value="([^"]*)"', form):
        fields[name] = value
    return fields


def test_collections_are_sorted_by_title_the_same_on_every_database(services, make):
    """A database sorts by the bytes of a title, or by the rules of a language that it was made
    with."""
    titles = {"o-1": "Zolfo", "o-2": "èlite", "o-3": "Abaco", "o-4": "dado", "o-5": "Dado"}
    for id, title in titles.items():
        make(id, title=title, state=CollectionState.PUBLISHED)
    with services.database.session() as session:
        for listed in (
            queries.list_collections(session, PUBLIC),
            queries.collections_with(session, PUBLIC, PRACTICES[0]),
        ):
            found = [row.title for row in listed if row.id in titles]
            assert found == ["Abaco", "Dado", "dado", "èlite", "Zolfo"]


def test_contents_stand_under_their_headings_in_order(client, make):
    page = client.get(f"/collections/{make()}").text
    order = [page.index(text) for text in (
        "<strong>Perché</strong>", "La prima.", "Seconda parte</h2>", "<em>della</em>",
    )]  # fmt: skip
    assert order == sorted(order)
    assert page.index(f'href="/practices/{PRACTICES[1]}"') > order[2]
    assert '<ol class="entries" start="2">' in page


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("state", list(CollectionState))
def test_who_sees_which_collection(sign_in, client, make, role, visibility, state):
    id = make(visibility=visibility, state=state, title="Da vedere o no")
    reader = sign_in(role) if role else client
    seen = {None: 1, Role.MEMBER: 2}.get(role, 3)
    allowed = list(Visibility).index(visibility) < seen
    allowed &= state is CollectionState.PUBLISHED or role is Role.CURATOR
    for address in (f"/collections/{id}", f"/collections/{id}?q=cura", f"/api/v1/collections/{id}"):
        assert reader.get(address).status_code == (200 if allowed else 404), address
    for address in ("/collections", "/api/v1/collections", f"/practices/{PRACTICES[0]}"):
        assert ("Da vedere o no" in reader.get(address).text) == allowed, address


def test_hidden_and_removed_entries_are_told_apart_and_not_named(client, services, make):
    id = make()
    with services.database.transaction() as session:
        session.get(Item, PRACTICES[0]).visibility = Visibility.RESEARCHERS
        row = session.get(Collection, id)
        store_rows(row, (*list_rows(row), EntryRow("gone-for-good", "Una nota che la nomina.")))
    try:
        page = client.get(f"/collections/{id}").text
        assert PRACTICES[0] not in page
        assert "La prima." not in page
        assert "riservato" in page
        assert "gone-for-good" not in page
        assert "rimosso dalla banca dati" in page
        listed = client.get("/collections").text
        counted = re.search(r'Tre prove.*?class="card-foot">(\d+) ', listed, re.S)
        assert counted[1] == "2"
    finally:
        with services.database.transaction() as session:
            session.get(Item, PRACTICES[0]).visibility = Visibility.PUBLIC


CHANGING = ("new", "{id}/edit", "{id}/contents", "{id}/delete", "add")


@pytest.mark.parametrize("role", [Role.MEMBER, Role.OFFICER, Role.RESEARCHER])
@pytest.mark.parametrize("end", CHANGING)
def test_who_may_not_change_collections_cannot(sign_in, make, services, role, end):
    reader, id = sign_in(role), make()
    before = rows(services, id)
    address = "/collections/" + end.format(id=id)
    assert reader.get(address, params={"item": PRACTICES[0]}).status_code == 403
    assert reader.post(address, data={"title": "Mine", "item": "x"}).status_code == 403
    assert rows(services, id) == before
    assert f"/collections/{id}/edit" not in reader.get(f"/collections/{id}").text


def test_a_curator_makes_a_collection_fills_and_publishes_it(curator, client, services):
    answer = curator.post(
        "/collections/new", data={"title": "Nuova raccolta"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/collections/nuova-raccolta/contents",
    )
    for practice in PRACTICES:
        chosen = curator.get("/collections/add", params={"item": practice})
        assert "Nuova raccolta" in chosen.text
        sent = {"item": practice, "collection": "nuova-raccolta", "note": f"Perché {practice}"}
        added = curator.post("/collections/add", data=sent, follow_redirects=False)
        assert added.headers["location"] == f"/collections/nuova-raccolta/contents#row-{practice}"
    form = {"title": "Nuova raccolta", "state": "published", "revision": "4"}
    refused = curator.post("/collections/nuova-raccolta/edit", data=form)
    assert refused.status_code == 422
    assert 'aria-describedby="argument-hint argument-problem"' in refused.text
    saved = curator.post(
        "/collections/nuova-raccolta/edit", data={**form, "argument": "Perché sì."}
    )
    assert saved.url.path == "/collections/nuova-raccolta/edit"
    curator.cookies.clear()
    assert "Perché sì." in client.get("/collections/nuova-raccolta").text
    with services.database.transaction() as session:
        row = session.get(Collection, "nuova-raccolta")
        assert row.created_by
        told = select(AuditEntry.action).where(AuditEntry.subject_id == row.id)
        assert session.scalars(told.order_by(AuditEntry.id)).all() == [
            "collection.create", *["collection.add"] * 3, "collection.publish",
        ]  # fmt: skip
        session.delete(row)


def test_a_preview_saves_nothing(curator, services, make):
    id = make()
    form = {"title": "Altro", "argument": "*corsivo*", "revision": "1", "do": "preview"}
    page = curator.post(f"/collections/{id}/edit", data=form)
    assert page.status_code == 200
    assert "<em>corsivo</em>" in page.text
    assert 'value="Altro"' in page.text
    fragment = curator.post("/collections/preview", data=form, headers={"HX-Request": "true"})
    assert "<em>corsivo</em>" in fragment.text
    assert "<html" not in fragment.text
    with services.database.session() as session:
        assert session.get(Collection, id).title == "Tre prove"


def test_every_button_of_the_contents_keeps_what_was_typed(curator, services, make):
    id = make()
    address = f"/collections/{id}/contents"
    form = contents_form(curator.get(address).text)
    form[f"note:{PRACTICES[0]}"] = "Detta meglio."
    form[f"title:s-{id}"] = "Altra parte"
    moved = curator.post(
        address, data={**form, "do": f"down:item:{PRACTICES[0]}"}, follow_redirects=False
    )
    assert moved.headers["location"] == f"{address}#row-{PRACTICES[0]}"
    kept = rows(services, id)
    assert [row.id for row in kept] == [f"s-{id}", *PRACTICES]
    assert (kept[0].title, kept[1].note) == ("Altra parte", "Detta meglio.")

    form = contents_form(curator.get(address).text)
    curator.post(address, data={**form, "do": f"remove:item:{PRACTICES[1]}"})
    form = contents_form(curator.get(address).text)
    curator.post(address, data={**form, "do": "section", "new_section": "In fondo"})
    assert [getattr(row, "title", row.id) for row in rows(services, id)] == [
        "Altra parte", PRACTICES[0], PRACTICES[2], "In fondo",
    ]  # fmt: skip


def test_dragging_sends_the_order_and_hears_where_the_row_is(curator, services, make):
    id = make()
    address = f"/collections/{id}/contents"
    form = contents_form(curator.get(address).text)
    form["row"] = [form["row"][3], *form["row"][:3]]
    form["placed"] = form["row"][0]
    answer = curator.post(address, data=form, headers={"HX-Request": "true"})
    assert "ora è la riga 1 di 4" in answer.text
    assert rows(services, id)[0].id == PRACTICES[2]


def test_an_old_form_loses_nothing_and_brings_nothing_back(curator, services, make):
    id = make()
    address = f"/collections/{id}/contents"
    old = contents_form(curator.get(address).text)
    curator.post(address, data={**old, "do": f"remove:item:{PRACTICES[1]}"})
    curator.post("/collections/add", data={"item": "cilento-biodistretto", "collection": id})
    old["row"] = old["row"][::-1]
    old[f"note:{PRACTICES[0]}"] = "Scritta intanto."
    answer = curator.post(address, data=old)
    assert answer.status_code == 409
    assert "Scritta intanto." in answer.text
    assert [row.id for row in rows(services, id)][-1] == "cilento-biodistretto"
    curator.post(address, data=contents_form(answer.text))
    kept = [row.id for row in rows(services, id)]
    assert kept == [PRACTICES[2], f"s-{id}", PRACTICES[0], "cilento-biodistretto"]


def test_an_old_form_about_the_collection_is_told_so(curator, services, make):
    id = make()
    form = {"title": "Uno", "argument": "Perché.", "revision": "1"}
    assert curator.post(f"/collections/{id}/edit", data=form).status_code == 200
    answer = curator.post(f"/collections/{id}/edit", data={**form, "title": "Due"})
    assert answer.status_code == 409
    assert 'value="Due"' in answer.text
    saved = html.fromstring(answer.text).xpath("//div[@role='alert']//dl")[0]
    told = dict(zip(saved.xpath("dt/text()"), saved.xpath("dd/text()"), strict=True))
    assert told["Titolo"] == "Uno"
    with services.database.session() as session:
        assert session.get(Collection, id).title == "Uno"


def test_an_uploaded_cover_is_shown_described_and_taken_away_again(curator, make):
    id = make()
    buffer = io.BytesIO()
    Image.new("RGB", (900, 500), "navy").save(buffer, "PNG")
    form = {"title": "T", "argument": "Perché.", "image_alt": "Un rettangolo blu"}
    form |= {"revision": "1", "state": "published"}
    curator.post(
        f"/collections/{id}/edit",
        data=form,
        files={"image": ("x.png", buffer.getvalue(), "image/png")},
    )
    assert 'alt="Un rettangolo blu"' in curator.get(f"/collections/{id}").text
    image = curator.get(f"/collections/{id}/cover")
    assert (image.headers["content-type"], image.content[8:12]) == ("image/webp", b"WEBP")
    assert curator.get(f"/collections/{id}/dossier.pdf").content.startswith(b"%PDF")
    wrong = {"image": ("x.png", b"<svg/>", "image/png")}
    refused = curator.post(f"/collections/{id}/edit", data={**form, "revision": "3"}, files=wrong)
    assert refused.status_code == 422
    assert 'id="image-problem"' in refused.text
    curator.post(f"/collections/{id}/edit", data={**form, "revision": "3", "remove_image": "true"})
    drawn = curator.get(f"/collections/{id}/cover")
    assert drawn.headers["content-type"] == "image/svg+xml"


def test_an_event_keeps_its_day_place_and_organiser(curator, make):
    id = make()
    event = {
        "title": "Laboratorio", "argument": "Perché.", "state": "published", "kind": "event",
        "event_type": "workshop", "held_on": "2026-05-04", "held_until": "2026-05-06",
        "held_in": "Grosseto", "organiser": "La rete", "revision": "1",
    }  # fmt: skip
    wrong = curator.post(f"/collections/{id}/edit", data={**event, "held_on": "4 maggio"})
    assert wrong.status_code == 422
    assert 'id="held_on-problem"' in wrong.text
    curator.post(f"/collections/{id}/edit", data=event)
    page = curator.get(f"/collections/{id}").text
    assert "dal 04/05/2026 al 06/05/2026" in page
    assert "Grosseto" in page
    assert "La rete" in page


def test_deleting_asks_first(curator, services, make):
    id = make()
    assert "Tre prove" in curator.get(f"/collections/{id}/delete").text
    assert curator.get(f"/collections/{id}").status_code == 200
    curator.post(f"/collections/{id}/delete")
    assert curator.get(f"/collections/{id}").status_code == 404
    assert curator.get(f"/practices/{PRACTICES[0]}").status_code == 200


def test_every_result_and_page_offers_to_add_it_to_curators_alone(curator, client):
    address = f"/collections/add?item={PRACTICES[0]}"
    assert address in curator.get(f"/practices/{PRACTICES[0]}").text
    curator.cookies.clear()
    assert address not in client.get(f"/practices/{PRACTICES[0]}").text


def pdf_text(content):
    """The text as poppler reads it, which is not the program that wrote it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext: install poppler-utils")
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def test_the_dossier_prints_argument_practices_results_and_sources(client, make):
    id = make()
    answer = client.get(f"/collections/{id}/dossier.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    text = pdf_text(answer.content)
    order = ["Tre prove", "Perché sì.", "1. ", "La prima.", "Seconda parte", "Testo della parte."]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "**" not in text
    assert "Risultati misurati" in text
    assert re.search(r"\[1\] ", text[text.rindex("Fonti") :])
    with PdfReader(io.BytesIO(answer.content)) as reader:
        assert reader.metadata.title == "Tre prove"
        assert reader.root_object["/Lang"] == "it"
        titles = [one.title for one in flat(reader.outline)]
        assert "Seconda parte" in titles


def test_the_dossier_says_what_the_practices_cost(client, make, services):
    id = make()
    with services.database.transaction() as session:
        entries = (EntryRow("bottrighe-mater-biotech", ""), EntryRow("danimarca-fusioni-2007", ""))
        store_rows(session.get(Collection, id), entries)
    text = pdf_text(client.get(f"/collections/{id}/dossier.pdf").content)
    assert "108 milioni di euro (2016)" in text
    assert "Costi non riportati dalle fonti" in text


def flat(outline):
    for one in outline:
        if isinstance(one, list):
            yield from flat(one)
        else:
            yield one


def test_every_collection_of_the_corpus_has_a_dossier_in_both_languages(client, services):
    with services.database.session() as session:
        ids = session.scalars(select(Collection.id)).all()
    for id in ids[:4]:
        for language in ("it", "en"):
            answer = client.get(f"/collections/{id}/dossier.pdf", params={"lang": language})
            assert answer.status_code == 200
            with PdfReader(io.BytesIO(answer.content)) as reader:
                assert len(reader.pages) > 1


def test_a_dossier_names_nothing_that_may_not_be_seen(client, services, make):
    id = make()
    with services.database.transaction() as session:
        item = session.get(Item, PRACTICES[0])
        item.visibility = Visibility.RESEARCHERS
        title = item.title
    try:
        text = pdf_text(client.get(f"/collections/{id}/dossier.pdf").content)
        assert "riservato" in text
        assert title not in text
        assert "La prima." not in text
    finally:
        with services.database.transaction() as session:
            session.get(Item, PRACTICES[0]).visibility = Visibility.PUBLIC


def test_every_collection_without_an_image_has_a_drawing_of_its_own(client):
    """The same each time, though several have the same motif."""
    ids = [one["id"] for one in client.get("/api/v1/collections").json()["collections"]]
    covers = {id: client.get(f"/collections/{id}/cover").text for id in ids}
    assert len(set(covers.values())) == len(ids) > 8
    assert client.get(f"/collections/{ids[0]}/cover").text == covers[ids[0]]
    for id, drawing in covers.items():
        assert f'src="/collections/{id}/cover?' in client.get("/collections").text
        assert not re.search(r"<(script|image|foreignObject|style)|\shref=|\son\w+=", drawing)
    one, other = (draw_cover(seed, "network") for seed in ("a", "b"))
    assert set(re.findall(r"<circle[^>]*>", one)).isdisjoint(re.findall(r"<circle[^>]*>", other))
