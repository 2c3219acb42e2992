"""How the time of a function grows with the length of its text."""

from collections.abc import Callable
from time import thread_time

TRIES = 3
TIMES = 8
LIMIT = 3 * TIMES
"""Quadratic time would be ``TIMES ** 2``; what lies between is room for a busy machine."""


def assert_linear(read: Callable[[str], object], row: str, length: int = 20_000) -> None:
    """That ``read`` takes less than ``LIMIT`` times as long for ``length`` characters of repeated
    ``row`` as for ``length / TIMES``."""
    short, long = (_seconds(read, (row * length)[:size]) for size in (length // TIMES, length))
    assert long < LIMIT * max(short, 0.001), f"{short:.4f} s, then {long:.4f} s"


def _seconds(read: Callable[[str], object], text: str) -> float:
    """CPU time of this thread; the best of some tries: the others were disturbed."""
    return min(_once(read, text) for _ in range(TRIES))


def _once(read: Callable[[str], object], text: str) -> float:
    start = thread_time()
    read(text)
    return thread_time() - start
