"""Three web processes and three workers on PostgreSQL and a stub of a Qdrant server: two of each
are killed under load, and nothing is lost and nothing is there twice."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select, text, update

from kb.access import OPERATOR, Right, Role
from kb.accounts import accounts, passwords, tokens
from kb.domain import Status
from kb.network.profiles import REMIND, VALID
from kb.runtime.ownership import Ownership
from kb.storage import jobs
from kb.storage.db import Database
from kb.storage.history import DocumentVersion
from kb.storage.job_times import LEASE
from kb.storage.network import OutgoingMail, Profile
from kb.storage.tables import Item, Job, JobStatus, Operation, PassageRow, now
from tests.databases import migrated
from tests.processes.programs import Machines, People, in_turn, wait_until
from tests.qdrant_server.fixture import run_qdrant_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
PASSWORD = "sette lampioni sul fiume"
THINGS = (
    "frantoio", "acquedotto", "biblioteca", "mattatoio", "cimitero", "mercato", "ostello",
    "teatro", "asilo", "lavatoio", "osservatorio", "caseificio",
)  # fmt: skip
MAILS = 12
TRIES = 4
"""Passwords tried for a name before it is too much."""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    with migrated("postgresql", tmp_path_factory.mktemp("sql")) as url:
        opened = Database(url)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def token(database):
    with database.transaction() as session:
        anna = accounts.create(session, "anna", Role.RESEARCHER)
        passwords.choose(anna, PASSWORD)
        return tokens.create(session, OPERATOR, anna, "load", [Right.DOCUMENTS])


@pytest.fixture(scope="module")
def machines(tmp_path_factory, cache_dir, database, sink):
    folder = tmp_path_factory.mktemp("machines")
    with run_qdrant_server() as qdrant:
        opened = Machines(folder, cache_dir, {
            "KB_DATA_DIR": str(folder / "data"),
            "KB_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "KB_QDRANT_URL": qdrant.url,
            "KB_SMTP_URL": sink.url,
            "KB_RATE_SIGN_IN": f"{TRIES}/hour",
            "LANG": "en_US.UTF-8",
        })  # fmt: skip
        yield opened
        opened.stop()
        assert qdrant.problems() == []


def text_of(thing):
    return f"# Il {thing} di Radicofani\n\nIl {thing} del paese fu riaperto da undici famiglie."


@dataclass
class Load:
    """What people do at the same time, and what they were told. ``waiting``: what is not uploaded
    yet; ``accepted``: ids by thing; ``years``: those written last."""

    people: People
    waiting: list[str] = field(default_factory=lambda: list(THINGS))
    accepted: dict[str, str] = field(default_factory=dict)
    years: dict[str, int] = field(default_factory=dict)

    def upload(self):
        if not self.waiting:
            self.people.stopping.wait(0.1)
            return
        thing = self.waiting[0]
        file = {"file": (f"{thing}.md", text_of(thing).encode())}
        answer = self.people.ask("POST", "/api/v1/documents", files=file)
        assert answer.status_code == 202, answer.text
        self.accepted[thing] = answer.json()["id"]
        self.waiting.pop(0)

    def search(self):
        thing = random.choice(THINGS)
        answer = self.people.ask("GET", "/api/v1/search", params={"q": f"chi riaprì il {thing}?"})
        assert answer.status_code == 200, answer.text
        self.people.stopping.wait(1)

    def sign_in(self):
        """At one process, and be known at another."""
        web = self.people.machines.web
        both = random.sample(web, 2) if len(web) > 1 else ()
        try:
            if both:
                be_known(self.people, *both)
        except httpx.TransportError:
            if all(one in web for one in both):
                raise
        self.people.stopping.wait(5)

    def edit(self):
        if not self.accepted:
            self.people.stopping.wait(0.1)
            return
        thing, year = random.choice(list(self.accepted)), random.randint(1950, 2020)
        answer = self.people.ask(
            "PATCH", f"/api/v1/documents/{self.accepted[thing]}", json={"year": year}
        )
        assert answer.status_code == 200, answer.text
        self.years[thing] = year
        self.people.stopping.wait(1)


def test_nothing_is_lost_and_nothing_is_there_twice(machines, database, token, sink):
    machines.work(3)
    machines.serve(3)
    people = People(machines, token)
    load = Load(people)
    threads = [people.start(act) for act in (load.upload, load.search, load.edit, load.sign_in)]
    wait_until(lambda: len(load.accepted) >= 4 or bool(people.failures), "uploads")
    wait_until(lambda: count_jobs(database, JobStatus.RUNNING) > 0, "a job under way")
    dead = machines.kill(machines.workers, 2)
    machines.kill(machines.web, 2)
    end_leases(database, dead)
    machines.work(1)
    machines.serve(1)
    wait_until(lambda: not load.waiting or bool(people.failures), "all uploads")
    wait_until(lambda: is_all_done(database), "all jobs")
    people.stopping.set()
    for thread in threads:
        thread.join()
    assert people.failures == []
    wait_until(lambda: is_all_done(database), "all jobs")
    check_documents(load, database)
    checked = machines.run("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    add_again_beside_another(machines, load.accepted)


def add_again_beside_another(machines, accepted):
    """`kb ingest --wait` needs no folder for itself."""
    file = machines.folder / "again.md"
    file.write_text(text_of(THINGS[0]), "utf-8")
    other = Ownership(Path(machines.environment["KB_DATA_DIR"]))
    other.acquire()
    added = machines.run("ingest", str(file), "--wait", "--json")
    other.release()
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["id"] == accepted[THINGS[0]]


def check_documents(load, database):
    """All are ready and found by each process, with the year written last, and each once."""
    with database.session() as session:
        items = session.execute(select(Item.title, Item.status)).all()
        assert Counter(status for _, status in items) == {Status.READY: len(THINGS)}
        assert len({title for title, _ in items}) == len(THINGS)
        passages = select(func.count()).select_from(PassageRow).group_by(PassageRow.item_id)
        assert session.scalars(passages).all() == [1] * len(THINGS)
        assert session.scalars(select(DocumentVersion.document_id)).all() == [], "no later version"
    for program in load.people.machines.web:
        with load.people.browser(program) as client:
            for thing, document_id in load.accepted.items():
                found = client.get("/api/v1/search", params={"q": f"chi riaprì il {thing}?"})
                assert found.json()["results"][0]["id"] == document_id, thing
                state = client.get(f"/api/v1/documents/{document_id}").json()
                assert state["status"] == "ready"
                if thing in load.years:
                    assert state["metadata"]["year"] == load.years[thing]


def test_mails_go_out_once(machines, database, sink):
    with database.transaction() as session:
        for n in range(MAILS):
            session.add(OutgoingMail(address=f"m{n}@example.org", subject=f"n. {n}", text="x"))
        consents = {"name": {}, "offers": {}}
        session.add(Profile(kind="body", name="C", offers="x", email="c@example.org",
                            consents=consents))  # fmt: skip
        session.flush()
        session.execute(update(Profile).values(confirmed_at=now() - VALID + REMIND / 2))
    wait_until(lambda: len(sink.received) > MAILS, "mails")
    wait_until(lambda: is_empty(database, OutgoingMail), "no mail waits")
    assert set(Counter(mail["To"] for mail in sink.received).values()) == {1}
    assert len(sink.received) == MAILS + 1


def test_a_session_and_a_limit_are_of_all_processes(machines, token):
    people = People(machines, token)
    be_known(people, *machines.web)
    statuses = []
    for program in in_turn(machines.web, TRIES + 3):
        with people.browser(program, token=False) as browser:
            tried = browser.post("/login", data={"name": "nobody", "password": "wrong"})
            statuses.append(tried.status_code)
    assert statuses == [422] * TRIES + [429] * 3


def test_processes_of_an_older_version_answer_and_leave_the_work(machines, database, token):
    people = People(machines, token)
    with database.transaction() as session:
        known = session.scalar(text("SELECT version_num FROM alembic_version"))
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for worker in machines.workers:
        wait_until(lambda worker=worker: worker.said("worker waits"), "workers notice it")
    file = {"file": ("ponte.md", text_of("ponte").encode())}
    accepted = people.ask("POST", "/api/v1/documents", files=file)
    assert accepted.status_code == 202
    for program in machines.web:
        with people.browser(program) as client:
            told = client.get("/health")
            assert (told.status_code, told.json()["status"]) == (200, "ready")
            assert "riavvia questo processo" in told.json()["detail"]
            assert client.get("/api/v1/search", params={"q": "il frantoio"}).status_code == 200
    started = machines.run("worker")
    assert started.returncode == 2
    assert "another version of this program" in started.stderr
    assert count_jobs(database, JobStatus.QUEUED) == 1
    with database.transaction() as session:
        back = text("UPDATE alembic_version SET version_num = :known")
        session.execute(back, {"known": known})
    wait_until(lambda: is_all_done(database), "the job")
    found = people.ask("GET", "/api/v1/search", params={"q": "chi riaprì il ponte?"})
    assert found.json()["results"][0]["id"] == accepted.json()["id"]


def be_known(people, first, *others):
    """Sign in at one process, and be known at the others."""
    with people.browser(first, token=False) as browser:
        answer = browser.post("/login", data={"name": "anna", "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        cookies = dict(browser.cookies)
    for other in others:
        with people.browser(other, token=False) as browser:
            browser.cookies.update(cookies)
            assert "anna" in browser.get("/account").text


def end_leases(database, pids):
    """As if the killed workers had been gone for as long as a lease lasts."""
    with database.transaction() as session:
        for pid in pids:
            held = Job.claimed_by.contains(f"-{pid}-", autoescape=True)
            session.execute(
                update(Job).where(held, Job.status == JobStatus.RUNNING)
                .values(lease_until=now() - LEASE)
            )  # fmt: skip


def count_jobs(database, status):
    with database.session() as session:
        rows = select(func.count()).select_from(Job)
        return session.scalar(rows.where(Job.status == status, Job.operation == Operation.INDEX))


def is_all_done(database):
    with database.session() as session:
        return jobs.count_unfinished(session) == 0


def is_empty(database, table):
    with database.session() as session:
        return not session.scalar(select(func.count()).select_from(table))
