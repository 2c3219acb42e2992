"""The network: who agreed is found with reasons, asked once by mail, hidden after a year."""

import re
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from icalendar import Calendar
from lxml import html
from sqlalchemy import select

from kb.access import Role
from kb.accounts import accounts
from kb.maintenance.check import check_base
from kb.network.profiles import VALID
from kb.projects.commands import create_project, save_indicator
from kb.projects.indicators import IndicatorFields
from kb.runtime.outbox import LEASE, send_waiting
from kb.storage.accounts import AuditEntry
from kb.storage.collections import Collection, CollectionKind, CollectionState, EventType
from kb.storage.network import BoardLine, ContactRequest, OutgoingMail, Profile, RequestState
from kb.storage.projects import MemberPart, ProjectMember, ProjectRow, Stage
from kb.storage.tables import UnansweredQuestion, now
from kb.vocabulary.vocabularies import label
from tests.web.base import indexed_base, sign_in_as
from web.app import create_app
from web.due_mails import queue_due_mails
from web.network_upkeep import keep_network

ON_BOTH_DATABASES = True
CARD = "besancon-compostaggio-diffuso"
OFFERS = (
    "Abbiamo avviato un biodistretto con dodici aziende agricole.\n"
    "Possiamo spiegare come si scrive il regolamento di un mercato contadino."
)
BODY = {
    "kind": "body", "name": "Distretto biologico della Maremma", "offers": OFFERS,
    "seeks": "Cerchiamo chi ha aperto una mensa con prodotti locali.",
    "themes": ["tourism-agriculture"], "languages": ["it", "en"], "municipality": "Scansano",
    "known": f"https://kb.example.org/practices/{CARD}?lang=it#results", "visibility": "public",
    "email": "distretto@example.org",
    "shown": ["name", "offers", "themes", "municipality", "known"],
    "agreed_by": "Anna Rossi, presidente", "agreed_on": "2026-05-04", "agreed_how": "Lettera",
}  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory, sink, database):
    sink.received.clear()  # mails of the same tests on another database
    with indexed_base(
        tmp_path_factory.mktemp("network"), (CARD,), smtp_url=sink.url,
        public_url="http://testserver", **database,
    ) as opened:  # fmt: skip
        with opened.database.transaction() as session:
            for role in Role:
                accounts.get(session, f"a-{role}").email = f"{role}@example.org"
        yield opened


@pytest.fixture(scope="module")
def site(services):
    """Without its watcher, so that mails are sent when a test says so."""
    return TestClient(create_app(services), headers={"Accept-Language": "it"})


@pytest.fixture
def be(site, services):
    """The site for who has a role; for nobody, without one."""

    def sign_in(role=None):
        site.cookies.clear()
        return sign_in_as(site, services, f"a-{role}") if role else site

    return sign_in


@pytest.fixture(scope="module")
def body_id(site, services):
    sign_in_as(site, services, "a-curator")
    answer = site.post("/network/new", data=BODY, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    site.cookies.clear()
    return answer.headers["location"].rpartition("/")[2]


def words(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


def rows(services, kind):
    with services.database.session() as session:
        return session.scalars(select(kind)).all()


def test_a_curator_enters_only_what_was_agreed(be):
    site = be(Role.CURATOR)
    for missing, sentence in (
        ({"agreed_by": ""}, "chi ha dato il consenso"),
        ({"agreed_on": "2999-01-01"}, "deve ancora venire"),
        ({"agreed_on": "ieri"}, "anno-mese-giorno"),
        ({"agreed_how": " "}, "in che modo"),
        ({"offers": ""}, "in che cosa puoi aiutare"),
        ({"municipality": "Atlantide"}, "Atlantide"),
        ({"known": "https://kb.example.org/practices/nowhere?x=1#results"}, "«nowhere»"),
        ({"email": "a b"}, "non è un indirizzo"),
        ({"offers": "x" * 2001}, "Troppo lungo"),
    ):
        answer = site.post("/network/new", data=BODY | missing)
        assert answer.status_code == 422, missing
        assert sentence in words(answer), missing
        assert BODY["name"] in answer.text
    assert be(Role.MEMBER).post("/network/new", data=BODY).status_code == 403


def test_who_can_help_is_named_with_reasons_and_no_address(be, body_id):
    page = be().get(
        "/network", params={"need": "come si avvia un biodistretto", "where": "Scansano"}
    )
    found = html.fromstring(page.text).xpath("//section[@aria-labelledby='found-title']")[0]
    said = " ".join(found.text_content().split())
    assert "«Abbiamo avviato un biodistretto con dodici aziende agricole.»" in said
    assert "Comune simile" in said
    assert "Nella stessa provincia" in said
    by_practice = be().get("/network", params={"need": "compostaggio di quartiere"})
    assert "Conosce «" in words(by_practice)
    by_theme = be().get("/network", params={"where": label("themes", BODY["themes"][0], "it")})
    assert "Stesso tema" in words(by_theme)
    nobody = be().get("/network", params={"need": "arbitri di pallavolo"})
    assert "Ancora nessuno" in words(nobody)
    wrong = be().get("/network", params={"need": "biodistretto", "where": "Atlantide"})
    assert wrong.status_code == 422
    assert "né un tema né un comune" in words(wrong)
    assert "Abbiamo avviato" in words(wrong)
    for answer in (page, by_practice, be(Role.ADMIN).get(f"/network/{body_id}")):
        assert "distretto@example.org" not in answer.text
        assert "mensa con prodotti locali" not in answer.text  # no consent for what they seek


def test_profiles_stand_beside_what_a_search_finds(be, body_id):
    for question in ("chi sa di biodistretti?", "biodistretto"):
        page = html.fromstring(be().get("/search", params={"q": question}).text)
        (link,) = page.xpath("//div[contains(@class, 'found-profiles')]//a")
        assert link.get("href") == f"/network/{body_id}"
    found = be().get("/api/v1/search", params={"q": "biodistretto"}).json()["profiles"]
    assert [(one["id"], one["kind"]) for one in found] == [(body_id, "body")]
    other = be().get("/api/v1/search", params={"q": "campionato di pallavolo"}).json()
    assert other["profiles"] == []
    listed = be().get("/api/v1/network", params={"need": "biodistretto"}).json()
    assert listed[0]["known"] == [CARD]
    assert "email" not in listed[0]
    assert be().get(f"/api/v1/network/{body_id}").json()["seeks"] == ""
    assert be().get("/api/v1/network", params={"where": "Atlantide"}).status_code == 422


def test_a_profile_for_members_is_hidden_from_others_everywhere(be, services):
    own = {
        "name": "Vera Bianchi", "offers": "So allevare la pecora zerasca.", "visibility": "members",
        "shown": ["name", "offers"],
    }  # fmt: skip
    site = be(Role.OFFICER)
    assert site.post("/network/profile", data=own | {"shown": ["name"]}).status_code == 200
    assert "Nessuno vede ancora questo profilo" in words(site.get("/network/profile"))
    assert "Vera Bianchi" not in be(Role.MEMBER).get("/network").text
    be(Role.OFFICER).post("/network/profile", data=own)
    (profile,) = [one for one in rows(services, Profile) if one.account_id]
    places = (
        "/network", f"/network/{profile.id}", "/network?need=pecora+zerasca",
        "/search?q=pecora+zerasca", "/api/v1/search?q=pecora+zerasca", "/api/v1/network",
        "/api/v1/network?need=pecora+zerasca", f"/api/v1/network/{profile.id}",
    )  # fmt: skip
    for place in places:
        assert "Vera Bianchi" in be(Role.MEMBER).get(place).text, place
        assert "Vera Bianchi" not in be().get(place).text, place
    kept = be(Role.OFFICER).get("/network/profile/data.json").json()
    assert kept["profile"]["name"] == "Vera Bianchi"
    assert kept["profile"]["consents"]["offers"]["text"] == "2026-11"
    assert "confirm_sha256" not in kept["profile"]
    with services.database.transaction() as session:
        again = session.get(Profile, profile.id)
        again.consents = {"offers": {"on": "2020-01-01", "text": "2019-01"}}
    be(Role.OFFICER).post("/network/profile", data=own)
    kept = be(Role.OFFICER).get("/network/profile/data.json").json()["profile"]["consents"]
    assert kept["offers"]["text"] == "2026-11", "agreed to the text that stands there now"
    be(Role.OFFICER).post("/network/profile/delete")
    lost = be(Role.MEMBER).post(
        "/network/ask", data={"to": profile.id, "question": "Come si tosa?", "tried": "Forbici."}
    )
    assert lost.status_code == 422
    assert "Forbici." in words(lost)
    assert 'name="to" value=""' in lost.text
    assert "Vera Bianchi" not in be(Role.MEMBER).get("/network").text
    assert be(Role.OFFICER).get("/network/profile/data.json").json()["profile"] is None


def test_a_request_is_relayed_once_and_its_answer_too(be, services, sink, body_id):
    site = be(Role.MEMBER)
    empty = site.post("/network/ask", data={"to": body_id, "question": " ", "tried": "Nulla"})
    assert empty.status_code == 422
    assert "Nulla" in empty.text
    asked = {"to": body_id, "question": "Come avete cominciato?", "tried": "Due riunioni."}
    assert "è in viaggio" in words(site.post("/network/ask", data=asked))
    keep_network(services)
    keep_network(services)
    (mail,) = [one for one in sink.received if "Come avete cominciato?" in one.get_content()]
    assert mail["To"] == "distretto@example.org"
    assert mail["Reply-To"] is None
    assert "member@example.org" not in mail.as_string()
    again = site.post("/network/ask", data=asked)
    assert again.status_code == 422
    assert "non ha ancora risposta" in words(again)
    link = re.search(r"http://testserver(/network/answer/\S+)", mail.get_content())[1]
    be()
    assert "Due riunioni." in words(site.get(link))
    assert rows(services, ContactRequest)[0].state is RequestState.ASKED
    reported = site.post(link, data={"do": "report", "reply": "Pubblicità molesta"})
    assert "Pubblicità molesta" not in reported.text, "a report is no answer"
    kept = be(Role.MEMBER).get("/network/profile/data.json")
    assert "Pubblicità" not in kept.text
    assert kept.json()["requests_made"][0]["question"] == asked["question"]
    be()
    bare = site.post(link, data={"do": "accept", "reply": " "})
    assert bare.status_code == 422
    assert "Scrivi" in words(bare)
    assert site.post(link, data={"do": "maybe"}).status_code == 422
    assert "Accettata" in words(
        site.post(link, data={"do": "accept", "reply": "Venite a trovarci."})
    )
    assert site.post(link, data={"do": "decline"}).status_code == 422
    keep_network(services)
    assert rows(services, OutgoingMail) == []
    (answer,) = [one for one in sink.received if "Venite a trovarci." in one.get_content()]
    assert answer["To"] == "member@example.org"
    assert "distretto@example.org" not in answer.as_string()
    assert "Venite a trovarci." in words(be(Role.MEMBER).get("/network/requests"))


def test_five_requests_a_week_and_a_report(be, services, body_id):
    site = be(Role.RESEARCHER)
    for number in range(5):
        sent = site.post("/network/ask", data={"question": f"Domanda {number}"})
        assert sent.status_code == 200
    sixth = site.post("/network/ask", data={"question": "Domanda di troppo"})
    assert sixth.status_code == 422
    assert "5 richieste" in words(sixth)
    assert "Domanda di troppo" in sixth.text
    with services.database.transaction() as session:
        for one in session.scalars(select(ContactRequest)):
            one.asked_at = now() - timedelta(days=8)
    assert site.post("/network/ask", data={"question": "Una settimana dopo"}).status_code == 200
    with services.database.transaction() as session:
        for one in session.scalars(select(ContactRequest)):
            one.asked_at = now() - timedelta(days=91)
    keep_network(services)
    for one in rows(services, ContactRequest):
        assert (one.question, one.reply, one.tried) == ("", "", "")
        assert one.state is not RequestState.ASKED


def test_a_year_without_confirmation_hides_and_a_link_confirms(be, services, sink, body_id):
    def move(back):
        with services.database.transaction() as session:
            session.get(Profile, body_id).confirmed_at = now() - back

    move(VALID - timedelta(days=5))
    keep_network(services)
    keep_network(services)
    (mail,) = [one for one in sink.received if "/network/confirm/" in one.get_content()]
    assert mail["To"] == "distretto@example.org"
    move(VALID + timedelta(days=1))
    for place in ("/network", "/network?need=biodistretto", "/search?q=biodistretto"):
        assert "Distretto biologico" not in be().get(place).text
    assert be().get(f"/network/{body_id}").status_code == 404
    link = re.search(r"http://testserver(/network/confirm/\S+)", mail.get_content())[1]
    assert "ancora vero" in words(be().get(link))
    assert be().get(f"/network/{body_id}").status_code == 404  # looking at the link does nothing
    assert "un altro anno" in words(be().post(link))
    assert be().get(f"/network/{body_id}").status_code == 200
    assert be().get(link).status_code == 404


def test_the_check_of_a_base_names_what_a_profile_knows_and_is_gone(services, body_id):
    with services.database.transaction() as session:
        session.get(Profile, body_id).known = [CARD, "gone"]
    found = [one for one in check_base(services).differences if one.where == "gone"]
    assert "Distretto biologico della Maremma" in str(found[0].what)
    assert found[0].notice


def test_the_unit_proposes_a_meeting_that_calendars_read(be, services, sink, body_id):
    with services.database.transaction() as session:
        session.get(Profile, body_id).confirmed_at = now()
    ask = {"question": "Vorremmo avviare un biodistretto tra cinque comuni."}
    with services.database.transaction() as session:
        mute = Profile(kind="body", name="Muta", offers="x", consents={"name": {}, "offers": {}})
        session.add(mute)
        session.flush()
        mute_id = mute.id
    unheard = be(Role.OFFICER).post("/network/ask", data=ask | {"to": mute_id})
    assert unheard.status_code == 422
    assert "né un account né un indirizzo" in words(unheard)
    be(Role.OFFICER).post("/network/ask", data=ask)
    assert be(Role.MEMBER).get("/desk").status_code == 403
    site = be(Role.CURATOR)
    desk = html.fromstring(site.get("/desk").text)
    (address,) = desk.xpath("//a[contains(., 'biodistretto tra cinque comuni')]/@href")
    page = words(site.get(address))
    assert "«Abbiamo avviato un biodistretto" in page
    meeting = {
        "do": "meeting", "title": "Incontro sui biodistretti", "on": "2099-05-04", "at": "15:30",
        "place": "Scansano", "about": "Come si comincia.", "invited": [body_id],
    }  # fmt: skip
    for wrong, sentence in (
        ({"on": "2001-01-01"}, "Questo giorno è passato"),
        ({"on": "domani"}, "anno-mese-giorno"),
        ({"at": "25"}, "ore e minuti"),
        ({"invited": []}, "Scegli chi invitare"),
        ({"invited": [mute_id]}, "Muta"),
        ({"invited": ["gone"]}, "non è più visibile"),
        ({"on": "9999-12-31"}, "2200"),
        ({"do": "dance"}, "Scegli che cosa fare"),
    ):
        answer = site.post(address, data=meeting | wrong)
        assert answer.status_code == 422, wrong
        assert sentence in words(answer), wrong
        assert "Incontro sui biodistretti" in answer.text
    assert "è una bozza" in words(site.post(address, data=meeting))
    assert site.post(address, data=meeting).status_code == 422
    keep_network(services)
    invited = [one for one in sink.received if "Incontro sui biodistretti" in one["Subject"]]
    assert {one["To"] for one in invited} == {"distretto@example.org", "officer@example.org"}
    (attached,) = invited[0].iter_attachments()
    event = Calendar.from_ical(attached.get_content()).events[0]
    assert event.start.isoformat() == "2099-05-04T13:30:00+00:00"
    assert event["location"] == "Scansano"
    (request,) = [one for one in rows(services, ContactRequest) if one.meeting_id]
    file = f"/collections/{request.meeting_id}/event.ics"
    assert be().get(file).status_code == 404  # a draft for members
    assert "url" not in Calendar.from_ical(be(Role.CURATOR).get(file).text).events[0]
    with services.database.transaction() as session:
        event = session.get(Collection, request.meeting_id)
        event.held_until, event.state = date(2099, 5, 6), CollectionState.PUBLISHED
    event = Calendar.from_ical(be(Role.CURATOR).get(file).text).events[0]
    assert event["url"]
    assert (event.start, event.end) == (date(2099, 5, 4), date(2099, 5, 7))
    assert "15:30" in words(site.get(f"/collections/{request.meeting_id}"))


def test_the_board_sets_signed_lines_that_are_kept(be, services):
    line = {"text": "Come si tiene aperta una scuola con dieci alunni?", "practices": CARD}
    with services.database.transaction() as session:
        session.add(UnansweredQuestion(text="Scuole con pluriclassi?", language="it"))
    refused = be(Role.RESEARCHER).post("/direction", data=line)
    assert refused.status_code == 422
    assert "comitato scientifico" in words(refused)
    with services.database.session() as session:
        account_id = accounts.get(session, "a-researcher").id
    be(Role.ADMIN).post(f"/admin/accounts/{account_id}/board", data={"board": "true"})
    site = be(Role.RESEARCHER)
    unknown = site.post("/direction", data=line | {"practices": "/practices/nowhere"})
    assert unknown.status_code == 422
    assert "nowhere" in words(unknown)
    assert line["text"] in unknown.text
    for number in range(7):
        text = line["text"] if number == 0 else f"Linea {number}"
        given = line | {"text": text, "questions": ["Scuole con pluriclassi?", "never asked"]}
        assert site.post("/direction", data=given).status_code == 200
    assert "già 7" in words(site.post("/direction", data=line))
    page = html.fromstring(be(Role.MEMBER).get("/direction").text)
    (article,) = page.xpath(f"//article[contains(., '{line['text']}')]")
    said = " ".join(article.text_content().split())
    assert "Scuole con pluriclassi?" in said
    assert "never asked" not in said
    assert article.xpath(f".//a[@href='/practices/{CARD}']")
    assert "a-researcher, il" in said
    line_id = article.get("aria-labelledby").removeprefix("line-")
    assert be(Role.MEMBER).post(f"/direction/{line_id}/end").status_code == 422
    site = be(Role.RESEARCHER)
    site.post(f"/direction/{line_id}/end")
    assert "chiusa da a-researcher" in words(be(Role.MEMBER).get("/direction"))
    assert be(Role.RESEARCHER).post(f"/direction/{line_id}/end").status_code == 404


def test_a_line_becomes_an_idea_that_somebody_takes(be, services):
    with services.database.session() as session:
        line = session.scalars(select(BoardLine).where(BoardLine.ended_on.is_(None))).first()
        line_id = line.id
    idea = {"title": "Una pluriclasse aperta", "place": "Siena"}
    assert be(Role.MEMBER).post(f"/direction/{line_id}/ideas", data=idea).status_code == 422
    site = be(Role.RESEARCHER)
    nowhere = site.post(f"/direction/{line_id}/ideas", data=idea | {"place": "Atlantide"})
    assert nowhere.status_code == 422
    typed = html.fromstring(nowhere.text)
    assert "Atlantide" in typed.get_element_by_id(f"problem-{line_id}").text_content()
    for id, value in (("idea", idea["title"]), ("place", "Atlantide")):
        assert typed.get_element_by_id(f"{id}-{line_id}").get("value") == value
    home = site.post(f"/direction/{line_id}/ideas", data=idea, follow_redirects=False).headers[
        "location"
    ]
    said = words(be(Role.MEMBER).get(home))
    assert "Un’idea del comitato scientifico, firmata da a-researcher." in said
    assert f'href="/practices/{CARD}"' in be(Role.MEMBER).get(home).text
    assert "Una pluriclasse aperta" in words(be(Role.MEMBER).get("/direction"))
    assert "cerca un capofila" in words(be(Role.MEMBER).get("/projects?seeks=true"))
    adapt = {"stage": "adapt", "revision": "1"}
    assert "prima un ente" in words(be(Role.RESEARCHER).post(f"{home}/stage", data=adapt))
    assert "quale ente" in words(be(Role.MEMBER).post(f"{home}/lead", data={"body": " "}))
    be(Role.MEMBER).post(f"{home}/lead", data={"body": "Scuola di Siena"})
    said = words(be(Role.MEMBER).get(home))
    assert "Scuola di Siena capofila" in said
    assert "Comitato scientifico osservatore" in said
    assert "Prendi la guida" not in said
    late = be(Role.OFFICER).post(f"{home}/lead", data={"body": "Altri"})
    assert "già preso" in words(late)
    counted = html.fromstring(be(Role.MEMBER).get("/direction/counted").text)
    (row,) = counted.xpath("//section[@aria-labelledby='taken']//a")
    assert row.get("href") == home
    assert counted.xpath("//td/a[@href='#ideas']/strong")[0].text == "1"
    assert be().get("/direction/counted", follow_redirects=False).status_code == 303


PLAN = {"title": "Compostaggio a Siena", "municipality": "052032", "lead_body": "Comune"}
WASTE = {
    "text": "Rifiuto residuo", "unit": "kg", "better": "lower", "baseline": 210, "every_months": 12,
    "baseline_on": date(2026, 1, 31), "target": 100, "target_on": date(2029, 1, 31),
    "owner": "Ufficio ambiente",
}  # fmt: skip


def test_one_mail_a_month_tells_all_that_is_due_of_a_person(be, services, sink):
    with services.database.transaction() as session:
        officer = accounts.access_of(accounts.get(session, "a-officer"))
        for title, days in (("A Siena", (31, 31)), ("A Pienza", (15,))):
            row = create_project(session, officer, PLAN | {"title": title})
            for number, day in enumerate(days):
                begun = {"text": f"Residuo {number}", "baseline_on": date(2026, 1, day)}
                save_indicator(session, officer, row, IndicatorFields(**WASTE | begun))
        idle = create_project(session, officer, PLAN | {"title": "Fermato"})
        save_indicator(session, officer, idle, IndicatorFields(**WASTE))
        idle.stage = Stage.STOPPED
    assert queue_due_mails(services, date(2026, 12, 31)) == 0, "nothing is due yet"
    assert queue_due_mails(services, date(2027, 1, 20)) == 1
    assert queue_due_mails(services, date(2027, 1, 31)) == 0, "not twice in a month"
    with services.database.transaction() as session:
        session.scalars(select(OutgoingMail)).one().sending_at = now() - LEASE - timedelta(1)
    assert send_waiting(services) == 1, "after a kill while it was sent"
    assert send_waiting(services) == 0
    (mail,) = [one for one in sink.received if "misure attese" in one["Subject"]]
    text = " ".join(mail.get_content().split())
    assert mail["To"] == "officer@example.org"
    assert "A Pienza - Residuo 0, in ritardo dal 15/01/2027 http://testserver/projects/" in text
    assert "A Siena - Residuo 0, attesa il 31/01/2027" in text
    assert "- Residuo 1, attesa il 31/01/2027" in text
    assert "Fermato" not in text
    assert re.search(r"http://testserver/projects/\S+/measure", text)
    sink.answers[b"DATA"] = b"451 later"
    assert queue_due_mails(services, date(2027, 2, 1)) == 1
    assert send_waiting(services) == 0
    del sink.answers[b"DATA"]
    assert send_waiting(services) == 1
    assert len([one for one in sink.received if "misure attese" in one["Subject"]]) == 2
    site = be(Role.OFFICER)
    assert 'id="due-mails" name="due" value="true" checked' in site.get("/account").text
    site.post("/account/mails")
    assert 'id="due-mails" name="due" value="true">' in site.get("/account").text
    assert queue_due_mails(services, date(2027, 3, 1)) == 0
    site.post("/account/mails", data={"due": "true"})
    with services.database.transaction() as session:
        access = accounts.access_of(accounts.get(session, "a-member"))
        for row in session.scalars(select(ProjectRow)):
            for one in row.members:
                one.left_at = now()
            joined = {"part": MemberPart.LEAD, "body": "Erede", "joined_at": now()}
            row.members.append(ProjectMember(account_id=access.account_id, **joined))
    assert queue_due_mails(services, date(2027, 3, 1)) == 1, "who leads where the owner has left"
    with services.database.transaction() as session:
        assert session.scalars(select(OutgoingMail)).one().address == "member@example.org"


def test_the_desk_tells_what_is_due_stands_still_and_comes(be, services):
    with services.database.transaction() as session:
        officer = accounts.access_of(accounts.get(session, "a-officer"))
        row = create_project(session, officer, PLAN | {"seeks": ["Una cooperativa"]})
        begun = {"baseline_on": date(2025, 1, 31)}
        save_indicator(session, officer, row, IndicatorFields(**WASTE | begun))
        session.add(
            Collection(
                id="prova", title="Incontro di prova", argument="", kind=CollectionKind.EVENT,
                event_type=EventType.MEETING, held_on=date(2099, 5, 4),
            )
        )  # fmt: skip
    assert be(Role.OFFICER).get("/desk").status_code == 403
    asked = be(Role.CURATOR).post(
        "/network/ask", data={"question": "Chi ci aiuta con la cooperativa?"}
    )
    assert asked.status_code == 200
    said = words(be(Role.CURATOR).get("/desk"))
    assert "Rifiuto residuo Compostaggio a Siena · in ritardo dal 31/01/2026" in said
    assert "· Ufficio ambiente" in said
    assert "Compostaggio a Siena Una cooperativa Chi può aiutare" in said
    assert "modificato negli ultimi 90 giorni" in said
    assert re.search(r"Chi ci aiuta con la cooperativa\? a-curator · [^·]+ · oggi", said)
    assert "Incontro di prova 04/05/2099" in said
    with services.database.transaction() as session:
        for entry in session.scalars(select(AuditEntry)):
            entry.at = now() - timedelta(days=91)
    page = html.fromstring(be(Role.CURATOR).get("/desk").text)
    still = page.xpath("//section[@aria-labelledby='still-title']//a/@href")
    assert f"/projects/{row.id}" in still
    assert not any("fermato" in one for one in still)
    assert page.xpath("//a[contains(@href, '/event.ics')]")
