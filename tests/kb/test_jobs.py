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
from kb.storage.job_times import LEASE
from kb.storage.tables import Job, JobStatus, Operation, now
from tests.databases import BACKENDS, migrated


@pytest.fixture(params=BACKENDS)
def database(request, tmp_path):
    with migrated(request.param, tmp_path) as url:
        database = Database(url)
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
        job = jobs.find_newest(session, "a")
        assert (job.status, job.attempts) == (JobStatus.QUEUED, 1)
        assert job.reason["template"] == "The disk is full."
        assert job.run_after > now()


def die(database):
    """The program ends while jobs are under way, and starts again when the wait is over."""
    with database.transaction() as session:
        closed = jobs.reap(session, all_running=True)
        session.execute(update(Job).values(run_after=None))
    return closed


def test_an_expired_lease_gives_the_job_back(database):
    enqueue(database, "a")
    assert claim(database).attempt == 1
    with database.transaction() as session:
        assert jobs.reap(session) == []
        session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
        assert jobs.reap(session) == []
    assert claim(database).attempt == 2


def test_after_a_death_a_job_is_taken_at_once_and_later_after_the_second(database):
    enqueue(database, "a")
    for expected in (True, False):
        assert claim(database)
        with database.transaction() as session:
            jobs.reap(session, all_running=True)
        with database.session() as session:
            assert (jobs.find_newest(session, "a").run_after is None) is expected


def test_what_was_under_way_at_two_deaths_runs_last_and_alone(database):
    enqueue(database, "guilty", "innocent")
    for _ in range(jobs.SUSPECT_CRASHES):
        assert {claim(database).item_id, claim(database).item_id} == {"guilty", "innocent"}
        assert die(database) == []
    enqueue(database, "later")
    other = claim(database)
    assert other.item_id == "later"
    assert claim(database) is None, "a suspect waits until it is alone"
    with database.transaction() as session:
        jobs.finish(session, other)
    alone = []
    while taken := claim(database):
        assert claim(database) is None, "nothing else is taken beside a suspect"
        alone.append(taken.item_id)
        if taken.item_id == "innocent":
            with database.transaction() as session:
                jobs.finish(session, taken)
        elif closed := die(database):
            assert closed == ["guilty"]
    assert alone == ["guilty"] * (jobs.MAX_CRASHES - jobs.SUSPECT_CRASHES) + ["innocent"]


def test_a_deletion_is_never_given_up(database):
    with database.transaction() as session:
        jobs.enqueue(session, "a", Operation.DELETE)
    for _ in range(2 * jobs.MAX_CRASHES):
        assert claim(database).item_id == "a"
        assert die(database) == []


def test_deaths_of_the_program_are_no_tries(database):
    enqueue(database, "a")
    for _ in range(jobs.MAX_CRASHES - 1):
        claim(database)
        die(database)
    assert not claim(database).last


def test_what_was_put_off_while_the_clock_was_ahead_is_due(database):
    enqueue(database, "a", "b")
    held = claim(database)
    with database.transaction() as session:
        ahead = now() + timedelta(days=1)
        session.execute(update(Job).values(run_after=ahead, lease_until=ahead))
    assert claim(database) is None
    with database.transaction() as session:
        jobs.reap(session)
        running = session.get(Job, held.job_id)
        assert running.lease_until <= now() + LEASE
    assert claim(database).item_id == "b"


def test_a_first_run_does_not_ask_the_clock(database):
    enqueue(database, "a")
    with database.session() as session:
        assert jobs.find_newest(session, "a").run_after is None


def queue(database, account, *item_ids):
    with database.transaction() as session:
        for item_id in item_ids:
            jobs.enqueue(session, item_id, Operation.INDEX, account)


def test_accounts_take_turns(database):
    queue(database, "first", *(f"first-{n}" for n in range(200)))
    for _ in range(20):
        with database.transaction() as session:
            jobs.finish(session, jobs.claim(session, "w"))
    claim(database), claim(database)  # two are at work
    queue(database, "second", "second-0", "second-1")
    queue(database, "third", "third-0")
    with database.session() as session:
        assert jobs.queue_position(session, jobs.find_newest(session, "second-0")) <= 3
    taken = [claim(database).item_id for _ in range(6)]
    assert set(taken) == {"first-22", "second-0", "third-0", "first-23", "second-1", "first-24"}
    assert taken.index("second-0") <= 2
    assert taken.index("third-0") <= 2


def test_who_was_away_gets_no_turns_in_arrears(database):
    queue(database, "first", "first-0")
    long = claim(database)
    queue(database, "second", *(f"second-{n}" for n in range(50)))
    for _ in range(30):
        with database.transaction() as session:
            jobs.finish(session, jobs.claim(session, "w"))
    with database.transaction() as session:
        jobs.finish(session, long)
    queue(database, "first", *(f"late-{n}" for n in range(30)))
    taken = [claim(database).item_id for _ in range(10)]
    assert sum(item.startswith("second") for item in taken) == 5


def test_a_reader_for_short_files_takes_the_next_of_them(database):
    with database.transaction() as session:
        for item_id, size in (("long", 900), ("short", 90), ("card", 0)):
            jobs.enqueue(session, item_id, Operation.INDEX, size=size)
    with database.transaction() as session:
        taken = [jobs.claim(session, "w", 100) for _ in range(3)]
    assert [one and one.item_id for one in taken] == ["short", "card", None]


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
        jobs.hold(session, held.worker, [held.job_id])
        jobs.reap(session)
    assert claim(database) is None
    with database.transaction() as session:
        session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
        jobs.hold(session, "one that lost the job", [held.job_id])
        jobs.reap(session)
    assert claim(database) is not None


def test_deletions_go_first_and_everybody_knows_their_place(database):
    enqueue(database, "a", "b")
    with database.transaction() as session:
        jobs.enqueue(session, "c", Operation.DELETE)
        places = [jobs.queue_position(session, jobs.find_newest(session, item)) for item in "abc"]
    assert places == [2, 3, 1]
    assert [claim(database).item_id for _ in range(3)] == ["c", "a", "b"]
    with database.session() as session:
        assert jobs.queue_position(session, jobs.find_newest(session, "a")) == 0
