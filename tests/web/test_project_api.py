"""Projects and the network written by programs: rules, rights and sentences as on the pages."""

from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb.access import OPERATOR, ROLES, Right, Role
from kb.accounts import tokens
from kb.storage.accounts import Account
from kb.storage.worksheets import Worksheet
from kb.worksheets.conditions import Condition, ConditionAnswer, WorksheetPart
from web.app import create_app
from web.http.security import FORM_BYTES

UNIONS, SIENA = "unioni-comuni-emilia-romagna", "052032"
API = "/api/v1/projects"
PRESENT = ConditionAnswer.PRESENT
INDICATOR = {
    "text": "Spesa per abitante", "unit": "€", "better": "lower", "baseline": 1250.5,
    "baseline_on": "2026-12-31", "target": 1100, "target_on": "2029-12-31",
    "owner": "Ragioneria", "every_months": 12,
}  # fmt: skip
YEAR = {"period_start": "2027-01-01", "period_end": "2027-12-31"}
FILE = {"file": ("bilancio.txt", b"Spesa per abitante: 1.180 euro.", "text/plain")}
SCAN = {"file": ("bilancio.pdf", b"%PDF-1.4".ljust(FORM_BYTES), "application/pdf")}
"""With the other fields more than a form without a file may have."""


@pytest.fixture(scope="module")
def be(services):
    """A program with a token of the account of a role, with the rights named or all."""
    site = TestClient(create_app(services), raise_server_exceptions=False)

    def program(role, *rights):
        with services.database.transaction() as session:
            account = session.scalars(select(Account).where(Account.name == f"a-{role}")).one()
            scopes = rights or ROLES[role].rights
            token = tokens.create(session, OPERATOR, account, "programma", scopes, 1)
        site.headers.update({"Authorization": f"Bearer {token}", "Accept-Language": "it"})
        return site

    with site:
        yield program


@pytest.fixture(scope="module")
def anybody(services):
    with TestClient(create_app(services)) as opened:
        yield opened


@pytest.fixture(scope="module")
def story():
    return SimpleNamespace()


def refused(answer, status=422):
    assert answer.status_code == status, answer.text
    return answer.json()["detail"]


def done(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_project_is_begun_from_a_practice_or_a_worksheet(be, services, story):
    with services.database.transaction() as session:
        officer = session.scalars(select(Account.id).where(Account.name == "a-officer")).one()
        sheet = Worksheet(
            account_id=officer, practice_id=UNIONS, practice_title="Unioni", practice_sha256="",
            municipality=SIENA, language="it", conclusion="Costa meno insieme.",
            conditions=[
                Condition(WorksheetPart.CONTEXT, "Comuni vicini", "it", PRESENT).as_json(),
                Condition(WorksheetPart.ACTORS, "Un segretario", "it").as_json(),
            ],
        )  # fmt: skip
        session.add(sheet)
        session.flush()
        story.sheet = sheet.id
    told = {"title": "Servizi insieme", "municipality": "Siena", "lead_body": "Comune di Siena"}
    assert refused(be(Role.OFFICER, Right.NOTES).post(API, json=told), 403)
    officer = be(Role.OFFICER)
    wrong = officer.post(API, json=told | {"municipality": "Castro"})
    assert "Castro (BG)" in refused(wrong)
    assert "«zzz»" in refused(officer.post(API, json=told | {"practice_id": "zzz"}))
    strange = officer.post(API, json=told | {"stage": "measured"})
    assert strange.json()["problems"][0]["field"] == ["body", "stage"], (
        "stages have their own rules"
    )
    assert refused(be(Role.MEMBER).post(API, json=told | {"worksheet_id": story.sheet}), 404)
    officer = be(Role.OFFICER)
    made = done(officer.post(API, json=told | {"worksheet_id": story.sheet}), 201)
    story.id, story.home = made["id"], f"{API}/{made['id']}"
    assert (made["why"], made["stage"]) == ("Costa meno insieme.", "idea")
    assert [one["text"] for one in made["steps"]] == ["Un segretario"]
    assert [one["present"] for one in made["findings"]] == [True]
    assert [one["id"] for one in made["practices"]] == [UNIONS]
    other = done(officer.post(API, json=told | {"practice_id": UNIONS, "why": "Perché sì."}), 201)
    assert other["why"] == "Perché sì."
    assert other["themes"], "from the practice"
    assert officer.delete(f"{API}/{other['id']}").status_code == 204
    assert officer.get(f"{API}/{other['id']}").status_code == 404


def test_a_change_names_the_revision_it_is_made_to(be, story):
    officer = be(Role.OFFICER)
    change = {
        "revision": 1, "kept": "Il servizio unico.", "started": "2027-01-01",
        "steps": [{"text": "Delibera", "due": "2027-03-01"}],
        "budget": [{"kind": "running", "amount": 12500.5, "source": "Regione"}],
        "seeks": ["Una scuola"], "municipality": "052032",
    }  # fmt: skip
    changed = done(officer.patch(story.home, json=change))
    assert (changed["revision"], changed["kept"]) == (2, "Il servizio unico.")
    assert changed["steps"] == [{"text": "Delibera", "due": "2027-03-01", "done_on": None}]
    assert changed["why"] == "Costa meno insieme.", "what was not sent stays"
    assert "mentre scrivevi" in refused(officer.patch(story.home, json=change), 409)
    bad = officer.patch(
        story.home, json={"revision": 2, "cup": "X", "steps": [{"text": "", "due": "domani"}]}
    )
    places = [one["field"] for one in bad.json()["problems"]]
    assert ["body", "steps", 0, "due"] in places
    assert "CUP" in refused(officer.patch(story.home, json={"revision": 2, "cup": "X"}))
    assert refused(be(Role.MEMBER).patch(story.home, json={"revision": 2, "kept": "Mio"}))
    assert refused(be(Role.ADMIN).patch(f"{API}/no", json={"revision": 2}), 404)


def test_members_are_invited_accept_change_part_and_leave(be, story):
    officer = be(Role.OFFICER)
    invited = {"body": "Coop Valdorcia", "account": "a-member", "role": "Trasporti"}
    assert done(officer.post(f"{story.home}/members", json=invited), 201)
    assert "già" in refused(officer.post(f"{story.home}/members", json=invited))
    assert done(officer.post(f"{story.home}/members", json={"body": "Una scuola"}), 201)
    assert done(officer.patch(story.home, json={"revision": 2, "seeks": []}))["revision"] == 3
    waiting = {one["body"]: one for one in done(officer.get(story.home))["members"]}
    assert not waiting["Coop Valdorcia"]["accepted"]
    outside = done(be(Role.RESEARCHER).get(story.home))["members"]
    assert [one["body"] for one in outside] == ["Comune di Siena", "Una scuola"]
    assert {one["id"] for one in outside} == {None}
    member = be(Role.MEMBER)
    assert refused(member.patch(story.home, json={"revision": 3, "kept": "Mio"}))
    assert done(member.post(f"{story.home}/accept"))
    assert refused(member.post(f"{story.home}/accept"), 404)
    assert done(member.patch(story.home, json={"revision": 3, "kept": "Nostro"}))["revision"] == 4
    (own,) = [one["id"] for one in done(member.get(story.home))["members"] if one["id"]]
    assert "capofila" in refused(member.patch(f"{story.home}/members/{own}", json={"part": "lead"}))
    ids = {one["body"]: one["id"] for one in done(be(Role.OFFICER).get(story.home))["members"]}
    part = {"part": "observer"}
    officer = be(Role.OFFICER)
    assert done(officer.patch(f"{story.home}/members/{ids['Coop Valdorcia']}", json=part))
    assert "capofila" in refused(officer.delete(f"{story.home}/members/{ids['Comune di Siena']}"))
    member = be(Role.MEMBER)
    assert refused(member.patch(story.home, json={"revision": 4, "kept": "Mio"})), "an observer"
    assert member.delete(f"{story.home}/members/{own}").status_code == 204
    assert refused(member.patch(story.home, json={"revision": 4, "kept": "Mio"})), "has left"


def test_it_runs_once_an_indicator_is_complete(be, story):
    officer = be(Role.OFFICER)
    move = {"stage": "run", "revision": 4}
    assert "indicatore" in refused(officer.post(f"{story.home}/stage", json=move))
    part = {name: INDICATOR[name] for name in ("text", "unit")}
    made = done(officer.post(f"{story.home}/indicators", json=part), 201)
    story.indicator = f"{story.home}/indicators/{made['id']}"
    missing = officer.post(f"{story.home}/stage", json=move).json()["problems"]
    assert len(missing) == 4, "all that is missing is said at once"
    early = INDICATOR | {"target_on": "2020-01-01"}
    assert "due date" in refused(officer.put(story.indicator, json=early))
    zero = INDICATOR | {"baseline": None, "baseline_numerator": 1, "baseline_denominator": 0}
    assert "zero" in refused(officer.put(story.indicator, json=zero))
    hidden = INDICATOR | {"practice_id": "zzz", "result_key": "x"}
    assert refused(officer.put(story.indicator, json=hidden))
    assert done(officer.put(story.indicator, json=INDICATOR))["next_due"] == "2027-12-31"
    assert done(officer.post(f"{story.home}/stage", json=move))["stage"] == "run"
    assert refused(officer.post(f"{story.home}/stage", json={"stage": "stopped", "revision": 5}))
    done(officer.post(f"{story.home}/indicators", json=part), 201)
    spare = officer.get(story.home).json()["indicators"][1]["id"]
    left = officer.post(f"{story.home}/indicators/{spare}/retire", json={})
    assert len(done(left)["indicators"]) == 1, "without values it goes"


def test_a_value_is_reported_sent_back_corrected_and_checked(be, story):
    officer, report = be(Role.OFFICER), f"{story.indicator}/measurements"
    assert refused(officer.post(report, data={**YEAR, "value": "circa"}))
    early = {"period_start": "2025-01-01", "period_end": "2025-12-31", "value": "1300"}
    assert "partenza" in refused(officer.post(report, data=early))
    assert refused(officer.post(report, data={**YEAR, "value": "1", "document_id": "no"}))
    first = done(
        officer.post(report, data={**YEAR, "value": "1190", "visibility": "researchers"},
                     files=FILE), 201,
    )  # fmt: skip
    assert (first["state"], first["reporter"]) == ("reported", "Comune di Siena")
    assert first["document_id"] is None, "a file for researchers only, asked for by an officer"
    assert "1190" in refused(officer.post(report, data={**YEAR, "value": "1170"}))
    checks = f"{story.home}/measurements/{first['id']}/checks"
    assert refused(officer.post(checks, json={"decision": "checked"}), 403)
    assert refused(be(Role.MEMBER).post(report, data={**YEAR, "value": "1170"})), "who left"
    researcher = be(Role.RESEARCHER)
    assert done(researcher.get(story.home))["indicators"][0]["measurements"][0]["document_id"]
    assert refused(researcher.post(checks, json={"decision": "sent-back"})), "needs a note"
    back = {"decision": "sent-back", "note": "Nel file c’è 1.180."}
    assert done(researcher.post(checks, json=back), 201)["state"] == "sent-back"
    corrected = {**YEAR, "value": "1180", "supersedes": str(first["id"])}
    second = done(be(Role.OFFICER).post(report, data=corrected, files=SCAN), 201)
    assert "corretto" in refused(be(Role.RESEARCHER).post(checks, json={"decision": "checked"}))
    checks = f"{story.home}/measurements/{second['id']}/checks"
    checked = done(be(Role.RESEARCHER).post(checks, json={"decision": "checked"}), 201)
    assert (checked["state"], checked["supersedes"]) == ("checked", first["id"])
    states = [one["state"] for one in
              done(be(Role.OFFICER).get(story.home))["indicators"][0]["measurements"]]  # fmt: skip
    assert states == ["superseded", "checked"]


def test_it_is_concluded_shown_to_everybody_and_removed_by_its_lead(be, anybody, story):
    officer = be(Role.OFFICER)
    concluded = done(officer.post(f"{story.home}/stage", json={"stage": "measured", "revision": 5}))
    assert concluded["concluded"]
    assert anybody.get(story.home).status_code == 404
    public = {"visibility": "public"}
    assert refused(be(Role.MEMBER).put(f"{story.home}/visibility", json=public))
    officer = be(Role.OFFICER)
    assert refused(officer.put(f"{story.home}/visibility", json={"visibility": "researchers"}))
    assert done(officer.put(f"{story.home}/visibility", json=public))["visibility"] == "public"
    assert anybody.get(story.home).json()["indicators"][0]["measurements"][1]["value"] == 1180
    cross = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert anybody.delete(story.home, headers=cross).status_code == 403
    assert refused(be(Role.RESEARCHER).delete(story.home))
    assert be(Role.OFFICER).delete(story.home).status_code == 204


def test_a_profile_is_written_asked_answered_and_deleted(be, services, story):
    network = "/api/v1/network"
    told = {"name": "Anna Rossi", "offers": "Regolamenti di albergo diffuso", "shown": ["name"]}
    officer = be(Role.OFFICER)
    assert refused(officer.get(f"{network}/profile"), 404)
    assert "Atlantide" in refused(
        officer.put(f"{network}/profile", json=told | {"municipality": "Atlantide"})
    )
    saved = done(officer.put(f"{network}/profile", json=told | {"municipality": "Siena"}))
    assert (saved["missing"], saved["municipality"]) == (["offers"], SIENA)
    assert refused(officer.get(f"{network}/{saved['id']}"), 404), "not found without consent"
    whole = told | {"shown": ["name", "offers"]}
    saved = done(officer.put(f"{network}/profile", json=whole))
    assert done(officer.post(f"{network}/profile/confirm"))["shown_until"]
    ask = {"profile_id": saved["id"], "question": "Come avete fatto?"}
    assert "tuo profilo" in refused(officer.post(f"{network}/requests", json=ask))
    member = be(Role.MEMBER)
    assert refused(member.post(f"{network}/requests", json=ask | {"question": " "}))
    assert refused(member.post(f"{network}/requests", json=ask | {"profile_id": "no"}), 404)
    made = done(member.post(f"{network}/requests", json=ask), 201)
    assert (made["state"], made["name"]) == ("asked", "Anna Rossi")
    answer = f"{network}/requests/{made['id']}/answer"
    yes = {"decision": "accept", "reply": "Chiami martedì."}
    assert refused(member.post(answer, json=yes), 404), "only who was asked answers"
    officer = be(Role.OFFICER)
    assert [one["id"] for one in done(officer.get(f"{network}/requests"))["received"]]
    assert done(officer.post(answer, json=yes))["state"] == "accepted"
    assert refused(officer.post(answer, json=yes)), "once"
    (seen,) = done(be(Role.MEMBER).get(f"{network}/requests"))["made"]
    assert seen["reply"] == "Chiami martedì."
    agreement = {"agreed_by": "Anna", "agreed_on": "2026-11-01", "agreed_how": "lettera"}
    agreed = whole | agreement | {"name": "Consorzio", "kind": "body", "email": "a@example.org"}
    assert refused(be(Role.RESEARCHER).post(network, json=agreed), 403)
    curator = be(Role.CURATOR)
    assert refused(curator.post(network, json=agreed | {"agreed_how": ""}))
    entered = done(curator.post(network, json=agreed), 201)
    assert done(curator.put(f"{network}/{entered['id']}", json=agreed | {"seeks": "Un comune"}))
    assert refused(curator.put(f"{network}/{saved['id']}", json=agreed), 404), "its owner's"
    assert "a@example.org" not in curator.get(f"{network}/{entered['id']}").text
    assert curator.delete(f"{network}/{entered['id']}").status_code == 204
    assert be(Role.OFFICER).delete(f"{network}/profile").status_code == 204


def test_the_description_names_every_answer_and_shows_examples(application):
    said = application.app.openapi()
    schemas = said["components"]["schemas"]
    for path, operations in said["paths"].items():
        if not path.startswith((API, "/api/v1/network")):
            continue
        for method, operation in operations.items():
            good = next(code for code in operation["responses"] if code.startswith("2"))
            content = operation["responses"][good].get("content", {})
            schema = content.get("application/json", {}).get("schema")
            assert not schema or "$ref" in schema or "$ref" in schema["items"], path
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            name = body["schema"]["$ref"].rpartition("/")[2] if body else ""
            small = name and len(schemas[name]["properties"]) < 2
            assert not name or small or schemas[name]["examples"], (method, path)
