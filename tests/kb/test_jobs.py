"""The queue: one live job per item, claimed once, given back when its worker is gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import chain

import pytest
from sqlalchemy import func, select, update

from kb.messages import Message
from kb.storage import jobs
from kb.storage.db import Database
from kb.storage.tables import Job, JobStatus, Operation, now
from tests.databases import BACKENDS, fresh


@pytest.fixture(params=BACKENDS)
def database(request, tmp_path):
    with fresh(request.param, tmp_path) as url:
        database = Database(url)
        database.upgrade()
        yield database
        database.close()


def enqueue(database, *item_ids):
    with database.transaction() as session:
        for item_id in item_ids:
            jobs.enqueue(session, item_id, Operation.INDEX)


def claim(database, worker="w"):
    with database.transaction() as session:
        return jobs.claim(session, worker)


def test_every_job_is_claimed_exactly_once_by_many_workers(database):
    enqueue(database, *(f"item-{n}" for n in range(60)))

    def work(worker):
        claimed = []
        while taken := claim(database, worker):
            claimed.append(taken.item_id)
        return claimed

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, "abcd"))
    assert sorted(chain.from_iterable(shares)) == sorted(f"item-{n}" for n in range(60))


def test_a_newer_wish_replaces_the_live_job(database):
    enqueue(database, "a")
    first = claim(database)
    with database.transaction() as session:
        jobs.enqueue(session, "a", Operation.DELETE)
    with database.transaction() as session:
        assert not jobs.renew(session, first, "reading", 1, 2)
        assert not jobs.finish(session, first)
        live = select(func.count()).where(Job.status.in_(("queued", "running")))
        assert session.scalar(live) == 1
    assert claim(database).operation is Operation.DELETE


def test_a_postponed_job_waits_and_says_why(database):
    enqueue(database, "a")
    taken = claim(database)
    with database.transaction() as session:
        assert jobs.postpone(session, taken, Message("The disk is full."))
    assert claim(database) is None
    with database.session() as session:
        job = jobs.newest(session, "a")
        assert (job.status, job.attempts) == (JobStatus.QUEUED, 1)
        assert job.reason["template"] == "The disk is full."
        assert job.run_after > now()


def test_an_expired_lease_gives_the_job_back_until_it_was_tried_too_often(database):
    enqueue(database, "a")
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        assert claim(database).attempt == attempt
        with database.transaction() as session:
            assert jobs.reap(session) == []
            session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
            closed = jobs.reap(session)
            assert closed == (["a"] if attempt == jobs.MAX_ATTEMPTS else [])
    assert claim(database) is None


def test_a_graceful_stop_does_not_count_as_an_attempt(database):
    enqueue(database, "a")
    claim(database, "w")
    with database.transaction() as session:
        jobs.release(session, "w")
    assert claim(database).attempt == 1


def test_a_job_that_was_given_away_and_came_back_is_no_longer_the_first_claim_s(database):
    enqueue(database, "a")
    first = claim(database)
    with database.transaction() as session:
        assert jobs.reap(session, all_running=True) == []
    second = claim(database)
    with database.transaction() as session:
        assert not jobs.finish(session, first)
        assert jobs.finish(session, second)


def test_a_silent_job_that_is_held_keeps_its_lease(database):
    enqueue(database, "a")
    held = claim(database)
    with database.transaction() as session:
        session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
        jobs.hold(session, [held.job_id])
        jobs.reap(session)
    assert claim(database) is None


def test_deletions_go_first_and_everybody_knows_their_place(database):
    enqueue(database, "a", "b")
    with database.transaction() as session:
        jobs.enqueue(session, "c", Operation.DELETE)
        places = [jobs.position(session, jobs.newest(session, item)) for item in "abc"]
    assert places == [2, 3, 1]
    assert [claim(database).item_id for _ in range(3)] == ["c", "a", "b"]
    with database.session() as session:
        assert jobs.position(session, jobs.newest(session, "a")) == 0
