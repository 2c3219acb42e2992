"""Wake threads when work arrives."""

from __future__ import annotations

import threading


class Arrivals:
    """A counter to wait on. A thread reads ``count``, looks for work, then waits until the counter
    has changed; so it misses nothing that arrived in between."""

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
        """Wait until something arrives after ``count``, or for ``timeout_s`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != count, timeout_s)
