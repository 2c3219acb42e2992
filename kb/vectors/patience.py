"""How long calls of the index server are repeated while it does not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Patience:
    """``seconds``: time for a call with all its repetitions. ``stopping``: ends them early.
    ``for_person``: whether a person waits for the answer."""

    seconds: float
    stopping: threading.Event = field(default_factory=threading.Event)
    for_person: bool = False


HASTY = Patience(1.5, for_person=True)
"""That of whoever answers a person."""
_PATIENCE: ContextVar[Patience] = ContextVar("patience", default=HASTY)


def patience() -> Patience:
    """The patience of this thread."""
    return _PATIENCE.get()


@contextmanager
def waiting_up_to(seconds: float, stopping: threading.Event | None = None) -> Iterator[None]:
    """Let this thread's calls be repeated for so long within the block, for work that no person
    waits for."""
    token = _PATIENCE.set(Patience(seconds, stopping or threading.Event()))
    try:
        yield
    finally:
        _PATIENCE.reset(token)
