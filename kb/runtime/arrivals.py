"""Work that arrived, told to any number of threads that wait for it."""

from __future__ import annotations

import threading


class Arrivals:
    """A counter to wait on: who looked for work when it stood at ``count`` and found none misses
    nothing that was queued since."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        return self._count

    def notify(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait_beyond(self, count: int, timeout_s: float) -> None:
        """Until something arrived after ``count``, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != count, timeout_s)
