"""How the time of a function grows with the length of its text."""

from collections.abc import Callable
from time import process_time

TRIES = 3


def doubled(read: Callable[[str], object], row: str, length: int = 10_000) -> float:
    """Time for twice ``length`` characters of repeated ``row``, divided by that for once."""
    one, two = (_seconds(read, (row * length)[:size]) for size in (length, 2 * length))
    return two / max(one, 0.002)


def _seconds(read: Callable[[str], object], text: str) -> float:
    """The best of some tries: the others were disturbed."""
    return min(_once(read, text) for _ in range(TRIES))


def _once(read: Callable[[str], object], text: str) -> float:
    start = process_time()
    read(text)
    return process_time() - start
