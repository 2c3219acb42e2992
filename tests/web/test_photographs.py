"""Photographs of an event: added, described, put in order and removed by curators; what is kept."""

import io
import os
from itertools import count

import pytest
from fastapi.testclient import TestClient
from lxml import html
from PIL import Image
from sqlalchemy import select

from kb.access import Role
from kb.domain import Visibility
from kb.maintenance.rows import compare_rows
from kb.storage.collections import Collection
from kb.storage.pictures import EventPhotograph
from tests.web.base import base, sign_in_as
from web.app import create_app
from web.http.security import FORM_BYTES

EVENT = {
    "title": "Laboratorio con fotografie", "argument": "Perché insieme.", "state": "published",
    "kind": "event", "event_type": "workshop", "held_on": "2026-05-04", "licence": "CC BY 4.0",
}  # fmt: skip
GPS, LATITUDE = 0x8825, 2
COLOURS = count()


def photograph(size=(900, 600), **options):
    """A JPEG, each of another colour, taken in a known place."""
    exif = Image.Exif()
    exif.get_ifd(GPS)[LATITUDE] = (43.0, 12.0, 0.0)
    stream = io.BytesIO()
    colour = (next(COLOURS) * 40 % 256, 90, 30)
    Image.new("RGB", size, colour).save(stream, "JPEG", exif=exif, **options)
    return file(stream.getvalue())


def file(content, name="foto.jpg"):
    return ("image", (name, content, "image/jpeg"))


def words(page):
    return " ".join(html.fromstring(page.text).xpath("string(//main)").split())


@pytest.fixture
def curator(sign_in):
    return sign_in(Role.CURATOR)


@pytest.fixture
def event(curator, services):
    made = curator.post("/collections/new", data=EVENT, follow_redirects=False)
    id = made.headers["location"].split("/")[2]
    yield id
    with services.database.transaction() as session:
        session.delete(session.get_one(Collection, id))


def add(browser, event, *files, **said):
    address = f"/collections/{event}/photographs"
    data = {"alt": "La sala piena"} | said
    return browser.post(address, data=data, files=list(files), follow_redirects=False)


def listed(page):
    """Id, digest and description of each photograph of the curators' page."""
    forms = html.fromstring(page.text).xpath("//form[.//input[@name='alt'] and not(@enctype)]")
    return [
        (
            form.get("action").rpartition("/")[2],
            form.xpath(".//input[@name='shown']/@value")[0],
            form.xpath(".//input[@name='alt']/@value")[0],
        )
        for form in forms
    ]


def test_photographs_are_added_described_ordered_removed_and_shown(curator, event, services):
    manage = f"/collections/{event}/photographs"
    assert "non ha ancora fotografie" in words(curator.get(manage))
    first = add(curator, event, photograph(), alt="La sala piena", author="Anna Rossi")
    assert "La fotografia è stata aggiunta" in words(curator.get(first.headers["location"]))
    second = add(curator, event, photograph((2000, 1500)), alt="Il pranzo", licence="CC0 1.0")
    assert second.status_code == 303
    (one, was, _), (two, _, _) = listed(curator.get(manage))
    for id, do in ((two, "up"), (two, "up"), (one, "down")):
        assert curator.post(f"{manage}/{id}", data={"do": do}).status_code == 200
    page = html.fromstring(curator.get(f"/collections/{event}").text)
    pictures = page.xpath("//section[@class='photographs']//img")
    assert [img.get("alt") for img in pictures] == ["Il pranzo", "La sala piena"]
    assert {img.get("loading") for img in pictures} == {"lazy"}
    assert page.xpath("//figcaption/text()") == ["CC0 1.0", "Anna Rossi"]
    for size, longest in (("large", 1280), ("small", 480)):
        sent = curator.get(f"{manage}/{two}/{size}")
        assert sent.headers["content-type"] == "image/webp"
        kept = Image.open(io.BytesIO(sent.content))
        assert (max(kept.size), dict(kept.getexif())) == (longest, {})
    other = EVENT | {"kind": "thematic", "revision": "1"}
    refused = curator.post(f"/collections/{event}/edit", data=other)
    assert (refused.status_code, "ha fotografie" in words(refused)) == (422, True)
    changed = curator.post(f"{manage}/{one}", data={"shown": was, "alt": "La sala", "do": "save"})
    assert "Salvato" in words(changed)
    with services.database.session() as session:
        before = list(compare_rows(session))
        session.get_one(EventPhotograph, one).large = b"x"
        session.flush()
        (found,) = [difference for difference in compare_rows(session) if difference not in before]
        assert found.where == event
        session.rollback()
    for id, digest, _ in listed(curator.get(manage)):
        curator.post(f"{manage}/{id}", data={"shown": digest, "do": "remove"})
    assert curator.get(f"{manage}/{one}/small").status_code == 404
    assert "photographs-title" not in curator.get(f"/collections/{event}").text


def test_what_another_curator_did_meanwhile_is_said_and_stays(curator, event):
    manage = f"/collections/{event}/photographs"
    add(curator, event, photograph())
    ((id, was, _),) = listed(curator.get(manage))
    curator.post(f"{manage}/{id}", data={"shown": was, "alt": "La sala, dal palco", "do": "save"})
    late = {"shown": was, "alt": "Un’altra frase", "do": "save"}
    refused = curator.post(f"{manage}/{id}", data=late)
    assert refused.status_code == 409
    assert "qualcuno ha cambiato o tolto questa fotografia" in words(refused)
    assert "Un’altra frase" in refused.text
    assert curator.post(f"{manage}/{id}", data={"shown": was, "do": "remove"}).status_code == 409
    ((_, now, kept),) = listed(curator.get(manage))
    assert kept == "La sala, dal palco"
    curator.post(f"{manage}/{id}", data={"shown": now, "do": "remove"})
    for do in ("save", "up", "remove"):
        gone = curator.post(f"{manage}/{id}", data={"shown": now, "alt": "Sala", "do": do})
        assert gone.status_code == 409
        assert "cambiato o tolto" in words(gone)


def test_a_wrong_photograph_is_refused_in_words_and_what_was_typed_stays(curator, event, services):
    cases = [
        ([], {}, "Nessuna immagine scelta"),
        ([photograph(), photograph()], {}, "una fotografia alla volta"),
        ([], {"alt": "  "}, "che cosa mostra"),
        ([], {"alt": "x" * 301}, "Troppo lungo"),
        ([file(photograph()[1][1][:4000])], {}, "si interrompe"),
        ([file(b"<svg onload='alert(1)'></svg>", "foto.svg")], {"alt": ""}, "SVG"),
    ]
    for files, said, reason in cases:
        refused = add(curator, event, *files, author="Anna Rossi", **said)
        assert refused.status_code == 422, reason
        assert reason in words(refused), words(refused)
        assert 'value="Anna Rossi"' in refused.text
    twice = photograph()
    assert add(curator, event, twice).status_code == 303
    assert "c'è già" in words(add(curator, event, twice))
    with services.database.session() as session:
        rows = session.scalars(
            select(EventPhotograph).where(EventPhotograph.collection_id == event)
        )
        assert len(rows.all()) == 1


def test_only_those_who_see_an_event_see_its_photographs(curator, event, services, client, sign_in):
    add(curator, event, photograph())
    manage = f"/collections/{event}/photographs"
    ((id, _, _),) = listed(curator.get(manage))
    with services.database.transaction() as session:
        session.get_one(Collection, event).visibility = Visibility.RESEARCHERS
    assert curator.get(f"{manage}/{id}/large").status_code == 200
    member = sign_in(Role.MEMBER)
    assert member.get(f"{manage}/{id}/large").status_code == 404
    assert add(member, event, photograph()).status_code == 403
    client.cookies.clear()
    assert client.get(f"{manage}/{id}/small").status_code == 404
    other = sign_in(Role.CURATOR)
    for thing in ("mense-e-filiera-corta", "no-such-event"):
        assert other.get(f"/collections/{thing}/photographs").status_code == 404
        assert other.get(f"/collections/{thing}/photographs/{id}/small").status_code == 404
        assert add(other, thing, photograph()).status_code == 404


def test_a_photograph_as_large_as_a_camera_takes_is_read(tmp_path):
    """Larger than any form without a file may be."""
    noise = Image.frombytes("RGB", (1400, 1000), os.urandom(1400 * 1000 * 3))
    stream = io.BytesIO()
    noise.save(stream, "JPEG", quality=98)
    assert stream.tell() > FORM_BYTES
    with base(tmp_path) as services, TestClient(create_app(services)) as browser:
        sign_in_as(browser, services, "a-curator")
        made = browser.post("/collections/new", data=EVENT, follow_redirects=False)
        event = made.headers["location"].split("/")[2]
        assert add(browser, event, file(stream.getvalue())).status_code == 303
        with services.database.session() as session:
            assert len(session.scalars(select(EventPhotograph)).all()) == 1
