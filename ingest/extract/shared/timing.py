"""A time limit for readers written in Python, so that a hanging step does not cost the whole
document."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTime(Exception):
    """The step exceeded its time limit."""


class _Alarm(BaseException):
    """Derives from BaseException, so that the ``except Exception`` of libraries does not catch
    it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``OutOfTime`` if the block takes longer. Uses a signal, which works only in the main
    thread; elsewhere there is no limit."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    running = True

    def stop(signum: int, frame: FrameType | None) -> None:
        if running:
            raise _Alarm

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(
        signal.ITIMER_REAL, seconds, 1.0
    )  # repeated, in case a bare except catches the first
    try:
        try:
            yield
        finally:
            running = False  # the next alarm comes to nothing, however slow the machine is
    except _Alarm:
        raise OutOfTime(f"no end after {seconds:g} s") from None
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
