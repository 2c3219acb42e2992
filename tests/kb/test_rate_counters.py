"""Counters of rate limits in the database: never more than the limit, whoever asks at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache

import pytest
from sqlalchemy import func, select, update

from kb.storage.db import Database
from kb.storage.rate_counters import (
    RateCounter,
    Uses,
    clear_uses,
    count_use,
    erase_expired,
    read_uses,
)
from tests.databases import BACKENDS, migrated

HOUR_S = 3600
WINDOW_S = next(s for s in range(36_000, 72_000) if s / 4 < time.time() % s < s / 2)
"""No window of so many seconds begins or ends in the next hours."""


@pytest.fixture(scope="module")
def on_backend(tmp_path_factory):
    """Opens the database of a backend, once."""
    with ExitStack() as stack:

        @cache
        def open_database(backend):
            url = stack.enter_context(migrated(backend, tmp_path_factory.mktemp("counters")))
            opened = Database(url)
            stack.callback(opened.close)
            return opened

        yield open_database


@pytest.fixture(params=BACKENDS)
def database(request, on_backend):
    return on_backend(request.param)


def count(database, key, most=3, seconds=WINDOW_S, amount=1):
    with database.transaction() as session:
        return count_use(session, key, most, seconds, amount)


def age(database, windows):
    """Let so many windows pass, as far as the rows tell."""
    with database.transaction() as session:
        session.execute(
            update(RateCounter).values(
                number=RateCounter.number - windows,
                expires_at=RateCounter.expires_at - windows * WINDOW_S,
            )
        )


def test_a_key_is_counted_up_to_its_limit_apart_from_others(database):
    assert [count(database, "one") for _ in range(5)] == [True] * 3 + [False] * 2
    assert count(database, "another")
    assert not count(database, "big", most=3, amount=4)
    with database.transaction() as session:
        uses = read_uses(session, "one", WINDOW_S)
        assert (uses.previous, uses.present) == (0, 3), "what was refused does not count"
        assert 0 < uses.left_s <= WINDOW_S
        clear_uses(session, "one")
    assert count(database, "one")


def test_at_once_no_more_succeed_than_may(database):
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: count(database, "at once", most=17), range(40)))
    assert sum(given) == 17


def test_the_window_before_weighs_and_the_one_before_that_does_not(database):
    assert all(count(database, "old", most=1000) for _ in range(10))
    age(database, 1)
    with database.session() as session:
        before = read_uses(session, "old", WINDOW_S)
    assert (before.previous, before.present) == (10, 0)
    most = 5 + round(10 * before.left_s / WINDOW_S)
    given = [count(database, "old", most=most) for _ in range(most + 1)]
    assert 4 <= sum(given) <= 6
    age(database, 2)
    assert sum(count(database, "old", most=7) for _ in range(9)) == 7


@pytest.mark.parametrize(
    ("previous", "present", "left_s", "most", "wait_s"),
    [
        (0, 10, 600, 10, 960),  # 360 s into the next window nine tenths of it weigh
        (0, 10, 0, 10, 360),  # at the edge
        (10, 0, 3600, 10, 360),
        (10, 5, 2000, 10, 560),  # four of ten may weigh
        (10, 9, 2000, 10, 2000),  # none of them
        (0, 1, 600, 1, 4200),
        (20, 0, 3600, 10, 1980),  # counted under a higher limit
        (3, 3, 3600, 10, 0),
        (0, 0, 3600, 10, 0),
    ],
)
def test_the_wait_ends_when_one_more_use_is_within_the_limit(
    previous, present, left_s, most, wait_s
):
    uses = Uses(previous, present, left_s)
    assert uses.find_wait_s(most, HOUR_S) == pytest.approx(wait_s)


def test_who_waits_as_long_as_told_is_not_refused_again(database):
    while count(database, "told", seconds=2, amount=3):
        pass
    with database.session() as session:
        uses = read_uses(session, "told", 2)
    time.sleep(uses.find_wait_s(3, 2) + 0.01)
    assert count(database, "told", seconds=2)


def test_who_waited_for_the_row_into_the_next_window_forgets_nothing(database):
    """The statement knows the number of the window in which it began to wait."""
    assert all(count(database, "edge") for _ in range(3))
    age(database, -1)
    assert not count(database, "edge")
    with database.session() as session:
        uses = read_uses(session, "edge", WINDOW_S)
        assert (uses.previous, uses.present) == (0, 3)
        number = session.scalar(select(RateCounter.number).order_by(RateCounter.number.desc()))
    assert count(database, "edge", most=4)
    with database.session() as session:
        newest = select(func.max(RateCounter.number))
        assert session.scalar(newest) == number, "the row does not go back"
    with database.transaction() as session:
        session.execute(update(RateCounter).values(previous=10, present=0))
    assert not count(database, "edge", most=10), "the window before weighs no more than wholly"
    assert count(database, "edge", most=11)


def test_what_has_expired_is_erased(database):
    count(database, "kept")
    with database.transaction() as session:
        erase_expired(session)
        assert session.scalar(select(func.count()).select_from(RateCounter))
    age(database, 3)
    count(database, "fresh")
    with database.transaction() as session:
        erase_expired(session)
        assert session.scalar(select(func.count()).select_from(RateCounter)) == 1
