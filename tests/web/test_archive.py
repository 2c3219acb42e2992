"""The archive by year, the calendar of what is coming, enrolment and certificates."""

import re
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from icalendar import Calendar
from lxml import html
from sqlalchemy import select

from kb.accounts import accounts
from kb.accounts.sessions import open_session
from kb.collections.enrolments import ERASED
from kb.storage.collections import Collection, Enrolment
from tests.mail_sink import Sink
from tests.web.base import UNLIMITED, base
from web.app import create_app
from web.http.cookies import SESSION_COOKIE
from web.network_upkeep import keep_network

TODAY = date.today()
EVENT = {
    "title": "Laboratorio sul compostaggio", "argument": "Perché insieme.", "state": "published",
    "kind": "event", "event_type": "workshop", "held_in": "Siena", "organiser": "Terre Comuni",
}  # fmt: skip
HELD = EVENT | {
    "title": "Seminario sui biodistretti", "event_type": "seminar", "held_on": "2025-05-08",
    "begins_at": "15:30", "people": "Anna Rossi: relatrice\nLuca Bianchi", "licence": "CC BY 4.0",
    "recordings": "https://video.example.org/1",
}  # fmt: skip
COMING = EVENT | {
    "held_on": str(TODAY + timedelta(days=20)), "places": "2", "hours": "6",
    "enrol_until": str(TODAY + timedelta(days=10)),
}  # fmt: skip


@pytest.fixture(scope="module")
def sink():
    opened = Sink()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def services(tmp_path_factory, sink):
    folder = tmp_path_factory.mktemp("archive")
    site = "http://testserver"
    with base(folder, smtp_url=sink.url, public_url=site, **UNLIMITED) as opened:
        yield opened


@pytest.fixture(scope="module")
def be(services):
    """A visitor, or who has the role."""
    app = create_app(services)

    def sign_in(role=None):
        visitor = TestClient(app, headers={"Accept-Language": "it"}, follow_redirects=False)
        if role:
            with services.database.transaction() as session:
                token = open_session(session, accounts.get(session, f"a-{role}"), timedelta(days=1))
            visitor.cookies.set(SESSION_COOKIE, token)
        return visitor

    return sign_in


@pytest.fixture(scope="module")
def events(be):
    """Ids of an event of the past and of one that is coming."""
    made = [be("curator").post("/collections/new", data=fields) for fields in (HELD, COMING)]
    return [answer.headers["location"].split("/")[2] for answer in made]


def words(answer):
    return " ".join(html.fromstring(answer.text).xpath("string(//main)").split())


def enrol(visitor, event, name, **more):
    sent = {"name": name, "email": f"{name.lower()}@example.org"} | more
    return visitor.post(f"/collections/{event}/enrol", data=sent)


def link_in_mail(sink, address):
    mails = [one.get_content() for one in sink.received if one["To"] == address]
    return re.findall(r"http://testserver(/enrolments/\S+)", "".join(mails))[-1]


def test_the_archive_is_by_year_and_filtered_by_type_and_person(be, events):
    held, coming = events
    page = be().get("/archive")
    assert html.fromstring(page.text).xpath("//main//section/h2/text()") == ["2025"]
    assert "Anna Rossi (relatrice), Luca Bianchi" in words(page)
    assert f"/collections/{coming}" not in page.text
    for query, found in (
        ("type=seminar", True), ("type=workshop", False), ("person=anna+rossi", True),
        ("person=Ada", False), ("type=%00&person=%27", False),
    ):  # fmt: skip
        assert (f"/collections/{held}" in be().get(f"/archive?{query}").text) is found, query
    event = be().get(f"/collections/{held}")
    assert "https://video.example.org/1" in event.text
    assert "CC BY 4.0" in words(event)
    assert "15:30" in words(event)


def test_the_calendar_is_a_page_a_file_and_a_feed(be, events):
    held, coming = events
    page = be().get("/calendar")
    assert f"/collections/{coming}" in page.text
    assert f"/collections/{held}" not in page.text
    (event,) = Calendar.from_ical(be().get("/calendar.ics").text).walk("VEVENT")
    assert event["uid"] == f"{coming}@terre-comuni"
    assert f"http://testserver/collections/{coming}" in be().get("/calendar.atom").text


def test_places_waiting_list_withdrawal_attendance_and_certificate(be, events, services, sink):
    _, coming = events
    visitor, curator = be(), be("curator")
    assert "Posti liberi: 2 su 2" in words(visitor.get(f"/collections/{coming}"))
    assert enrol(visitor, coming, "Ada").headers["location"].endswith("done=enrolled")
    assert enrol(visitor, coming, "Bea").headers["location"].endswith("done=enrolled")
    assert enrol(visitor, coming, "Bea").headers["location"].endswith("done=enrolled")
    assert enrol(visitor, coming, "Carla").headers["location"].endswith("done=waiting")
    keep_network(services)
    own = link_in_mail(sink, "ada@example.org")
    visitor.get(own)
    assert "Carla (lista d’attesa)" in words(curator.get(f"/collections/{coming}/participants"))
    assert visitor.post(own).status_code == 303
    assert "Non hai più un posto" in words(visitor.get(own))
    keep_network(services)
    moved = [one for one in sink.received if one["To"] == "carla@example.org"][-1]
    assert "si è liberato un posto" in moved.get_content()
    listed = curator.get(f"/collections/{coming}/participants")
    present = html.fromstring(listed.text).xpath("//input[@name='present']/@value")
    assert len(present) == 2
    assert "Bea" in curator.get(f"/collections/{coming}/participants.csv").text
    held = {"present": present[:1]}
    assert curator.post(f"/collections/{coming}/participants", data=held).status_code == 303
    own = visitor.get(link_in_mail(sink, "bea@example.org"))
    (paper,) = html.fromstring(own.text).xpath("//a[contains(@href, 'certificate.pdf')]/@href")
    assert visitor.get(paper).content.startswith(b"%PDF")
    verified = words(visitor.get(paper.removesuffix("/certificate.pdf")))
    assert "Bea ha partecipato a" in verified
    assert "Ore: 6" in verified
    with services.database.transaction() as session:
        session.get_one(Collection, coming).held_on = TODAY - ERASED - timedelta(days=1)
    keep_network(services)
    with services.database.session() as session:
        (kept,) = session.scalars(select(Enrolment))
        assert (kept.name, kept.email) == ("Bea", "")
    assert visitor.get(paper).status_code == 200
    assert "chiuse" in words(visitor.get(f"/collections/{coming}/enrol"))
    assert enrol(visitor, coming, "Dina").status_code == 422


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"places": "molti"}, "numero intero"),
        ({"places": "0"}, "un numero da 1 a"),
        ({"recordings": "javascript:alert(1)"}, "non è un indirizzo web"),
        ({"begins_at": "tardi"}, "15:30"),
        ({"enrol_until": str(TODAY + timedelta(days=30))}, "o prima"),
    ],
)
def test_what_is_wrong_with_an_event_is_said(be, wrong, sentence):
    answer = be("curator").post("/collections/new", data=COMING | wrong)
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_who_enrols_leaves_name_and_address(be, events):
    made = be("curator").post("/collections/new", data=COMING)
    answer = enrol(be(), made.headers["location"].split("/")[2], "", email="ada")
    assert answer.status_code == 422
    assert "nome e cognome" in words(answer)
    assert enrol(be(), events[0], "Ada").status_code == 404
    assert be().get("/enrolments/nobody").status_code == 404
    assert be().get("/certificates/nothing").status_code == 404
