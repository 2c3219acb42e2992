"""Projects on the site: from a worksheet to a checked value on the practice, and who sees what."""

import csv
import io
import re
from pathlib import Path

import pytest
from icalendar import Calendar
from lxml import etree
from sqlalchemy import select

from kb.access import Role
from kb.domain import Visibility
from kb.practices.practice import Practice
from kb.practices.publishing import publish_practice
from kb.storage.projects import ProjectRow
from kb.storage.tables import Document, Item, Job, JobStatus
from web.exports.project_files import ProjectFile

UNIONS, SIENA = "unioni-comuni-emilia-romagna", "052032"
INDICATOR = {
    "text": "Spesa per abitante", "unit": "€", "better": "lower", "baseline": "1.250,50",
    "baseline_on": "2026-12-31", "target": "1.100", "target_on": "2029-12-31",
    "owner": "Ragioneria", "every_months": "12",
}  # fmt: skip
YEAR = {"period_start": "2027-01-01", "period_end": "2027-12-31"}


@pytest.fixture(scope="module")
def story():
    return {}


def post(browser, address, data=None, **more):
    return browser.post(address, data=data or {}, follow_redirects=False, **more)


def test_a_worksheet_becomes_a_project_in_one_screen(sign_in, story):
    officer = sign_in(Role.OFFICER)
    sheet = post(officer, "/worksheets", {"practice": UNIONS, "place": SIENA}).headers["location"]
    first = re.findall(r'name="note-([0-9a-f]+)"', officer.get(sheet).text)[0]
    post(officer, sheet, {f"answer-{first}": "present", f"note-{first}": "C’è l’unione."})
    form = officer.get("/projects/new", params={"worksheet": sheet.rpartition("/")[2]}).text
    assert "1 condizione a cui hai risposto passa" in form
    assert "Siena (SI)" in form
    given = {"worksheet": sheet.rpartition("/")[2], "practice": UNIONS, "title": "Unione <b>",
             "place": "Siena (SI)", "lead_body": "Comune di Siena"}  # fmt: skip
    wrong = post(officer, "/projects", given | {"place": "Castro"})
    assert wrong.status_code == 422
    assert "Castro (BG)" in wrong.text
    assert "Unione &lt;b&gt;" in wrong.text, "what was written is kept"
    made = post(officer, "/projects", given)
    story["home"] = home = made.headers["location"]
    text = officer.get(home).text
    assert "Unione &lt;b&gt;" in text
    assert "C’è l’unione." not in text, "notes of the worksheet stay with its owner"
    assert "Indica un indicatore" in text
    assert f'href="{home}"' in officer.get("/projects?practice=" + UNIONS).text
    assert f'href="{home}"' not in officer.get("/projects?province=GR").text
    officer.post(sheet + "/delete")


def test_each_section_is_changed_by_itself_and_a_conflict_keeps_both(sign_in, story):
    officer, home = sign_in(Role.OFFICER), story["home"]
    for section, data, shown in (
        ("adaptations", {"kept": "Il servizio unico."}, "Il servizio unico."),
        ("steps", {"step": ["Chiedere", ""], "due": ["2027-03-01", ""], "done_on": ["", ""]},
         "Chiedere"),
        ("budget", {"kind": ["running"], "amount": ["12.500,50"], "source": ["Regione"]},
         "12.500,5"),
        ("lessons", {"lessons": "Partire dai servizi."}, "Partire dai servizi."),
        ("about", {"title": "Unione dei servizi", "place": "Siena", "lead_body": "Comune",
                   "seeks": "Un’impresa\nUna scuola", "themes": "green-economy"}, "Una scuola"),
    ):  # fmt: skip
        form = officer.get(f"{home}/edit/{section}").text
        revision = re.search(r'name="revision" value="(\d+)"', form)[1]
        saved = post(officer, f"{home}/edit/{section}", {"revision": revision, **data})
        assert saved.status_code == 303, section
        assert shown in officer.get(home).text
        late = post(officer, f"{home}/edit/{section}", {"revision": "1", **data})
        assert late.status_code == 422, section
        assert "mentre scrivevi" in late.text
    bad = post(officer, f"{home}/edit/steps", {"revision": "1", "step": "Ieri", "due": "domani"})
    assert bad.status_code == 422
    assert "Ieri" in bad.text
    assert officer.get(f"{home}/edit/absurd").status_code == 404


def test_it_runs_only_with_a_complete_indicator(sign_in, story):
    officer, home = sign_in(Role.OFFICER), story["home"]

    def move(stage, reason=""):
        revision = re.search(r'name="revision" value="(\d+)"', officer.get(home).text)[1]
        return post(officer, f"{home}/stage",
                    {"stage": stage, "revision": revision, "reason": reason})  # fmt: skip

    assert "Indica almeno un indicatore" in move("run").text
    assert "perché il progetto si è fermato" in move("stopped").text
    answers = re.search(r'value="([^"]+\|[^"]+)"', officer.get(f"{home}/indicators/new").text)[1]
    wrong = post(officer, f"{home}/indicators/new", INDICATOR | {"baseline": "molto"})
    assert wrong.status_code == 422
    assert "«molto» non è un numero" in wrong.text
    assert 'value="Ragioneria"' in wrong.text
    made = post(officer, f"{home}/indicators/new", INDICATOR | {"answers": answers})
    assert made.status_code == 303
    assert move("run").status_code == 303
    text = officer.get(home).text
    assert "1.250,5" in text
    assert "Nella pratica ripresa" in text
    story["indicator"] = re.search(r'id="indicator-([0-9a-f-]{36})"', text)[1]
    assert move("measured").status_code == 422


def test_a_value_is_reported_sent_back_corrected_and_checked(sign_in, services, story):
    officer, home = sign_in(Role.OFFICER), story["home"]
    address = f"{home}/indicators/{story['indicator']}/measure"
    file = {"file": ("bilancio.txt", io.BytesIO(b"Spesa per abitante: 1.180 euro."), "text/plain")}
    bad = post(officer, address, {**YEAR, "value": "circa", "note": "n"})
    assert bad.status_code == 422
    assert 'value="circa"' in bad.text
    early = post(officer, address, {"period_start": "2025-01-01", "period_end": "2025-12-31",
                                    "value": "1.300", "visibility": "researchers"},
                 files=file)  # fmt: skip
    assert "prima della data di partenza" in early.text
    kept = re.search(r'name="document_id" value="([^"]+)"', early.text)[1]
    first = post(officer, address, {**YEAR, "value": "1.190", "document_id": kept,
                                    "document_title": "bilancio.txt"})  # fmt: skip
    assert first.status_code == 303
    again = post(officer, address, {**YEAR, "value": "1.170"})
    assert "ha già indicato 1190" in again.text
    text = officer.get(home).text
    assert "non ancora verificata" in text
    assert "che non puoi aprire" in text, "the evidence keeps its own visibility"
    (wrong,) = re.findall(r'id="measure-(\d+)"', text)
    assert (
        post(officer, f"{home}/measures/{wrong}/decide", {"decision": "checked"}).status_code == 403
    )

    researcher = sign_in(Role.RESEARCHER)
    assert f'href="{home}#measure-{wrong}"' in researcher.get("/").text, "it waits on the desk"
    assert "bilancio" in researcher.get(home).text
    back = {"decision": "sent-back", "note": "Nel file c’è 1.180."}
    assert post(researcher, f"{home}/measures/{wrong}/decide", back).status_code == 303

    assert f'href="{home}#measure-{wrong}"' not in researcher.get("/").text
    officer = sign_in(Role.OFFICER)
    assert "un valore è stato rimandato indietro" in officer.get("/").text
    assert "Nel file c’è 1.180." in officer.get(f"{address}?corrects={wrong}").text
    right = post(
        officer, address, {**YEAR, "value": "1.180", "supersedes": wrong, "document_id": kept}
    )
    assert right.status_code == 303
    researcher = sign_in(Role.RESEARCHER)
    late = {"decision": "sent-back", "note": "Pagina 3 dice altro."}
    late = post(researcher, f"{home}/measures/{wrong}/decide", late)
    assert late.status_code == 422
    assert "Pagina 3 dice altro." in late.text, "what was written is kept"
    new = re.findall(r'id="measure-(\d+)"', researcher.get(home).text)[-1]
    post(researcher, f"{home}/measures/{new}/decide", {"decision": "checked"})
    text = researcher.get(home).text
    assert "1.180" in text
    assert "47 % della strada" in text
    with services.database.session() as session:
        assert session.get(Document, kept).visibility is Visibility.RESEARCHERS


def test_members_join_and_leave(sign_in, services, story):
    officer, home = sign_in(Role.OFFICER), story["home"]
    gone = post(officer, f"{home}/members", {"body": "Impresa", "account": "nobody-here"})
    assert gone.status_code == 422
    assert 'value="Impresa"' in gone.text
    for body, account in (("Impresa", "a-member"), ("Scuola", "")):
        sent = post(officer, f"{home}/members", {"body": body, "account": account})
        assert sent.status_code == 303
    assert "Impresa" in officer.get(home).text
    curator = sign_in(Role.CURATOR)
    assert "Impresa" not in curator.get(home).text, "it was invited and has not accepted"
    assert [one["body"] for one in curator.get("/api/v1" + home).json()["members"]][1:] == [
        "Scuola"
    ]
    member = sign_in(Role.MEMBER)
    assert "hai un invito" in member.get("/").text
    assert post(member, f"{home}/edit/lessons", {"lessons": "x"}).status_code == 403
    assert "Declina" in member.get(home).text
    assert "Hai un invito" in member.get(home).text
    post(member, f"{home}/accept")
    assert member.get(f"{home}/edit/lessons").status_code == 200
    assert member.get(f"{home}/members").status_code == 403
    with services.database.session() as session:
        row = session.get(ProjectRow, home.rpartition("/")[2])
        own = next(one for one in row.members if one.body == "Impresa").id
    assert f'action="{home}/members/{own}/leave"' in member.get(home).text
    assert post(member, f"{home}/members/{own}/leave").status_code == 303
    assert member.get(f"{home}/edit/lessons").status_code == 403
    assert "uscito il" in member.get(home).text


def test_the_practice_says_who_does_it_and_what_was_measured(sign_in, client, story):
    officer, home = sign_in(Role.OFFICER), story["home"]
    client.cookies.clear()
    assert client.get(home).status_code == 404
    assert home not in client.get("/projects").text
    assert home not in client.get(f"/practices/{UNIONS}").text
    assert home not in client.get("/feed.atom").text
    api = "/api/v1" + home
    assert client.get(api).status_code == 404
    assert client.get("/api/v1/projects").json()["total"] == 0
    assert "measured_here=yes" not in client.get("/practices").text
    officer = sign_in(Role.OFFICER)
    page = officer.get(f"/practices/{UNIONS}").text
    assert "Misurata anche qui, in 1 luogo" in page
    assert home in page
    assert post(officer, f"{home}/visibility", {"visibility": "public"}).status_code == 303
    client.cookies.clear()
    page = client.get(f"/practices/{UNIONS}").text
    assert "Misurata anche qui, in 1 luogo" in page
    assert "1.180" in client.get(home).text
    (indicator,) = client.get(api).json()["indicators"]
    assert [one["state"] for one in indicator["measurements"]] == ["superseded", "checked"]
    assert indicator["measurements"][1]["document_id"] is None, "for researchers only"
    assert client.get("/api/v1/projects?seeks=true").json()["total"] == 1
    listed = client.get("/practices?measured_here=yes").text
    assert f'href="/practices/{UNIONS}"' in listed
    assert "1 pratica" in listed
    sign_in(Role.OFFICER)
    assert post(officer, f"{home}/visibility", {"visibility": "researchers"}).status_code == 422


def test_it_leaves_as_tables_data_results_and_due_dates(sign_in, client, story):
    officer, home = sign_in(Role.OFFICER), story["home"]
    links = re.findall(r'href="(/projects/[^"]+/download/[^"]+)"', officer.get(home).text)
    assert links == [f"{home}/download/{file}" for file in ProjectFile]
    table = officer.get(f"{home}/download/measurements.csv")
    assert table.headers["content-disposition"].endswith(f"{home.rpartition('/')[2]}-misure.csv")
    old, new = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")), delimiter=";")
    assert (old["Stato"], new["Stato"]) == ("corretta da una misura successiva", "verificata")
    assert (new["Valore"], new["Unità"], new["Situazione di partenza"]) == ("1180", "€", "1250,5")
    assert (new["Periodo dal"], new["Periodo al"]) == ("2027-01-01", "2027-12-31")
    assert old["Nota di chi ha verificato"] == "Nel file c’è 1.180."
    assert new["Indirizzo del file"] == "", "the officer may not open it"
    plain = officer.get(f"/api/v1{home}/download/indicators.csv").content.decode("utf-8-sig")
    (indicator,) = csv.DictReader(io.StringIO(plain))
    assert (indicator["baseline"], indicator["next_due"]) == ("1250.5", "2028-12-31")
    assert indicator["better"] == "lower"
    told = officer.get(f"{home}/download/indicators.csv").content.decode("utf-8-sig")
    (indicator,) = csv.DictReader(io.StringIO(told), delimiter=";")
    assert indicator["È meglio"] == "di meno"
    due = Calendar.from_ical(officer.get(f"{home}/download/due.ics").content)
    assert {str(one["summary"]): one["dtstart"].dt.isoformat() for one in due.walk("VEVENT")} == {
        "Chiedere": "2027-03-01", "Misura: Spesa per abitante": "2028-12-31",
    }  # fmt: skip
    memo = officer.get(f"{home}/download/memo.pdf")
    assert memo.content.startswith(b"%PDF")
    assert "memo.pdf" in memo.headers["content-disposition"]
    assert officer.get(f"{home}/download/memo.docx").content.startswith(b"PK")
    results = etree.fromstring(officer.get(f"{home}/download/results.xml").content)
    etree.RelaxNG(file=str(Path(__file__).with_name("iati_activity.rng"))).assertValid(results)
    (actual,), (target,) = results.iter("actual"), results.iter("target")
    assert (actual.get("value"), target.get("value")) == ("1180", "1100")
    assert "verificata da " in actual.findtext("comment/narrative")
    assert results.find(".//document-link") is None

    researcher = sign_in(Role.RESEARCHER)
    data = researcher.get(f"{home}/download/data.json").json()
    file = data["indicators"][0]["measurements"][1]["evidence"]
    assert "/documents/" in file
    assert file in researcher.get(f"{home}/download/measurements.csv").text
    results = etree.fromstring(researcher.get(f"/api/v1{home}/download/results.xml").content)
    etree.RelaxNG(file=str(Path(__file__).with_name("iati_activity.rng"))).assertValid(results)
    assert results.find(".//document-link").get("url") == file

    feed = client.get("/projects/feed.atom?province=SI").text
    assert home in feed
    assert "In corso · Siena" in feed
    post(sign_in(Role.OFFICER), f"{home}/visibility", {"visibility": "members"})
    client.cookies.clear()
    for file in ProjectFile:
        for address in (f"{home}/download/{file}", f"/api/v1{home}/download/{file}"):
            assert client.get(address).status_code == 404
    assert home not in client.get("/projects/feed.atom").text
    member = sign_in(Role.MEMBER)
    assert all(member.get(f"{home}/download/{file}").status_code == 200 for file in ProjectFile)
    assert home not in member.get("/projects/feed.atom").text, "feeds go by tokens alone"
    assert member.get(f"{home}/download/all.zip").status_code == 404
    post(sign_in(Role.OFFICER), f"{home}/visibility", {"visibility": "public"})


def test_a_practice_that_the_reader_may_not_see_is_not_named(sign_in, client, services, story):
    home, title = story["home"], ""

    def show_to(visibility):
        with services.database.transaction() as session:
            practice = Practice.model_validate(session.get(Item, UNIONS).record)
            publish_practice(session, practice, visibility)
            return practice.title

    try:
        title = show_to(Visibility.RESEARCHERS)
        client.cookies.clear()
        for browser in (client, sign_in(Role.MEMBER)):
            for address in (home, "/projects", "/api/v1" + home, "/api/v1/projects"):
                text = browser.get(address).text
                assert "Comune" in text
                assert title not in text, address
                assert UNIONS not in text, address
            hidden = browser.get("/api/v1/projects", params={"practice": UNIONS}).json()
            absent = browser.get("/api/v1/projects", params={"practice": "no-such"}).json()
            assert hidden == absent, "the filter does not tell that there is such a practice"
            feed = browser.get("/projects/feed.atom", params={"practice": UNIONS})
            assert "<entry>" not in feed.text, "nor does the feed"
        assert UNIONS in sign_in(Role.RESEARCHER).get(home).text
        officer = sign_in(Role.OFFICER)
        with services.database.session() as session:
            row = session.get(ProjectRow, home.rpartition("/")[2])
            assert title not in str(row.sections), "nor is it searched"
            queued = select(Job.status).where(Job.item_id == row.id)
            assert JobStatus.QUEUED in session.scalars(queued).all()
        form = officer.get(f"{home}/indicators/{story['indicator']}").text
        assert UNIONS not in form
        assert 'value="keep" selected' in form
        known = INDICATOR | {"answers": "keep", "owner": "Bilancio"}
        assert post(officer, f"{home}/indicators/{story['indicator']}", known).status_code == 303
        wrong = INDICATOR | {"answers": "contarina-tariffa-puntuale|x"}
        assert "non riprende questa pratica" in post(officer, f"{home}/indicators/new", wrong).text
    finally:
        show_to(Visibility.PUBLIC)
    assert title in sign_in(Role.MEMBER).get(home).text
    with services.database.session() as session:
        row = session.get(ProjectRow, home.rpartition("/")[2])
        assert title in str(row.sections), "it is searched again"
        assert row.indicators[0].practice_id == UNIONS


def test_a_deleted_project_is_named_to_those_who_saw_it(sign_in, client, services, story):
    officer, home = sign_in(Role.OFFICER), story["home"]
    assert post(officer, f"{home}/delete").status_code == 303
    assert "Unione dei servizi" in officer.get(home).text
    assert officer.get(home).status_code in (404, 410)
    assert home not in officer.get("/projects").text
    assert "measured_here=yes" not in officer.get("/practices").text
    with services.database.transaction() as session:
        session.delete(session.get(Item, home.rpartition("/")[2]))
        assert session.scalars(select(Document)).all()
