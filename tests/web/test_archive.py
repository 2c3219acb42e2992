"""The archive by year, the calendar of what is coming, enrolment and certificates."""

import re
import uuid
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from lxml import html
from sqlalchemy import select

from ingest.processes.uploaded_image import CoverReader
from kb.accounts import accounts
from kb.collections.participants import ERASED
from kb.domain import Visibility
from kb.projects.commands import create_project
from kb.runtime.logs import without_secrets
from kb.storage.collections import Collection, CollectionKind, Enrolment
from kb.storage.periodical import Issue, IssueState
from kb.storage.projects import MemberPart, ProjectMember, Stage
from kb.storage.tables import now
from tests.web.base import UNLIMITED, base, visit_as
from web.app import create_app
from web.network_upkeep import keep_network

ON_BOTH_DATABASES = True
TODAY = datetime.now(ZoneInfo("Europe/Rome")).date()
EVENT = {
    "title": "Laboratorio sul compostaggio", "argument": "Perché insieme.", "state": "published",
    "kind": "event", "event_type": "workshop", "held_in": "Siena", "organiser": "Terre Comuni",
}  # fmt: skip
HELD = EVENT | {
    "title": "Seminario sui biodistretti", "event_type": "seminar", "held_on": "2025-05-08",
    "begins_at": "15:30", "people": "Anna Rossi: relatrice\nLuca Bianchi", "licence": "CC BY 4.0",
    "recordings": "https://video.example.org/1",
    "programme": "9.30-10:15 Aprire il biodistretto | Anna Rossi\n10:15 Domande\n"
    "venerdì 9 maggio 2025\n9:00 Visita",
}  # fmt: skip
COMING = EVENT | {
    "held_on": str(TODAY + timedelta(days=20)), "places": "2", "hours": "6",
    "enrol_until": str(TODAY + timedelta(days=10)),
}  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory, sink, database):
    sink.received.clear()  # mails of the same tests on another database
    folder = tmp_path_factory.mktemp("archive")
    site = "http://testserver"
    with base(folder, smtp_url=sink.url, public_url=site, **UNLIMITED, **database) as opened:
        yield opened


@pytest.fixture(scope="module")
def be(services):
    """A visitor, or who has the role. Mails are sent when a test says so."""
    app = create_app(services)
    app.state.covers = CoverReader()

    yield partial(visit_as, app, services)
    app.state.covers.close()


@pytest.fixture
def make(be):
    """Make an event; returns its id."""

    def one(fields, **more):
        answer = be("curator").post("/collections/new", data=fields | more)
        assert answer.status_code == 303, words(answer)
        return answer.headers["location"].split("/")[2]

    return one


def words(answer):
    return " ".join(html.fromstring(answer.text).xpath("string(//main)").split())


def enrol(visitor, event, name, **more):
    sent = {"name": name, "email": f"{name.lower()}@example.org"} | more
    return visitor.post(f"/collections/{event}/enrol", data=sent)


def mail_to(sink, address):
    """The last one."""
    return [one.get_content() for one in sink.received if one["To"] == address][-1]


def link_in_mail(sink, address):
    mails = [one.get_content() for one in sink.received if one["To"] == address]
    return re.findall(r"http://testserver(/enrolments/\S+)", "".join(mails))[-1]


def test_the_archive_is_by_year_and_filtered_by_type_and_person(be, make):
    held, coming = make(HELD), make(COMING)
    page = be().get("/archive")
    assert "2025" in html.fromstring(page.text).xpath("//main//section/h2/text()")
    assert "Anna Rossi (relatrice), Luca Bianchi" in words(page)
    assert f"/collections/{coming}" not in page.text
    for query, found in (
        ("type=seminar", True), ("type=workshop", False), ("person=anna+rossi", True),
        ("person=Ada", False), ("type=none", False),
    ):  # fmt: skip
        assert (f"/collections/{held}" in be().get(f"/archive?{query}").text) is found, query
    for query, found in (
        ("", [coming]), ("?past=true", [held]), ("?past=true&type=workshop", []),
        ("?type=workshop", [coming]),
    ):  # fmt: skip
        listed = be().get(f"/api/v1/events{query}").json()
        assert [one["id"] for one in listed["events"]] == found, query
        assert listed["total"] == len(found)
    event = be().get(f"/collections/{held}")
    assert "https://video.example.org/1" in event.text
    assert "CC BY 4.0" in words(event)
    assert "15:30" in words(event)
    described = html.fromstring(event.text).xpath("//head/meta[starts-with(@name, 'DC.')]")
    told = {(one.get("name"), one.get("content")) for one in described}
    schema = html.fromstring(event.text).xpath("//head/link[@rel='schema.DC']/@href")
    assert schema == ["http://purl.org/dc/elements/1.1/"]
    assert told >= {
        ("DC.title", "Seminario sui biodistretti"), ("DC.type", "Event"),
        ("DC.date", "2025-05-08"), ("DC.contributor", "Anna Rossi (relatrice)"),
        ("DC.rights", "CC BY 4.0"), ("DC.identifier", f"http://testserver/collections/{held}"),
    }  # fmt: skip
    rows = html.fromstring(event.text).xpath("//table[@class='programme']//tr[td or th/@colspan]")
    told = [" ".join(row.xpath("string()").split()) for row in rows]
    assert [row.xpath("string(*[1])") for row in rows] == [
        "09:30–10:15", "10:15", "09/05/2025", "09:00",
    ]  # fmt: skip
    assert "Aprire il biodistretto" in told[0]
    assert "Anna Rossi" in told[0]
    shown = be().get(f"/api/v1/collections/{held}").json()
    assert shown["people"][0] == {"name": "Anna Rossi", "part": "relatrice"}
    assert shown["programme"][0]["who"] == "Anna Rossi"
    assert shown["begins_at"] == "15:30:00"
    edited = html.fromstring(be("curator").get(f"/collections/{held}/edit").text)
    assert edited.xpath("string(//textarea[@name='programme'])").split("\n")[2] == "2025-05-09"


def test_the_archive_holds_published_issues_and_projects_with_their_parts(be, services):
    with services.database.transaction() as session:
        for number, state, visibility in (
            (1, IssueState.PUBLISHED, "public"),
            (2, IssueState.APPROVED, "public"),
            (3, IssueState.PUBLISHED, "members"),
        ):
            kept = Collection(
                id=f"numero-{number}", title=f"Numero {number}", argument="Perché.",
                kind=CollectionKind.ISSUE, visibility=Visibility(visibility),
            )  # fmt: skip
            issue = Issue(number=number, dated=date(2025, 3, 1), state=state, collection=kept)
            session.add(issue)
        officer = accounts.access_of(accounts.get(session, "a-officer"))
        plan = {"title": "Compost a Siena", "lead_body": "Comune di Siena", "language": "it"}
        made = create_project(session, officer, plan | {"municipality": "052032"})
        made.record = made.record | {"concluded": "2025-02-01"}
        made.stage, made.visibility = Stage.STOPPED, Visibility.PUBLIC
        made.members.append(
            ProjectMember(part=MemberPart.PARTNER, body="Università di Siena", joined_at=now())
        )
    shown = words(be().get("/archive"))
    assert "Numero 1" in shown
    assert "Numero 2" not in shown
    assert "Numero 3" not in shown
    assert "Università di Siena (partner)" in shown
    assert "Numero 3" in words(be("member").get("/archive?type=issue"))
    for role, numbers in ((None, [1]), ("member", [3, 1])):
        listed = be(role).get("/api/v1/magazine").json()["issues"]
        assert [one["number"] for one in listed] == numbers
        page = words(be(role).get("/magazine"))
        assert [f"Numero {n}" in page for n in (1, 2, 3)] == [True, False, 3 in numbers]
    for address in ("/magazine/3", "/magazine/3/issue.epub", "/api/v1/magazine/3"):
        assert be().get(address).status_code == 404, address
    assert "Compost a Siena" not in words(be().get("/archive?type=issue"))


def test_a_place_that_nobody_confirms_goes_to_who_waits(be, make, services, sink):
    coming = make(COMING, title="Corso da confermare", places="2")
    visitor, listed = be(), f"/collections/{coming}/participants"
    enrol(visitor, coming, "Olga", email="olga@example.net")
    enrol(visitor, coming, "Pia", email="pia@example.net")
    told = words(
        visitor.get(enrol(visitor, coming, "Rita", email="rita@example.net").headers["location"])
    )
    assert "apri il messaggio" in told
    assert "48 ore" in told
    keep_network(services)
    olga, pia, rita = (
        link_in_mail(sink, f"{name}@example.net") for name in ("olga", "pia", "rita")
    )
    assert "Conferma il mio posto" in words(visitor.get(olga))
    assert words(be("curator").get(listed)).count("da confermare entro") == 3, "a look is no yes"
    assert visitor.post(f"{olga}/confirm").headers["location"].endswith("done=confirmed")
    assert "Il tuo posto è confermato" in words(visitor.get(f"{olga}?done=confirmed"))
    visitor.post(f"{rita}/confirm")
    with services.database.transaction() as session:
        rows = session.scalars(select(Enrolment).where(Enrolment.collection_id == coming))
        for row in rows:
            row.confirm_by = row.confirm_by and now() - timedelta(hours=1)
    keep_network(services)
    people = words(be("curator").get(listed))
    assert "Olga" in people
    assert "Pia" not in people
    assert "lista d’attesa)" not in people, "Rita moved up"
    assert "si è liberato un posto" in mail_to(sink, "rita@example.net")
    assert "da confermare entro" not in people
    late = words(visitor.get(pia))
    assert "non è stato confermato" in late
    assert "saresti in lista d’attesa" in late
    assert visitor.post(f"{pia}/confirm").status_code == 303
    assert "sei in lista d’attesa" in words(visitor.get(pia))
    visitor.post(olga)
    assert "lista d’attesa" not in words(visitor.get(pia))
    assert visitor.post(f"{olga}/confirm").status_code == 422
    assert visitor.post("/enrolments/nobody/confirm").status_code == 404


def set_deadline(services, event, **days):
    """Move the end of what is held, and the day of the event, by so many days from now."""
    with services.database.transaction() as session:
        session.get_one(Collection, event).held_on = TODAY + timedelta(days=days["held_on"])
        for row in session.scalars(select(Enrolment).where(Enrolment.collection_id == event)):
            row.confirm_by = row.confirm_by and now() + timedelta(days=days["confirm_by"])


def test_who_comes_unconfirmed_is_on_the_list_of_the_day(be, make, services, sink):
    event = make(COMING, title="Corso della sera prima", places="1")
    page, curator = f"/collections/{event}/participants", be("curator")
    enrol(be(), event, "Lea", email="lea@example.net")
    set_deadline(services, event, held_on=9, confirm_by=-1)
    keep_network(services)
    enrol(be(), event, "Mia", email="mia@example.net")
    assert "Lea" not in words(curator.get(page))
    set_deadline(services, event, held_on=0, confirm_by=-1)
    keep_network(services)
    listed = html.fromstring(curator.get(page).text)
    assert "Lea (non confermato in tempo)" in " ".join(listed.xpath("string(//main)").split())
    assert "Mia" in listed.xpath("string(//tbody/tr[1]/th)"), "kept the place: the event has begun"
    assert "posto ceduto" in curator.get(f"{page}.csv").text
    lea = listed.xpath("//tbody/tr[2]//input[@name='present']/@value")
    assert curator.post(page, data={"present": lea}).status_code == 303
    assert "certificate.pdf" in be().get(link_in_mail(sink, "lea@example.net")).text


def test_an_old_link_leads_to_the_enrolment_of_now(be, make, services, sink):
    event = make(COMING, title="Corso con due moduli", places="1")
    enrol(be(), event, "Ivo", email="ivo@example.net")
    keep_network(services)
    old = link_in_mail(sink, "ivo@example.net")
    set_deadline(services, event, held_on=20, confirm_by=-1)
    keep_network(services)
    enrol(be(), event, "Ivo", email="ivo@example.net")
    assert be().post(f"{old}/confirm").status_code == 303
    assert "Ivo, il tuo posto" in words(be().get(old)) or "hai un posto" in words(be().get(old))
    assert words(be("curator").get(f"/collections/{event}/participants")).count("Ivo") == 2
    with services.database.session() as session:
        rows = session.scalars(select(Enrolment).where(Enrolment.collection_id == event)).all()
    assert sorted((one.state, one.confirm_by is None) for one in rows) == [
        ("enrolled", True), ("lapsed", False),
    ]  # fmt: skip


def test_who_moves_up_has_time_and_a_link_to_confirm(be, make, services, sink):
    event = make(COMING, title="Corso con un posto", places="1")
    enrol(be(), event, "Ugo", email="ugo@example.net")
    enrol(be(), event, "Zoe", email="zoe@example.net")
    keep_network(services)
    set_deadline(services, event, held_on=20, confirm_by=0.01)
    be().post(link_in_mail(sink, "ugo@example.net"))
    keep_network(services)
    assert "Confermalo qui entro" in mail_to(sink, "zoe@example.net")
    assert be().post(f"{link_in_mail(sink, 'zoe@example.net')}/confirm").status_code == 303
    with services.database.session() as session:
        chosen = select(Enrolment).where(Enrolment.email == "zoe@example.net")
        assert session.scalars(chosen).one().state == "enrolled"


def test_the_calendar_is_a_page_a_file_and_a_feed(be, make):
    held, coming = make(HELD), make(COMING)
    page = be().get("/calendar")
    assert f"/collections/{coming}" in page.text
    assert f"/collections/{held}" not in page.text
    events = Calendar.from_ical(be().get("/calendar.ics").text).walk("VEVENT")
    known = {str(event["uid"]) for event in events}
    assert f"{coming}@terre-comuni" in known
    assert f"{held}@terre-comuni" not in known
    assert f"http://testserver/collections/{coming}" in be().get("/calendar.atom").text


def test_places_waiting_list_withdrawal_attendance_and_certificate(be, make, services, sink):
    coming = make(COMING)
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
    told = curator.get(f"/collections/{coming}/participants.csv").text
    assert "Bea" in told
    assert "Ada" not in told


@pytest.fixture
def attended(be, make, services, sink):
    """An event that begins today, the link of the first of two who enrolled, and her id."""
    event = make(COMING, title=f"Corso {uuid.uuid4()}")
    for name in ("Bea", "Carla"):
        enrol(be(), event, name)
    keep_network(services)
    link = link_in_mail(sink, "bea@example.org")
    page = f"/collections/{event}/participants"
    listed = be("curator").get(page)
    ids = html.fromstring(listed.text).xpath("//input[@name='present']/@value")
    assert be("curator").post(page, data={"present": ids}).status_code == 422
    with services.database.transaction() as session:
        session.get_one(Collection, event).held_on = TODAY
    return event, link, ids


def test_who_attended_gets_a_certificate_that_stays(be, services, attended):
    event, link, (bea, carla) = attended
    visitor, curator = be(), be("curator")
    page = f"/collections/{event}/participants"
    assert curator.post(page, data={"present": [bea]}).status_code == 303
    assert curator.post(page, data={"before": [], "present": [carla]}).status_code == 303
    assert curator.post(page, data={"before": [carla], "present": []}).status_code == 303
    assert visitor.post(link).status_code == 422
    assert curator.post(f"/collections/{event}/delete").status_code == 422
    (paper,) = html.fromstring(visitor.get(link).text).xpath("//a[contains(@href, 'te.pdf')]/@href")
    assert visitor.get(paper).content.startswith(b"%PDF")
    with services.database.transaction() as session:
        row = session.get_one(Collection, event)
        row.held_on, row.title = TODAY - ERASED - timedelta(days=1), "Altro titolo"
    keep_network(services)
    with services.database.session() as session:
        (kept,) = session.scalars(select(Enrolment).where(Enrolment.collection_id == event))
        assert (kept.name, kept.email) == ("Bea", "")
    verified = words(visitor.get(paper.removesuffix("/certificate.pdf")))
    assert "Bea ha partecipato a: Corso" in verified
    assert "Ore: 6" in verified
    assert "chiuse" in words(visitor.get(f"/collections/{event}/enrol"))
    assert enrol(visitor, event, "Dina").status_code == 422


def test_an_event_with_people_stays_one(be, services, attended):
    event, _, _ = attended
    with services.database.session() as session:
        revision = session.get_one(Collection, event).revision
    thematic = COMING | {"kind": "thematic", "revision": str(revision)}
    answer = be("curator").post(f"/collections/{event}/edit", data=thematic)
    assert answer.status_code == 422
    assert "rimettilo in bozza" in words(answer)


def test_more_places_go_to_those_who_wait(be, make, services, sink):
    curator, visitor = be("curator"), be()
    fields = COMING | {"title": "Corso breve", "places": "1"}
    made = make(fields)
    assert enrol(visitor, made, "Elsa").headers["location"].endswith("done=enrolled")
    assert enrol(visitor, made, "Fulvia").headers["location"].endswith("done=waiting")
    with services.database.session() as session:
        revision = session.get_one(Collection, made).revision
    more = fields | {"places": "2", "revision": str(revision)}
    assert curator.post(f"/collections/{made}/edit", data=more).status_code == 303
    assert enrol(visitor, made, "Gina").headers["location"].endswith("done=waiting")
    keep_network(services)
    told = [one.get_content() for one in sink.received if one["To"] == "fulvia@example.org"]
    assert "si è liberato un posto" in told[-1]


def test_a_link_that_was_mailed_stands_in_no_other_address(be, make, services, sink):
    coming = make(COMING)
    visitor = be()
    assert enrol(visitor, coming, "Nora").status_code == 303
    keep_network(services)
    address = link_in_mail(sink, "nora@example.org")
    page = visitor.get(address)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    token = address.rpartition("/")[2]
    links = html.fromstring(page.text).xpath("//a/@href")
    assert not [link for link in links if token in link]
    event = without_secrets(None, "", {"path": address})
    assert token not in str(event)


def test_events_of_members_are_in_no_public_calendar(be):
    fields = COMING | {"title": "Riunione interna", "visibility": "members"}
    assert be("curator").post("/collections/new", data=fields).status_code == 303
    assert "Riunione interna" in words(be("member").get("/calendar"))
    for address in ("/calendar", "/calendar.ics", "/calendar.atom", "/archive"):
        assert "Riunione interna" not in be().get(address).text
        if address != "/calendar":
            assert "Riunione interna" not in be("member").get(address).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"places": "molti"}, "numero intero"),
        ({"places": "0"}, "un numero da 1 a"),
        ({"recordings": "javascript:alert(1)"}, "non è un indirizzo web"),
        ({"begins_at": "tardi"}, "15:30"),
        ({"programme": "9:30 Saluti\nPoi si vede\nE poi"}, "“Poi si vede”, “E poi”"),
        ({"programme": "9:30 Saluti\nvenerdì 9 maggio 2025"}, "“venerdì 9 maggio 2025”"),
        ({"programme": "9/5/2025\n10.5.2025\n9:30 Saluti"}, "giorno senza righe: “9/5/2025”"),
        ({"programme": "25:30 Saluti"}, "Non si capisce"),
        ({"enrol_until": str(TODAY + timedelta(days=30))}, "o prima"),
    ],
)
def test_what_is_wrong_with_an_event_is_said(be, wrong, sentence):
    answer = be("curator").post("/collections/new", data=COMING | wrong)
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_who_enrols_leaves_name_and_address(be, make):
    coming = make(COMING)
    answer = enrol(be(), coming, "", email="ada")
    assert answer.status_code == 422
    assert "nome e cognome" in words(answer)
    spam = enrol(be(), coming, "Vinci su http://x.example")
    assert "senza indirizzi web" in words(spam)
    assert enrol(be(), make(HELD), "Ada").status_code == 404
    assert be().get("/enrolments/nobody").status_code == 404
    assert be().get("/certificates/nothing").status_code == 404
