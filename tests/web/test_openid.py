"""Signing in at an OpenID provider: a small one of our own, that speaks the protocol over HTTP."""

import base64
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Form, Header, HTTPException, Query
from fastapi.responses import RedirectResponse
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import BaseModel

from kb.access import OPERATOR, Role
from kb.accounts import accounts, openid, passwords
from kb.runtime.services import Services, open_services
from kb.storage.accounts import Account
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

CLIENT, SECRET = "terre-comuni", "s3cret with blanks"


class Asked(BaseModel):
    """An authorization request."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    response_type: str
    scope: str


@dataclass
class Provider:
    """Vouches for ``person``; the fields let a test make it err."""

    url: str = ""
    person: dict[str, object] = field(default_factory=lambda: {"sub": "1"})
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    signed_with: RSAKey | None = None
    algorithm: str = "RS256"
    claims: dict[str, object] = field(default_factory=dict)
    issuer: str | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: int = 0

    def application(self) -> FastAPI:
        app = FastAPI()
        app.get("/.well-known/openid-configuration")(self.describe)
        app.get("/authorize")(self.authorize)
        app.post("/token")(self.token)
        app.get("/keys")(lambda: {"keys": [self.key.as_dict(private=False)]})
        return app

    def describe(self) -> dict[str, str]:
        self.requests += 1
        return {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }

    def authorize(self, asked: Annotated[Asked, Query()]) -> RedirectResponse:
        said = (asked.client_id, asked.response_type, asked.code_challenge_method)
        assert said == (CLIENT, "code", "S256")
        assert "openid" in asked.scope.split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = {
            "nonce": asked.nonce, "challenge": asked.code_challenge, "back": asked.redirect_uri,
        }  # fmt: skip
        return RedirectResponse(f"{asked.redirect_uri}?code={code}&state={asked.state}")

    def token(
        self,
        code: str = Form(),
        code_verifier: str = Form(),
        redirect_uri: str = Form(),
        authorization: str = Header(),
    ) -> dict[str, object]:
        asked = self.codes.pop(code)
        shown = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        hashed = hashlib.sha256(code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        given = (shown, challenge, redirect_uri)
        if given != (f"{CLIENT}:{SECRET}", asked["challenge"], asked["back"]):
            raise HTTPException(400)
        claims = {
            "iss": self.url, "aud": CLIENT, "exp": int(time.time()) + 60, "nonce": asked["nonce"],
            **self.person, **self.claims,
        }  # fmt: skip
        key = self.signed_with or self.key
        header = {"alg": self.algorithm, "kid": self.key.kid}
        signed = jwt.encode(header, claims, key, algorithms=[self.algorithm])
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture(autouse=True)
def _nothing_known_of_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider of another test may have answered at the same address."""
    monkeypatch.setattr(openid, "_described", openid._Discovery().describe)


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    server = uvicorn.Server(uvicorn.Config(provider.application(), log_level="warning"))
    listening = socket.create_server(("127.0.0.1", 0))
    provider.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    httpx.get(f"{provider.url}/keys").raise_for_status()
    yield provider
    server.should_exit = True
    thread.join()


@pytest.fixture
def start(make_settings, provider) -> Iterator[Callable[..., tuple[Services, TestClient]]]:
    with ExitStack() as stack:

        def started(**more) -> tuple[Services, TestClient]:
            settings = make_settings(
                worker=False, oidc_issuer=provider.url, oidc_client_id=CLIENT,
                oidc_client_secret=SECRET, **more,
            )  # fmt: skip
            services = stack.enter_context(open_services(settings))
            client = TestClient(
                create_app(services), headers={"Accept-Language": "it"}, follow_redirects=False
            )
            return services, stack.enter_context(client)

        yield started


def to_provider(browser, back="/") -> str:
    """Go to the provider; the address it sends the browser back to."""
    sent = browser.get("/login/openid", params={"next": back})
    assert sent.status_code == 303
    return httpx.get(sent.headers["location"], follow_redirects=False).headers["location"]


def sign_in(browser, back="/"):
    address = urlsplit(to_provider(browser, back))
    return browser.get(f"{address.path}?{address.query}")


def all_accounts(services) -> list[Account]:
    with services.database.session() as session:
        return list(accounts.list_accounts(session))


def test_a_person_signs_in_and_is_known_again(start, provider):
    services, browser = start(oidc_default_role="officer")
    assert provider.requests == 0, "nothing is asked before somebody signs in"
    provider.person = {
        "sub": "rossi", "preferred_username": "m.rossi", "name": "Mario Rossi",
        "email": "m@comune.example", "email_verified": True,
    }  # fmt: skip
    assert "/login/openid?next=" in browser.get("/login?next=/questions").text
    done = sign_in(browser, "/questions")
    assert (done.status_code, done.headers["location"]) == (303, "/questions")
    assert "Mario Rossi" in browser.get("/account").text
    assert provider.requests == 1, "what it says of itself is kept for the way back"
    browser.cookies.clear()
    sign_in(browser)
    (account,) = all_accounts(services)
    assert (account.name, account.role, account.email) == (
        "m.rossi", Role.OFFICER, "m@comune.example",
    )  # fmt: skip
    assert account.password_hash == ""


def test_an_equal_name_or_mail_address_makes_nobody_owner_of_an_account(start, provider):
    services, browser = start()
    with services.database.transaction() as session:
        capo = accounts.create(session, "capo@x.example", Role.ADMIN)
        passwords.choose(capo, "sette lampioni sul fiume")
    provider.person = {
        "sub": "evil", "preferred_username": "capo@x.example", "email": "capo@x.example",
        "email_verified": True,
    }  # fmt: skip
    sign_in(browser)
    assert browser.get("/admin/accounts").status_code == 403
    one, other = sorted(all_accounts(services), key=lambda account: account.role)
    assert (one.name, one.subject) == ("capo@x.example", None)
    assert other.name.startswith("capo@x.example-")


def test_another_subject_is_another_account(start, provider):
    services, browser = start()
    for subject in ("1", "2", "1"):
        provider.person = {"sub": subject, "email": f"{subject}@x.example"}
        browser.cookies.clear()
        assert sign_in(browser).status_code == 303
    assert [account.name for account in all_accounts(services)] == ["1@x.example", "2@x.example"]


@pytest.mark.parametrize("verified", [{}, {"email_verified": False}, {"email_verified": "true"}])
def test_no_mail_goes_to_an_address_that_nobody_verified(start, provider, verified):
    services, browser = start()
    provider.person = {"sub": "1", "email": "mayor@x.example\u200b", **verified}
    assert sign_in(browser).status_code == 303
    (account,) = all_accounts(services)
    assert (account.name, account.email) == ("mayor@x.example", "")


def test_the_role_follows_the_claim(start, provider):
    services, browser = start(oidc_role_claim="groups")
    for said, role in (
        (["staff", "researcher", "member"], Role.RESEARCHER),
        ("curator", Role.CURATOR),
        (["staff"], Role.MEMBER),
        (["admin"], Role.ADMIN),
        (["member"], Role.ADMIN),
    ):
        provider.person = {"sub": "1", "groups": said}
        browser.cookies.clear()
        assert sign_in(browser).status_code == 303
        assert all_accounts(services)[0].role is role, "the last administrator stays one"


def test_a_closed_account_stays_closed(start, provider):
    services, browser = start()
    sign_in(browser)
    with services.database.transaction() as session:
        accounts.disable(session, OPERATOR, accounts.list_accounts(session)[0])
    refused = sign_in(browser)
    assert refused.status_code == 422
    assert "chiuso" in refused.text


OTHER_KEY = RSAKey.generate_key(2048)


@pytest.mark.parametrize(
    "wrong",
    [
        {"signed_with": OTHER_KEY},
        {"claims": {"aud": "somebody-else"}},
        {"claims": {"aud": [CLIENT, "other"], "azp": "other"}},
        {"claims": {"iss": "https://elsewhere.example"}},
        {"claims": {"nonce": "of another attempt"}},
        {"claims": {"exp": 1}},
        {"person": {}},
    ],
    ids=["key", "audience", "party", "issuer", "nonce", "old", "nobody"],
)
def test_what_is_not_properly_vouched_for_opens_nothing(start, provider, wrong):
    services, browser = start()
    for name, value in wrong.items():
        setattr(provider, name, value)
    refused = sign_in(browser)
    assert refused.status_code == 422
    assert SESSION_COOKIE not in browser.cookies
    assert all_accounts(services) == []


def test_an_answer_from_another_browser_or_another_attempt_is_refused(start, provider):
    services, browser = start()
    stolen = urlsplit(to_provider(browser))
    browser.cookies.clear()
    assert browser.get(f"{stolen.path}?{stolen.query}").status_code == 422
    to_provider(browser)
    assert browser.get(f"{stolen.path}?{stolen.query}").status_code == 422
    browser.cookies.set("kb_openid", "bm90aGluZw==", path="/login/openid")
    assert browser.get(f"{stolen.path}?{stolen.query}").status_code == 422
    assert all_accounts(services) == []


def test_who_declines_is_told_so(start):
    _, browser = start()
    state = parse_qs(urlsplit(to_provider(browser)).query)["state"][0]
    refused = browser.get(f"/login/openid/return?error=access_denied&state={state}")
    assert refused.status_code == 422


def test_a_provider_that_calls_itself_otherwise_is_a_sentence(start, provider):
    _, browser = start()
    provider.issuer = "https://elsewhere.example"
    assert browser.get("/login/openid").status_code == 503


def test_a_provider_that_is_away_is_a_sentence(make_settings):
    settings = make_settings(worker=False, oidc_issuer="http://127.0.0.1:9", oidc_client_id=CLIENT)
    with (
        open_services(settings) as services,
        TestClient(create_app(services), headers={"Accept-Language": "it"}) as browser,
    ):
        away = browser.get("/login/openid")
    assert away.status_code == 503
    assert "non risponde" in away.text


def test_a_provider_that_says_nothing_holds_no_other_page(make_settings, monkeypatch):
    monkeypatch.setattr(openid, "TIMEOUT_S", 30)
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = make_settings(worker=False, oidc_issuer=issuer, oidc_client_id=CLIENT)
        with (
            open_services(settings) as services,
            TestClient(create_app(services)) as browser,
            ThreadPoolExecutor(60) as pool,
        ):
            begun = [pool.submit(browser.get, "/login/openid") for _ in range(50)]
            assert browser.get("/health/live").status_code == 200
            waiting = [one for one in begun if not one.done()]
            assert browser.get("/privacy").status_code == 200
            assert waiting, "the provider had not been given up when the pages were answered"
            silent.close()
            assert {one.result().status_code for one in begun} == {503}


def test_what_the_provider_says_of_itself_is_asked_for_once(start, provider):
    _, browser = start()
    for _ in range(5):
        assert browser.get("/login/openid").status_code == 303
    assert provider.requests == 1


def test_without_the_setting_there_is_no_such_way(make_settings):
    with (
        open_services(make_settings(worker=False)) as services,
        TestClient(create_app(services)) as browser,
    ):
        assert "/login/openid" not in browser.get("/login").text
        assert browser.get("/login/openid").status_code == 404
        assert browser.get("/login/openid/return").status_code == 404
