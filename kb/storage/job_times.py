"""How long a job is held, and when it is tried again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from kb.storage.tables import Job, JobStatus, now

LEASE = timedelta(seconds=120)
BACKOFF_S = 2.0
"""Delay after the first failed attempt, doubled each time."""
BACKOFF_MAX_S = 300.0
"""Longest delay."""


def correct_times(session: Session) -> None:
    """Correct times written while the clock was ahead: no job waits longer than the largest
    backoff, and no lease is longer than ``LEASE``."""
    latest = now() + timedelta(seconds=BACKOFF_MAX_S)
    session.execute(
        update(Job)
        .where(Job.status == JobStatus.QUEUED, Job.run_after > latest)
        .values(run_after=None)
    )
    session.execute(
        update(Job)
        .where(Job.status == JobStatus.RUNNING, Job.lease_until > now() + LEASE)
        .values(lease_until=now() + LEASE)
    )


def find_next_attempt(times: int) -> datetime:
    """Time of the next attempt: exponential backoff with jitter."""
    delay = min(BACKOFF_MAX_S, BACKOFF_S * 2**times) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
    return now() + timedelta(seconds=delay)
