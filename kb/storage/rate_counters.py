"""Counters of rate limits, shared by all processes on a database.

Sliding window counter: a row counts the uses of the present window of time, and knows those of the
window before, which weigh as much as of that window still lies within the last ``seconds``. The
clock is that of the database, so that the clocks of several machines need not agree.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy import BigInteger, Double, String, TextClause, delete, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from kb.storage.tables import Base


class RateCounter(Base):
    """How often somebody did what is limited. Who that is stands in the key as an HMAC, see
    ``web.http.limits``, and the key is a checksum of that."""

    __tablename__ = "rate_counters"

    key_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    """Of the present window, from 1970."""
    present: Mapped[int]
    """Uses in the present window."""
    previous: Mapped[int]
    """Uses in the window before."""
    expires_at: Mapped[float] = mapped_column(Double, index=True)
    """Seconds since 1970, after which the row says nothing any more."""


class Uses(NamedTuple):
    """``left_s``: seconds until the present window ends."""

    previous: int
    present: int
    left_s: float

    def find_wait_s(self, most: int, seconds: int) -> float:
        """Seconds until one more use is within ``most`` in ``seconds``, if there is none meanwhile.

        A window before weighs as much as is left of the present one. Where the present one is full,
        it is that which has to weigh less, in the next.
        """
        if self.present < most:
            weighing, room, until = self.previous, most - 1 - self.present, self.left_s
        else:
            weighing, room, until = self.present, most - 1, self.left_s + seconds
        if weighing <= room:
            return max(0.0, until - seconds)
        return max(0.0, until - seconds * room / weighing)


def count_use(session: Session, key: str, most: int, seconds: int, amount: int = 1) -> bool:
    """Count ``amount`` uses if they are within ``most`` in ``seconds``; return whether they are.

    One statement, which locks the row: of concurrent calls no more succeed than may.
    """
    if amount > most:
        return False
    given = {"key": _digest(key), "most": most, "seconds": seconds, "amount": amount}
    return session.execute(_for_dialect(_COUNT, session), given).first() is not None


def read_uses(session: Session, key: str, seconds: int) -> Uses:
    given = {"key": _digest(key), "seconds": seconds}
    found = session.execute(_for_dialect(_READ, session), given).first()
    return Uses(*found) if found else Uses(0, 0, float(seconds))


def clear_uses(session: Session, key: str) -> None:
    session.execute(delete(RateCounter).where(RateCounter.key_sha256 == _digest(key)))


def clear_all(session: Session) -> int:
    """Delete all counters and return how many there were."""
    deleted = session.scalars(delete(RateCounter).returning(RateCounter.key_sha256))
    return len(deleted.all())


def erase_expired(session: Session) -> None:
    """Delete the rows that say nothing any more."""
    session.execute(_for_dialect(_ERASE, session))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _for_dialect(statement: str, session: Session) -> TextClause:
    replaced = _BY_DIALECT[session.get_bind().dialect.name]
    for word, written in replaced.items():
        statement = statement.replace(word, written)
    return text(statement)


_BY_DIALECT = {
    "postgresql": {
        "WINDOW": "floor(CLOCK / :seconds)::bigint",
        "CLOCK": "extract(epoch FROM clock_timestamp())::double precision",
    },
    "sqlite": {
        "WINDOW": "CAST(CLOCK / :seconds AS INTEGER)",
        "CLOCK": "((julianday('now') - 2440587.5) * 86400.0)",
        "GREATEST": "max",
        "LEAST": "min",
    },
}
"""CLOCK: seconds since 1970; WINDOW: the number of the present window."""
_NUMBER = "CASE known.number - {0} WHEN 1 THEN known.number ELSE {0} END"
"""Of the present window, where a statement began in that of number {0}. It may have waited for the
row while a window ended and others counted in the next one. Numbers beyond the next are of a clock
that was wrong."""
_COUNTED = f"({_NUMBER.format('excluded.number')})"
_PREVIOUS = f"""CASE {_COUNTED} - known.number
  WHEN 0 THEN known.previous WHEN 1 THEN known.present ELSE 0 END"""
_PRESENT = f"CASE {_COUNTED} WHEN known.number THEN known.present ELSE 0 END + excluded.present"
_WEIGHT = f"LEAST(1, GREATEST(0, 1 - (CLOCK / :seconds - {_COUNTED})))"
"""Share of the window before that lies within the last ``seconds``."""
_COUNT = f"""
INSERT INTO rate_counters AS known (key_sha256, number, present, previous, expires_at)
SELECT :key, begun.number, :amount, 0, (begun.number + 2) * :seconds
FROM (SELECT WINDOW AS number) AS begun WHERE true
ON CONFLICT (key_sha256) DO UPDATE SET
  number = {_COUNTED}, present = {_PRESENT}, previous = {_PREVIOUS},
  expires_at = ({_COUNTED} + 2) * :seconds
WHERE ({_PREVIOUS}) * {_WEIGHT} + {_PRESENT} <= :most
RETURNING key_sha256
"""  # noqa: S608 - parts of it are written here, values are bound
_READ = f"""
SELECT CASE begun.number - known.number
    WHEN 0 THEN known.previous WHEN 1 THEN known.present ELSE 0 END,
  CASE begun.number WHEN known.number THEN known.present ELSE 0 END,
  (begun.number + 1) * :seconds - CLOCK
FROM (
  SELECT {_NUMBER.format("now.number")} AS number
  FROM rate_counters AS known, (SELECT WINDOW AS number) AS now WHERE known.key_sha256 = :key
) AS begun, rate_counters AS known WHERE known.key_sha256 = :key
"""  # noqa: S608 - as above
_ERASE = "DELETE FROM rate_counters WHERE expires_at < CLOCK"
