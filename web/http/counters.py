"""Where uses that are limited are counted: in this process, in the database, or in Redis."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, WindowStats
from limits.errors import ConfigurationError as LimitsError
from limits.errors import StorageError
from limits.storage import MemoryStorage, SlidingWindowCounterSupport, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

from kb.messages import N_, ConfigurationError
from kb.settings import Settings
from kb.storage import rate_counters
from kb.storage.db import Database
from kb.storage.rate_counters import Uses

ERASE_S = 300.0
"""Seconds between two deletions of expired counters by a process."""


class SqlStorage(Storage, SlidingWindowCounterSupport):
    """Counters in the database, for the sliding window of ``limits``. Its methods raise what
    ``Database`` raises."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._erased = time.monotonic()

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        with self._database.transaction() as session:
            within = rate_counters.count_use(session, key, limit, expiry, amount)
        self._erase_expired()
        return within

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        uses = self.read_uses(key, expiry)
        return uses.previous, uses.left_s, uses.present, uses.left_s + expiry

    def read_uses(self, key: str, expiry: int) -> Uses:
        with self._database.session() as session:
            return rate_counters.read_uses(session, key, expiry)

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        self.clear(key)

    def clear(self, key: str) -> None:
        with self._database.transaction() as session:
            rate_counters.clear_uses(session, key)

    def reset(self) -> int:
        with self._database.transaction() as session:
            return rate_counters.clear_all(session)

    def check(self) -> bool:
        return True

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("only for sliding windows")

    def get(self, key: str) -> int:
        raise NotImplementedError("only for sliding windows")

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("only for sliding windows")

    def _erase_expired(self) -> None:
        if time.monotonic() - self._erased > ERASE_S:
            self._erased = time.monotonic()
            with self._database.transaction() as session:
                rate_counters.erase_expired(session)


class SqlRateLimiter(SlidingWindowCounterRateLimiter):
    """Tells when one more use succeeds; ``limits`` tells when a use weighs nothing any more, or the
    window ends, when those of it still weigh."""

    storage: SqlStorage

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        seconds = item.get_expiry()
        uses = self.storage.read_uses(item.key_for(*identifiers), seconds)
        weighed = uses.previous * uses.left_s / seconds + uses.present
        return WindowStats(
            time.time() + uses.find_wait_s(item.amount, seconds),
            max(0, item.amount - math.ceil(weighed)),
        )


def open_counters(settings: Settings, database: Database) -> RateLimiter:
    """The counters that ``KB_RATE_STORAGE`` names.

    Raises:
        ConfigurationError: the storage cannot be used.
    """
    named = settings.rate_storage
    storage = named.get_secret_value() if named else _usual(database)
    if storage == "memory":
        return MovingWindowRateLimiter(MemoryStorage())
    if storage == "database":
        return SqlRateLimiter(SqlStorage(database))
    try:
        return MovingWindowRateLimiter(storage_from_string(storage, wrap_exceptions=True))
    except (LimitsError, StorageError, ImportError, ValueError) as error:
        raise ConfigurationError(
            N_(
                "KB_RATE_STORAGE cannot be used ({reason}): write it like {example}, and install"
                " the extra `redis` for it."
            ),
            reason=type(error).__name__,
            example="redis://redis.example:6379",
        ) from error


def _usual(database: Database) -> str:
    """With SQLite one process serves, as a rule."""
    return "memory" if database.engine.dialect.name == "sqlite" else "database"
