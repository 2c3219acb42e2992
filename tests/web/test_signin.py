"""Signing in and out, invitations and the first administrator, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from kb.access import OPERATOR, Role
from kb.accounts import accounts, links, passwords, sessions
from kb.messages import PermanentError
from kb.runtime.services import Services, open_services
from kb.storage.accounts import Account, AuditEntry, OneTimeLink, SignIn
from kb.storage.tables import now
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

PASSWORD = "sette lampioni sul fiume"


@pytest.fixture
def empty(make_settings) -> Iterator[Services]:
    with open_services(make_settings(worker=False)) as opened:
        yield opened


@pytest.fixture
def browser(empty) -> Iterator[TestClient]:
    """A browser at the machine of an installation that nobody has claimed."""
    with TestClient(
        create_app(empty), client=("127.0.0.1", 1), headers={"Accept-Language": "it"},
        follow_redirects=False,
    ) as opened:  # fmt: skip
        yield opened


@pytest.fixture
def anna(empty) -> str:
    """The id of a researcher with a password."""
    with empty.database.transaction() as session:
        account = accounts.create(session, "Anna", Role.RESEARCHER, "Anna Bianchi")
        passwords.choose(account, PASSWORD)
        return account.id


def log_in(browser, name="anna", password=PASSWORD, **more):
    return browser.post("/login", data={"name": name, "password": password, **more})


def test_the_first_administrator_is_made_with_the_link_and_only_once(browser, empty):
    assert browser.get("/upload").status_code == 200
    with empty.database.transaction() as session:
        address = links.PATH + links.offer_claim(session)
    assert "primo amministratore" in browser.get(address).text
    short = browser.post(address, data={"name": "capo", "password": "corta"})
    assert short.status_code == 422
    assert 'value="capo"' in short.text
    made = browser.post(address, data={"name": "capo", "password": PASSWORD})
    assert (made.status_code, made.headers["location"]) == (303, "/")
    assert browser.get("/upload").status_code == 200
    assert browser.get(address).status_code == 410
    browser.cookies.clear()
    assert browser.get("/upload").headers["location"] == "/login?next=%2Fupload"


def test_a_claim_is_void_once_there_is_an_administrator(browser, empty):
    with empty.database.transaction() as session:
        address = links.PATH + links.offer_claim(session)
        accounts.create(session, "someone", Role.ADMIN)
    assert browser.get(address).status_code == 410
    assert browser.post(address, data={"name": "x", "password": PASSWORD}).status_code == 410


def test_signing_in_leads_back_and_signing_out_ends_the_session(browser, anna):
    asked = browser.get("/upload?x=1")
    assert asked.headers["location"] == "/login?next=%2Fupload%3Fx%3D1"
    done = log_in(browser, " ANNA ", next="/upload?x=1")
    assert (done.status_code, done.headers["location"]) == (303, "/upload?x=1")
    cookie = done.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    page = browser.get("/upload")
    assert "Anna Bianchi" in page.text
    kept = browser.cookies[SESSION_COOKIE]
    left = browser.post("/logout")
    assert left.status_code == 303
    assert SESSION_COOKIE not in browser.cookies
    browser.cookies.set(SESSION_COOKIE, kept)
    assert browser.get("/upload").status_code == 303


def test_the_token_of_a_session_is_new_at_every_sign_in(browser, empty, anna):
    browser.cookies.set(SESSION_COOKIE, "planted-by-somebody-else")
    log_in(browser)
    first = browser.cookies.get(SESSION_COOKIE, domain="testserver.local")
    assert first != "planted-by-somebody-else"
    browser.cookies.clear()
    browser.cookies.set(SESSION_COOKIE, first)
    log_in(browser)
    with empty.database.session() as session:
        assert sessions.find(session, first, timedelta(hours=1)) is None
        assert session.query(SignIn).count() == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)",
        "\t//evil.example", "evil", "/\n/evil.example", "",
        "///evil.example", "//[",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(browser, anna, elsewhere):
    assert log_in(browser, next=elsewhere).headers["location"] == "/"
    assert browser.get("/login", params={"next": elsewhere}).headers["location"] == "/"


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(browser, empty, anna):
    with empty.database.transaction() as session:
        accounts.create(session, "invited", Role.MEMBER)
        gone = accounts.create(session, "gone", Role.MEMBER)
        passwords.choose(gone, PASSWORD)
        accounts.disable(session, OPERATOR, gone)
    answers = [
        log_in(browser, name, word)
        for name, word in (
            ("anna", "wrong"), ("nobody", PASSWORD), ("invited", ""), ("gone", PASSWORD),
        )
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {422}
    texts = {answer.text.replace(name, "") for answer, name in zip(
        answers, ("anna", "nobody", "invited", "gone"), strict=True)}  # fmt: skip
    assert len(texts) == 1
    assert SESSION_COOKIE not in browser.cookies


def test_a_link_that_two_have_found_works_for_one(empty):
    with empty.database.transaction() as session:
        account = accounts.create(session, "nuova", Role.OFFICER)
        link = links.find(session, links.invite(session, OPERATOR, account))
        links.redeem(session, link, PASSWORD)
        with pytest.raises(PermanentError, match="was used"):
            links.redeem(session, link, PASSWORD + "!")


def test_an_invitation_works_once_and_a_reset_ends_all_sessions(browser, empty):
    with empty.database.transaction() as session:
        account = accounts.create(session, "nuova@comune.example", Role.OFFICER)
        address = links.PATH + links.invite(session, OPERATOR, account)
    page = browser.get(address)
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "nuova@comune.example" in page.text
    assert browser.post(address, data={"password": PASSWORD}).status_code == 303
    assert browser.get(address).status_code == 410
    assert browser.post(address, data={"password": PASSWORD}).status_code == 410
    before = browser.cookies[SESSION_COOKIE]
    with empty.database.transaction() as session:
        account = accounts.get(session, "nuova@comune.example")
        older = links.PATH + links.invite(session, OPERATOR, account)
        newer = links.PATH + links.invite(session, OPERATOR, account)
    assert browser.get(older).status_code == 410
    assert browser.post(newer, data={"password": PASSWORD + "!"}).status_code == 303
    with empty.database.session() as session:
        assert sessions.find(session, before, timedelta(hours=1)) is None
        actions = [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert actions == [
        "account.create", "account.invitation", "account.password", "account.sign_in",
        "account.reset", "account.reset", "account.password", "account.sign_in",
    ]  # fmt: skip


def test_links_and_sessions_grow_old(browser, empty, anna):
    with empty.database.transaction() as session:
        account = session.get(Account, anna)
        address = links.PATH + links.invite(session, OPERATOR, account)
        session.query(OneTimeLink).one().expires_at = now() - timedelta(seconds=1)
    assert browser.get(address).status_code == 410
    log_in(browser)
    assert browser.get("/upload").status_code == 200
    for column, moment in (("seen_at", timedelta(hours=3)), ("expires_at", timedelta(seconds=1))):
        log_in(browser)
        with empty.database.transaction() as session:
            for one in session.query(SignIn):
                setattr(one, column, now() - moment)
        assert browser.get("/upload").status_code == 303


def test_use_keeps_a_session_from_growing_idle(browser, empty, anna):
    log_in(browser)
    with empty.database.transaction() as session:
        session.query(SignIn).one().seen_at = now() - timedelta(hours=1)
    browser.get("/privacy")
    with empty.database.session() as session:
        assert session.query(SignIn).one().seen_at > now() - timedelta(minutes=1)


@pytest.mark.parametrize(
    "password",
    [
        "corta",
        "passwordpassword",
        "PasswordPassword",
        "aaaaaaaaaaaaaaaa",
        "anna.bianchi",
        "x" * 201,
    ],
)
def test_poor_passwords_are_refused(empty, password):
    with empty.database.transaction() as session:
        account = accounts.create(session, "anna.bianchi", Role.MEMBER)
        with pytest.raises(accounts.PermanentError):
            passwords.choose(account, password)


def test_a_password_is_the_same_however_its_accents_are_typed(empty):
    with empty.database.transaction() as session:
        account = accounts.create(session, "perché", Role.MEMBER)
        passwords.choose(account, "perche\u0301 la città dorme")
    assert account.password_hash.startswith("$argon2id$")
    assert passwords.verify(account, "perché la citta\u0300 dorme")
    assert not passwords.verify(account, "perche la citta dorme")


def test_with_https_the_cookie_is_held_to_it(make_settings):
    settings = make_settings(worker=False, public_url="https://kb.example.org")
    with open_services(settings) as opened:
        with opened.database.transaction() as session:
            passwords.choose(accounts.create(session, "anna", Role.MEMBER), PASSWORD)
        with TestClient(
            create_app(opened), base_url="https://kb.example.org", follow_redirects=False
        ) as browser:
            cookie = log_in(browser).headers["set-cookie"]
    assert cookie.startswith("__Host-kb_session=")
    assert "; Secure" in cookie
    assert "; Path=/" in cookie
    assert "Domain" not in cookie
