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
    """How often somebody did what is limited. The key is a checksum and tells of nobody."""

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
    clock, window = _BY_DIALECT[session.get_bind().dialect.name]
    return text(statement.replace("WINDOW", window).replace("CLOCK", clock))


_BY_DIALECT = {
    "postgresql": (
        "extract(epoch FROM clock_timestamp())::double precision",
        "floor(CLOCK / :seconds)::bigint",
    ),
    "sqlite": (
        "((julianday('now') - 2440587.5) * 86400.0)",
        "CAST(CLOCK / :seconds AS INTEGER)",
    ),
}
"""Seconds since 1970, and the number of the present window."""
_PREVIOUS = """CASE excluded.number - known.number
  WHEN 0 THEN known.previous WHEN 1 THEN known.present ELSE 0 END"""
_PRESENT = "CASE excluded.number WHEN known.number THEN known.present ELSE 0 END + excluded.present"
_COUNT = f"""
INSERT INTO rate_counters AS known (key_sha256, number, present, previous, expires_at)
SELECT :key, begun.number, :amount, 0, (begun.number + 2) * :seconds
FROM (SELECT WINDOW AS number) AS begun WHERE true
ON CONFLICT (key_sha256) DO UPDATE SET
  number = excluded.number, present = {_PRESENT}, previous = {_PREVIOUS},
  expires_at = excluded.expires_at
WHERE ({_PREVIOUS}) * (1 - (CLOCK / :seconds - excluded.number)) + {_PRESENT} <= :most
RETURNING key_sha256
"""  # noqa: S608 - parts of it are written here, values are bound
_READ = """
SELECT CASE begun.number - known.number
    WHEN 0 THEN known.previous WHEN 1 THEN known.present ELSE 0 END,
  CASE begun.number WHEN known.number THEN known.present ELSE 0 END,
  (begun.number + 1) * :seconds - CLOCK
FROM rate_counters AS known, (SELECT WINDOW AS number) AS begun WHERE known.key_sha256 = :key
"""
_ERASE = "DELETE FROM rate_counters WHERE expires_at < CLOCK"
