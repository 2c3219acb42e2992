"""What is due is done by one of several web processes, and told once."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from kb.network.profiles import REMIND, VALID
from kb.runtime.alone import SharedWork, working_alone
from kb.runtime.services import open_services
from kb.storage.idempotency import IdempotentRequest
from kb.storage.network import Profile
from kb.storage.tables import now
from tests.databases import migrated
from web.saved_question_alerts import do_upkeep

PROCESSES = 3
PROFILES = 25
"""Enough for processes to be at them at the same time."""


@pytest.fixture
def processes(tmp_path, make_settings, mail_server):
    """Services of web processes on one database, with an index on a server."""
    with migrated("postgresql", tmp_path) as url:
        settings = make_settings(
            database_url=url, qdrant_url="http://127.0.0.1:9", smtp_url=mail_server.url
        )
        with (
            open_services(settings) as one,
            open_services(settings) as two,
            open_services(settings) as three,
        ):
            yield one, two, three


def test_what_is_due_is_done_once_by_whoever_is_first(processes, mail_server):
    add_profiles(processes[0])
    barrier = Barrier(PROCESSES)

    def look(services):
        barrier.wait()
        return do_upkeep(services)

    with ThreadPoolExecutor(PROCESSES) as pool:
        assert any(pool.map(look, processes))
    assert len(mail_server.received) == PROFILES
    assert all(do_upkeep(services) for services in processes)
    assert len(mail_server.received) == PROFILES


def test_who_holds_the_work_keeps_others_from_it_until_it_ends(processes, mail_server):
    add_profiles(processes[0])
    with working_alone(processes[1], SharedWork.UPKEEP) as alone:
        assert alone
        assert not do_upkeep(processes[0])
        with working_alone(processes[0], SharedWork.REINDEX) as other_work:
            assert other_work
    assert not mail_server.received
    assert do_upkeep(processes[0])
    assert len(mail_server.received) == PROFILES


def add_profiles(services):
    """Their year ends soon, so that their owners are to be reminded."""
    consents = {"name": {}, "offers": {}}
    with services.database.transaction() as session:
        session.add_all(
            Profile(
                kind="body", name=f"Consorzio {n}", offers="x", email=f"c{n}@example.org",
                consents=consents,
            )
            for n in range(PROFILES)
        )  # fmt: skip
        session.flush()
        almost = now() - VALID + REMIND / 2
        session.execute(update(Profile).values(confirmed_at=almost))
        assert session.scalars(select(Profile.reminded_at)).all() == [None] * PROFILES


def test_what_killed_processes_and_old_requests_left_goes_after_a_day(processes):
    services = processes[0]
    services.originals.root.mkdir(parents=True, exist_ok=True)
    left, under_way = (services.originals.root / name for name in ("upload-left", "upload-now"))
    for file in (left, under_way):
        file.touch()
    os.utime(left, (0, 0))
    with services.database.transaction() as session:
        for id, age in (("old", timedelta(days=2)), ("new", timedelta(hours=1))):
            session.add(IdempotentRequest(id=id, request_sha256="", begun_at=now() - age))
    assert do_upkeep(services)
    assert (left.exists(), under_way.exists()) == (False, True)
    with services.database.session() as session:
        assert session.scalars(select(IdempotentRequest.id)).all() == ["new"]
