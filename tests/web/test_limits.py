"""Limits, names the site answers under, and what caches may keep."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient
from redis import Redis

from kb.access import OPERATOR, Right, Role
from kb.accounts import accounts, passwords, tokens
from kb.runtime.services import Services, open_services
from tests.ports import reserve_port
from web.app import create_app
from web.http.asked import AskedLately
from web.http.limits import RateLimits

PASSWORD = "sette lampioni sul fiume"
Start = Callable[..., tuple[Services, TestClient]]


@pytest.fixture
def start(make_settings) -> Iterator[Start]:
    """An installation with a researcher, its settings as given, and a browser in front of it."""
    with ExitStack() as stack:

        def started(listening: str | None = None, **settings) -> tuple[Services, TestClient]:
            services = stack.enter_context(
                open_services(make_settings(worker=False, **settings), own=True)
            )
            with services.database.transaction() as session:
                passwords.choose(accounts.create(session, "anna", Role.RESEARCHER), PASSWORD)
            client = TestClient(
                create_app(services, listening), headers={"Accept-Language": "it"},
                follow_redirects=False,
            )  # fmt: skip
            return services, stack.enter_context(client)

        yield started


def log_in(browser, name="anna", password=PASSWORD):
    return browser.post("/login", data={"name": name, "password": password})


def test_a_name_is_tried_so_often_and_no_more(start):
    _, browser = start(rate_sign_in="3/minute", rate_storage="memory")
    answers = [log_in(browser, name, "wrong") for name in ("anna", "ANNA", " anna", "anna")]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "secondi" in answers[-1].text
    assert log_in(browser).status_code == 429, "nor with the right password now"
    assert log_in(browser, "nobody", "wrong").status_code == 422, "others are not locked out"


def test_processes_on_a_database_count_together(start):
    services, browser = start(rate_sign_in="3/minute", rate_storage="database")
    with TestClient(create_app(services), follow_redirects=False) as other:
        answers = [log_in(one, "anna", "wrong") for one in (browser, other, browser, other)]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
        longest = 60 + 20  # until one of the three no longer weighs in the next window
        assert 1 <= int(answers[-1].headers["retry-after"]) <= longest
        assert log_in(browser).status_code == 429
        assert log_in(other, "nobody", "wrong").status_code == 422


@pytest.fixture
def redis(tmp_path) -> Iterator[str]:
    """The address of a Redis server that keeps nothing."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is not installed (python -m tests.postgresql.install)")
    with reserve_port() as port:
        address = ["--port", str(port), "--bind", "127.0.0.1"]
        command = [program, *address, "--save", "", "--dir", tmp_path]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert any("eady to accept connections" in line for line in running.stdout)
            yield f"redis://127.0.0.1:{port}"
            running.terminate()


def test_processes_count_together_in_redis(start, redis):
    services, browser = start(rate_sign_in="3/minute", rate_storage=redis)
    with TestClient(create_app(services), follow_redirects=False) as other:
        answers = [log_in(one, "anna", "wrong") for one in (browser, other, browser, other)]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        lately = [AskedLately(one.app.state.limits) for one in (browser, other)]
        assert [one.is_first("192.0.2.7", "Chi è malato?", 0) for one in lately] == [True, False]
    with Redis.from_url(redis) as kept:
        keys = b" ".join(kept.keys())
    assert b"asked" in keys
    for said in (b"malato", b"192.0.2.7", b"anna", b"testclient"):
        assert said not in keys, "who asked what cannot be read there"


def test_a_question_is_new_on_another_day_for_all_processes(start, monkeypatch):
    services, browser = start(rate_storage="database")
    other = RateLimits(services.settings, services.database)
    asked = "anna quanto costa"
    processes = (browser.app.state.limits, other)
    today = time.time()
    monkeypatch.setattr("web.http.limits.time.time", lambda: today)
    assert [one.is_first_asked(asked) for one in processes] == [True, False]
    monkeypatch.setattr("web.http.limits.time.time", lambda: today + 24 * 3600)
    assert [one.is_first_asked(asked) for one in processes] == [True, False]


def test_without_redis_it_is_said_and_nothing_is_let_through(start):
    _, browser = start(rate_storage="redis://127.0.0.1:9")
    answer = log_in(browser)
    assert answer.status_code == 503
    assert "contatori" in answer.text
    assert AskedLately(browser.app.state.limits).is_first("anna", "quanto costa", 0)


def test_a_password_is_not_guessed_in_an_open_session(start):
    _, browser = start(rate_sign_in="3/hour")
    assert log_in(browser).status_code == 303
    wrong = {"name": "anna", "password": "wrong", "old": "wrong", "new": "wrong"}
    paths = ("erase", "password", "erase", "password")
    answers = [browser.post(f"/account/{path}", data=wrong) for path in paths]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]


def test_nobody_locks_the_owner_of_a_name_out(start):
    services, browser = start(rate_sign_in="3/hour")
    assert log_in(browser).status_code == 303
    kept = browser.cookies["kb_device"]
    stranger = TestClient(browser.app, client=("2001:db8:1::7", 1), follow_redirects=False)
    elsewhere = TestClient(browser.app, client=("192.0.2.8", 1), follow_redirects=False)
    assert [log_in(stranger, password="x").status_code for _ in range(4)] == [422] * 3 + [429]
    neighbour = TestClient(browser.app, client=("2001:db8:1::8", 1), follow_redirects=False)
    assert log_in(neighbour, password="x").status_code == 429, "of the same network"
    assert log_in(elsewhere).status_code == 303, "from another address"
    for number in range(40):
        many = TestClient(browser.app, client=(f"198.51.100.{number}", 1), follow_redirects=False)
        log_in(many, password="x")
    assert log_in(elsewhere).status_code == 303, "a device the account has signed in with"
    browser.cookies.clear()
    browser.cookies.set("kb_device", kept)
    assert log_in(browser).status_code == 303
    browser.cookies.clear()
    browser.cookies.set("kb_device", "0" * 64)
    assert log_in(browser).status_code == 429
    with services.database.transaction() as session:
        passwords.choose(accounts.get(session, "anna"), PASSWORD + "!")
    browser.cookies.set("kb_device", kept)
    assert log_in(browser, password=PASSWORD + "!").status_code == 429, "of the former password"


def test_who_gets_in_is_not_counted_on(start):
    _, browser = start(rate_sign_in="3/hour")
    for _ in range(3):
        assert log_in(browser, password="wrong").status_code == 422
        assert log_in(browser).status_code == 303
        assert log_in(browser, password="wrong").status_code == 422
        assert log_in(browser).status_code == 303


def test_an_address_that_tries_many_names_is_stopped(start):
    _, browser = start(rate_sign_in_address="4/hour")
    tried = [log_in(browser, f"name{n}", "wrong").status_code for n in range(5)]
    assert tried == [422, 422, 422, 422, 429]


def test_questions_and_uploads_are_limited_but_not_for_the_operator(start):
    services, browser = start(rate_search="2/hour", rate_upload="1/hour")
    asked = [browser.get("/api/v1/search").status_code for _ in range(3)]
    assert 429 not in asked[:2]
    assert asked[2] == 429
    assert browser.get("/search").status_code == 429
    paths = ("/documents", "/documents/feed.atom", "/documents/references.bib", "/api/v1/documents")
    for path in paths:
        assert browser.get(path, params={"q": "acqua", "text": "yes"}).status_code == 429, path
        assert browser.get(path, params={"q": "acqua"}).status_code == 200, path
        assert browser.get(path, params={"q": "a", "text": "yes"}).status_code == 200, path
    with services.database.transaction() as session:
        account = accounts.get(session, "anna")
        token = tokens.create(session, OPERATOR, account, "t", [Right.DOCUMENTS])
    shown = {"Authorization": f"Bearer {token}"}
    assert browser.get("/search", headers=shown).status_code == 200, "an account counts apart"
    files = {"file": ("a.txt", b"Some text.")}
    assert browser.post("/api/v1/documents", files=files, headers=shown).status_code == 202
    again = browser.post("/api/v1/documents", files=files, headers=shown)
    assert again.status_code == 429
    assert "riprova fra" in again.json()["detail"]
    owner = services.ownership.announce("http://127.0.0.1:1")
    shown = {"Authorization": f"Bearer {owner.token}"}
    for _ in range(3):
        assert browser.get("/search", headers=shown).status_code == 200
        assert browser.post("/api/v1/documents", files=files, headers=shown).status_code == 202


@pytest.mark.parametrize("address", ["/compare.pdf", "/collections/none/dossier.pdf"])
def test_papers_are_limited(start, address):
    _, browser = start(rate_paper="2/hour")
    assert [browser.get(address).status_code for _ in range(3)] == [404, 404, 429]


@pytest.mark.parametrize(
    ("listening", "settings", "host", "status"),
    [
        ("127.0.0.1", {}, "127.0.0.1:8000", 200),
        ("127.0.0.1", {}, "localhost:8000", 200),
        ("::1", {}, "[::1]:8000", 200),
        ("127.0.0.1", {}, "evil.example", 421),
        ("127.0.0.1", {}, "127.0.0.1.evil.example", 421),
        ("127.0.0.1", {}, "[", 421),
        ("127.0.0.1", {"public_url": "https://kb.example.org"}, "KB.example.org", 200),
        ("127.0.0.1", {"allowed_hosts": "a.example, b.example"}, "b.example:8000", 200),
        ("127.0.0.1", {"allowed_hosts": "a.example"}, "c.example", 421),
        ("0.0.0.0", {}, "anything.example", 200),
        ("0.0.0.0", {"public_url": "https://kb.example.org"}, "anything.example", 421),
        ("192.0.2.7", {"public_url": "https://kb.example.org"}, "192.0.2.7:8000", 200),
    ],
)
def test_the_site_answers_under_its_names(start, listening, settings, host, status):
    _, browser = start(listening, **settings)
    answer = browser.get("/privacy", headers={"Host": host})
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_supervisors_ask_a_pod_by_its_address(start):
    services, browser = start(
        "0.0.0.0", public_url="https://kb.example.org", metrics_token="let-me-in"
    )
    services.ready.set()
    shown = {"Host": "10.42.0.17:8000", "Authorization": "Bearer let-me-in"}
    for path in ("/health", "/health/live", "/health/ready", "/metrics"):
        assert browser.get(path, headers=shown).status_code == 200, path
    assert browser.get("/privacy", headers={"Host": "10.42.0.17:8000"}).status_code == 421


def test_https_is_insisted_on_where_the_site_has_it(start):
    _, browser = start(public_url="https://kb.example.org")
    assert "max-age=" in browser.get("/privacy").headers["strict-transport-security"]
    through_proxy = {"Origin": "https://kb.example.org", "Host": "127.0.0.1:8000"}
    assert browser.post("/logout", headers=through_proxy).status_code == 303
    other = {**through_proxy, "Origin": "https://kb.example.org.evil.example"}
    assert browser.post("/logout", headers=other).status_code == 403


@pytest.mark.parametrize(
    "address",
    ["https://kb.example.org/", "https://KB.example.org", "https://kb.example.org:443/"],
)
def test_programs_of_the_site_are_its_own_however_its_address_is_written(start, address):
    services, browser = start(public_url=address)
    assert services.settings.public_url == "https://kb.example.org"
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    through_proxy = {
        "Accept": "application/json, text/event-stream", "Host": "127.0.0.1:8000",
        "Origin": "https://kb.example.org",
    }  # fmt: skip
    assert browser.post("/mcp", json=sent, headers=through_proxy).status_code == 200
    assert browser.post("/logout", headers=through_proxy).status_code == 303
    other = {**through_proxy, "Origin": "https://kb.example.org.evil.example"}
    assert browser.post("/mcp", json=sent, headers=other).status_code == 403


def test_what_who_signed_in_sees_stays_out_of_caches(start):
    _, browser = start()
    assert "no-store" not in browser.get("/privacy").headers.get("cache-control", "")
    log_in(browser)
    for address in ("/privacy", "/documents", "/api/v1/practices", "/nowhere"):
        assert browser.get(address).headers["cache-control"] == "private, no-store"
    assert "cache-control" not in browser.get("/static/site.css").headers
    left = browser.post("/logout")
    assert left.headers["clear-site-data"] == '"cache"'


def test_files_that_are_all_refused_are_no_success(start):
    _, browser = start()
    log_in(browser)
    empty = browser.post("/upload", files={"file": ("empty.txt", b"")})
    assert empty.status_code == 422
    assert "empty.txt" in empty.text
    both = [("file", ("empty.txt", b"")), ("file", ("full.txt", b"Some text."))]
    mixed = browser.post("/upload", files=both)
    assert mixed.status_code == 200
    assert "empty.txt" in mixed.text
    assert "full.txt" in mixed.text
