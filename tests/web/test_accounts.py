"""One's own account, the administrators' pages and API tokens, over HTTP."""

import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from kb.access import OPERATOR, Right, Role
from kb.accounts import accounts, passwords, tokens
from kb.domain import Kind, Status, Visibility
from kb.network.board import add_idea, add_line
from kb.own_data.erasing import NOBODY
from kb.projects.commands import create_project, save_indicator
from kb.projects.ideas import Idea, create_idea
from kb.projects.indicators import IndicatorFields
from kb.projects.measurements import CheckResult, MeasurementFields, decide, report
from kb.runtime.services import Services, open_services
from kb.storage.accounts import Account, ApiToken, AuditEntry
from kb.storage.network import BoardLine, ContactRequest, Profile, ProfileKind
from kb.storage.pictures import PracticePicture
from kb.storage.projects import CheckDecision, Measurement, MeasurementCheck, ProjectRow
from kb.storage.questions import SavedQuestion
from kb.storage.revisions import PracticeRevision
from kb.storage.schema import METADATA
from kb.storage.site import Contribution
from kb.storage.tables import Document, Job, PracticeRow, now
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

PASSWORD = "sette lampioni sul fiume"
NAMES = {"capo": Role.ADMIN, "anna": Role.RESEARCHER, "ugo": Role.OFFICER}


@pytest.fixture
def base(make_settings) -> Iterator[Services]:
    with open_services(make_settings(worker=False)) as opened:
        with opened.database.transaction() as session:
            for name, role in NAMES.items():
                passwords.choose(accounts.create(session, name, role), PASSWORD)
        yield opened


@pytest.fixture
def browser(base) -> Iterator[TestClient]:
    with TestClient(
        create_app(base), headers={"Accept-Language": "it"}, follow_redirects=False
    ) as opened:
        yield opened


def enter(browser, name):
    browser.cookies.clear()
    done = browser.post("/login", data={"name": name, "password": PASSWORD})
    assert done.status_code == 303
    return browser


def id_of(base, name):
    with base.database.session() as session:
        return accounts.get(session, name).id


def stored(base, name) -> Account:
    with base.database.session() as session:
        return accounts.get(session, name)


def actions(base):
    with base.database.session() as session:
        return [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]


@pytest.mark.parametrize("typed", ["Montepulciano", "montepulciano (SI)", "052015"])
def test_one_says_who_one_is_and_where(browser, base, typed):
    enter(browser, "ugo")
    given = {"full_name": " Ugo Verdi ", "email": "ugo@x.example", "language": "en"}
    saved = browser.post("/account", data={**given, "municipality": typed})
    assert saved.headers["location"] == "/account?done=saved"
    account = stored(base, "ugo")
    assert (account.full_name, account.language, account.municipality) == (
        "Ugo Verdi", "en", "052015",
    )  # fmt: skip
    page = browser.get("/account?done=saved").text
    assert "Montepulciano (SI)" in page
    assert '<html lang="en">' in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"municipality": "Atlantide"}, "Atlantide"),
        ({"municipality": "Castro"}, "Castro (LE), Castro (BG)"),
        ({"email": "no address"}, "no address"),
    ],
)
def test_what_cannot_be_saved_is_said_and_what_was_typed_stays(browser, base, given, says):
    enter(browser, "ugo")
    answer = browser.post("/account", data={"full_name": "Ugo <b>", **given})
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)
    assert "Ugo &lt;b&gt;" in answer.text
    assert stored(base, "ugo").full_name == ""


def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(browser, base):
    enter(browser, "anna")
    elsewhere = browser.cookies[SESSION_COOKIE]
    enter(browser, "anna")
    wrong = browser.post("/account/password", data={"old": "x", "new": PASSWORD + "!"})
    assert wrong.status_code == 422
    poor = browser.post("/account/password", data={"old": PASSWORD, "new": "corta"})
    assert poor.status_code == 422
    done = browser.post("/account/password", data={"old": PASSWORD, "new": PASSWORD + "!"})
    assert done.headers["location"] == "/account?done=password"
    assert browser.get("/account").status_code == 200
    browser.cookies.clear()
    browser.cookies.set(SESSION_COOKIE, elsewhere)
    assert browser.get("/account").status_code == 303
    assert "account.password" in actions(base)


def test_sessions_are_listed_and_ended(browser, base):
    tokens_kept = []
    for device in ("X11; Linux x86_64; rv:140.0) Firefox/140.0", "curl/8", "A third"):
        browser.headers["User-Agent"] = device
        enter(browser, "anna")
        tokens_kept.append(browser.cookies[SESSION_COOKIE])
    page = browser.get("/account").text
    assert "Firefox · Linux" in page
    assert "curl/8" in page
    which = re.search(r'name="which" value="(\w+)"', page)[1]
    enter(browser, "ugo")
    browser.post("/account/sessions/close", data={"which": which})
    enter(browser, "anna")
    assert f'value="{which}"' in browser.get("/account").text, "another's session was ended"
    browser.post("/account/sessions/close", data={"which": which})
    assert f'value="{which}"' not in browser.get("/account").text
    browser.post("/account/sessions/close")
    assert 'name="which"' not in browser.get("/account").text
    assert browser.get("/account").status_code == 200
    browser.cookies.clear()
    for token in tokens_kept:
        browser.cookies.set(SESSION_COOKIE, token)
        assert browser.get("/account").status_code == 303


def test_a_token_is_shown_once_and_may_do_what_was_ticked(browser, base):
    enter(browser, "anna")
    made = browser.post("/account/tokens", data={"name": "Import", "scopes": ["documents"]})
    token = re.search(r'value="(kbt_[\w-]+)"', made.text)[1]
    assert "no-store" in made.headers["cache-control"]
    assert token not in browser.get("/account").text
    browser.cookies.clear()
    shown = {"Authorization": f"Bearer {token}"}
    added = browser.post(
        "/api/v1/documents", headers=shown, files={"file": ("a.txt", b"Some text.")}
    )
    assert added.status_code == 202
    assert browser.get("/account", headers=shown).status_code == 403
    assert browser.get("/admin/accounts", headers=shown).status_code == 403
    with base.database.session() as session:
        assert session.query(ApiToken).one().used_at is not None
        token_id = session.query(ApiToken).one().id
    enter(browser, "ugo").post(f"/account/tokens/{token_id}/revoke")
    browser.cookies.clear()
    assert browser.get("/upload", headers=shown).status_code == 200
    enter(browser, "anna").post(f"/account/tokens/{token_id}/revoke")
    browser.cookies.clear()
    refused = browser.get("/api/v1/practices", headers=shown)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert actions(base).count("token.revoke") == 1


def test_a_token_ends_with_its_days_its_account_and_its_rights(browser, base):
    with base.database.transaction() as session:
        anna = accounts.get(session, "anna")
        token = tokens.create(session, OPERATOR, anna, "t", [Right.DOCUMENTS])
        with pytest.raises(accounts.PermanentError):
            tokens.create(session, OPERATOR, anna, "t", [Right.ADMINISTER])
    shown = {"Authorization": f"Bearer {token}"}
    assert browser.get("/upload", headers=shown).status_code == 200
    with base.database.transaction() as session:
        accounts.set_role(session, OPERATOR, accounts.get(session, "anna"), Role.MEMBER)
    assert browser.get("/upload", headers=shown).status_code == 403
    for change in ("disable", "enable"):
        with base.database.transaction() as session:
            getattr(accounts, change)(session, OPERATOR, accounts.get(session, "anna"))
        expected = 401 if change == "disable" else 200
        assert browser.get("/api/v1/practices", headers=shown).status_code == expected
    with base.database.transaction() as session:
        session.query(ApiToken).one().expires_at = now()
    assert browser.get("/api/v1/practices", headers=shown).status_code == 401


def test_an_administrator_invites_and_hands_the_link_over(browser, base):
    enter(browser, "capo")
    made = browser.post("/admin/accounts", data={"name": "Nuova", "role": "curator"})
    assert "no-store" in made.headers["cache-control"]
    link = re.search(r'value="http://testserver(/invitations/[\w-]+)"', made.text)[1]
    browser.cookies.clear()
    assert browser.post(link, data={"password": PASSWORD}).status_code == 303
    assert stored(base, "nuova").role is Role.CURATOR
    enter(browser, "capo")
    again = browser.post(f"/admin/accounts/{id_of(base, 'nuova')}/link")
    assert "/invitations/" in again.text
    taken = browser.post("/admin/accounts", data={"name": "nuova", "role": "member"})
    assert taken.status_code == 422
    assert "nuova" in taken.text
    assert "<form" in taken.text


def test_roles_change_at_once_and_a_closed_account_is_out_at_once(browser, base):
    enter(browser, "ugo")
    ugo = browser.cookies[SESSION_COOKIE]
    enter(browser, "capo")
    capo = browser.cookies[SESSION_COOKIE]
    address = f"/admin/accounts/{id_of(base, 'ugo')}"

    def as_ugo(path):
        browser.cookies.clear()
        browser.cookies.set(SESSION_COOKIE, ugo)
        return browser.get(path).status_code

    def as_capo(path, **data):
        browser.cookies.clear()
        browser.cookies.set(SESSION_COOKIE, capo)
        return browser.post(path, data=data).headers["location"]

    assert as_ugo("/upload") == 403
    assert as_capo(f"{address}/role", role="researcher") == "/admin/accounts?done=role"
    assert as_ugo("/upload") == 200
    as_capo(f"{address}/disable")
    assert as_ugo("/upload") == 303
    as_capo(f"{address}/enable")
    assert as_ugo("/upload") == 303
    listed = browser.get("/admin/accounts", headers={"Cookie": f"{SESSION_COOKIE}={capo}"}).text
    assert "ugo" in listed
    assert actions(base)[-3:] == ["account.role", "account.disable", "account.enable"]


def test_no_mail_address_is_shown_as_a_name():
    for name, full_name, shown in (
        ("m.rossi@comune.example", "", "m.rossi"),
        ("m.rossi@comune.example", "Maria Rossi", "Maria Rossi"),
        ("capo", "m.rossi@comune.example", "m.rossi"),
    ):
        account = Account(name=name, full_name=full_name, role=Role.MEMBER)
        assert accounts.display_name(account) == accounts.access_of(account).name == shown


def test_the_last_administrator_stays(browser, base):
    enter(browser, "capo")
    address = f"/admin/accounts/{id_of(base, 'capo')}"
    for end, data in (("role", {"role": "member"}), ("disable", {})):
        refused = browser.post(f"{address}/{end}", data=data)
        assert refused.status_code == 422
        assert "ultimo amministratore" in refused.text
    assert browser.get("/admin/accounts").status_code == 200


def add_what_she_acted_on(session, account_id):
    """Rows of others, which she entered, decided, approved or added."""
    practice = PracticeRow(
        id="p", kind=Kind.PRACTICE, title="Pratica", content_sha256="1" * 64, record={},
        status=Status.READY,
    )  # fmt: skip
    session.add(practice)
    session.flush()
    session.add_all(
        [
            Profile(
                entered_by=account_id, kind=ProfileKind.BODY, name="Di Ugo",
                email="ugo@example.org", agreed_by="Di Ugo",
            ),
            Contribution(
                decided_by=account_id, kind="error", text="Di Ugo", name="Di Ugo",
                email="ugo@example.org", language="it",
            ),
            PracticeRevision(
                practice_id="q", number=1, record={"title": "Di Ugo"}, contributors=[],
                reviewer_id=account_id, reviewer_name="Anna Bianchi", author_name="Di Ugo",
            ),
            PracticePicture(
                practice_id="p", sha256="2" * 64, width=1, height=1, large=b"", small=b"",
                alt="Di Ugo", author="Di Ugo", licence="CC0", added_by=account_id,
                added_name="Anna Bianchi",
            ),
        ]
    )  # fmt: skip


def leave_traces(base):
    """Anna writes, reports, checks, signs and asks; and so does Ugo."""
    plan = {"municipality": "052032", "language": "it"}
    fields = IndicatorFields(text="Residuo", unit="kg", owner="Anna Bianchi")
    year = {"period_start": "2027-01-01", "period_end": "2027-12-31", "value": 5}
    with base.database.transaction() as session:
        account = accounts.get(session, "anna")
        account.full_name, account.email = "Anna Bianchi", "anna@example.org"
        anna = replace(accounts.access_of(account), board=True)
        ugo = accounts.access_of(accounts.get(session, "ugo"))
        file = Document(
            id="f", kind=Kind.DOCUMENT, title="Bilancio", content_sha256="0" * 64,
            filename="b.pdf", size=1, status=Status.READY, visibility=Visibility.MEMBERS,
        )  # fmt: skip
        session.add(file)
        session.flush()
        given = MeasurementFields.model_validate(year | {"document_id": "f"})
        own = create_project(session, anna, plan | {"title": "Suo", "lead_body": "Anna Bianchi"})
        indicator = save_indicator(session, anna, own, fields)
        report(session, anna, own, indicator, given, "Anna Bianchi")
        his = create_project(session, ugo, plan | {"title": "D'altri", "lead_body": "Comune"})
        indicator = save_indicator(session, ugo, his, IndicatorFields(text="Altro"))
        made = report(session, ugo, his, indicator, given, "Comune")
        decide(session, anna, his, made.id, CheckResult(CheckDecision.CHECKED))
        idea = create_idea(session, anna, Idea("Idea", "052032", "Perché"))
        add_idea(session, anna, add_line(session, anna, "Linea", now().date()).id, idea.id)
        wrote = {"id": anna.account_id, "name": "Anna Bianchi"}
        session.add(
            PracticeRevision(
                practice_id="p", number=1, record={}, author_id=anna.account_id,
                author_name="Anna Bianchi", contributors=[wrote],
            )
        )  # fmt: skip
        add_what_she_acted_on(session, anna.account_id)
        session.add(ContactRequest(account_id=anna.account_id, to_unit=True, question="Di Anna"))
        session.add(
            SavedQuestion(account_id=anna.account_id, text="mense?", question={"text": "mense?"})
        )
        gone = create_project(session, anna, plan | {"title": "Via", "lead_body": "Anna Bianchi"})
        gone.status = Status.DELETED
        session.flush()
        session.execute(delete(Job).where(Job.item_id == gone.id))
        return own.id, his.id, gone.id


def test_all_of_a_person_is_taken_along_and_erased_and_the_public_stays_true(browser, base):
    own, his, deleted = leave_traces(base)
    with base.database.session() as session:
        written = session.get_one(ProjectRow, his).updated_at
    enter(browser, "anna")
    packed = ZipFile(io.BytesIO(browser.get("/account/data.zip").content))
    kept = {name.removesuffix(".json"): json.loads(packed.read(name)) for name in packed.namelist()}
    assert {
        "accounts", "network", "project_members", "indicators", "measurements",
        "measurement_checks", "projects", "practice_revisions", "board_lines", "saved_questions",
        "contact_requests", "sign_ins", "audit_entries", "profiles", "contributions",
        "practice_pictures",
    } == set(kept)  # fmt: skip
    assert "Di Ugo" not in str(kept), "what she acted on is of others"
    assert "ugo@example.org" not in str(kept)
    assert [set(one) for one in kept["profiles"]] == [{"id", "entered_by", "created_at"}]
    assert {"record" in one for one in kept["practice_revisions"]} == {True, False}
    assert {tuple(one) for one in kept["projects"]} == {("id", "created_by")}
    assert [one["name"] for one in kept["accounts"]] == ["anna"]
    assert "password_hash" not in kept["accounts"][0]
    assert "token_sha256" not in kept["sign_ins"][0]
    assert {one["project_id"] for one in kept["project_members"]} >= {own}
    assert his not in {one["project_id"] for one in kept["project_members"]}
    assert [one["account_name"] for one in kept["audit_entries"]] == ["anna"] * len(
        kept["audit_entries"]
    )

    for given, says in (({"name": "ugo"}, "con cui accedi"), ({"name": "anna"}, "non è giusta")):
        refused = browser.post("/account/erase", data=given)
        assert refused.status_code == 422
        assert says in html.unescape(refused.text)
    gone = browser.post("/account/erase", data={"name": "Anna ", "password": PASSWORD})
    assert "è stato cancellato" in html.unescape(browser.get(gone.headers["location"]).text)
    wrong = browser.post("/login", data={"name": "anna", "password": PASSWORD})
    assert wrong.status_code != 303
    with base.database.session() as session:
        left = [
            f"{table.name}: {row}"
            for table in METADATA.sorted_tables
            for row in session.execute(select(table))
            if re.search(r"\banna\b|Anna Bianchi|Di Anna", str(row))
        ]
        assert not left
        (check,) = session.scalars(select(MeasurementCheck))
        assert (check.decision, check.checker) == (CheckDecision.CHECKED, NOBODY)
        assert [one.value for one in session.scalars(select(Measurement))] == [5, 5]
        assert not session.scalars(select(Job).where(Job.item_id == deleted)).all()
        again = session.get_one(ProjectRow, his).updated_at
        assert again > written, "portals fetch the measurements again, without her name"
        row = session.get(ProjectRow, own)
        assert row.record["lead_body"] == NOBODY
        assert row.members[0].left_at is not None
        assert session.scalars(select(BoardLine)).one().signed_by == NOBODY
    assert actions(base)[-1] == "account.erase"
    enter(browser, "capo")
    assert "ha cancellato il proprio account" in html.unescape(browser.get("/admin/audit").text)
    last = browser.post("/account/erase", data={"name": "capo", "password": PASSWORD})
    assert "ultimo amministratore" in last.text


def test_the_log_is_filtered_and_shows_values_as_text(browser, base):
    enter(browser, "anna")
    browser.post("/account/tokens", data={"name": "<script>x</script>"})
    enter(browser, "capo")
    everything = browser.get("/admin/audit").text
    assert "&lt;script&gt;" in everything
    assert "<script>x" not in everything
    some = browser.get("/admin/audit?action=token.create&account=Anna").text
    assert some.count("<time") == 1
    assert "Nessuna modifica" in browser.get("/admin/audit?action=token.create&account=capo").text
    subject = id_of(base, "ugo")
    assert "ugo" in browser.get(f"/admin/audit?subject={subject}").text


def test_an_invitation_is_mailed_where_mail_is_set(make_settings, mail_server):
    settings = make_settings(
        worker=False, smtp_url=mail_server.url, public_url="http://kb.example.org"
    )
    with open_services(settings) as opened:
        with opened.database.transaction() as session:
            passwords.choose(accounts.create(session, "capo", Role.ADMIN), PASSWORD)
        with TestClient(
            create_app(opened), base_url="http://elsewhere.example",
            headers={"Accept-Language": "it"}, follow_redirects=False,
        ) as browser:  # fmt: skip
            enter(browser, "capo")
            new = {"name": "anna", "email": "anna@comune.example", "role": "officer"}
            page = browser.post("/admin/accounts", data=new).text
            assert "anna@comune.example" in page
            (arrived,) = mail_server.received
            link = re.search(r"http://kb\.example\.org(/invitations/\S+)", arrived.get_content())[1]
            assert arrived["To"] == "anna@comune.example"
            assert browser.get(link).status_code == 200
            mail_server.answers[b"RCPT"] = b"550 no such box"
            page = browser.post("/admin/accounts", data={**new, "name": "other"}).text
            assert "550 no such box" in page
            assert "/invitations/" in page


def test_the_interface_says_where_a_token_is_needed(browser):
    described = browser.get("/api/openapi.json").json()
    (scheme,) = described["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    adding = described["paths"]["/api/v1/documents"]["post"]
    assert adding["security"] == [{"API token": ["documents"]}]
    assert "security" not in described["paths"]["/api/v1/practices"]["get"]
    assert "Needs a token for: documents" in browser.get("/api/docs").text
