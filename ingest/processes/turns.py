"""Order in which documents use the single embedding child."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

OLDEST_EVERY = 4
"""Every fourth turn goes to the oldest waiting document, so that short ones do not starve it."""


@dataclass(frozen=True)
class _Ticket:
    came: float
    left: float


class Turns:
    """Gives turns of one slice each: to the document with the fewest passages left (shortest
    remaining time first), and every ``OLDEST_EVERY`` turns to the one that arrived first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._busy = False
        self._given = 0
        self._came = count()
        self._documents = 0
        self._left_at = time.monotonic()

    @contextmanager
    def document(self, *, last: bool = False) -> Iterator[DocumentTurns]:
        """Register a document for the duration of the block. With ``last``, all others go before
        it."""
        with self._changed:
            self._documents += 1
        try:
            yield DocumentTurns(self, math.inf if last else next(self._came))
        finally:
            with self._changed:
                self._documents -= 1
                self._left_at = time.monotonic()

    def idle_s(self) -> float:
        """Seconds since the last document finished; 0 while there is one."""
        with self._changed:
            return 0.0 if self._documents else time.monotonic() - self._left_at

    @contextmanager
    def turn(self, came: float, left: float) -> Iterator[None]:
        ticket = _Ticket(came, left)
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(lambda: not self._busy and self._next_ticket() is ticket)
            self._waiting.remove(ticket)
            self._busy = True
            self._given += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next_ticket(self) -> _Ticket:
        if self._given % OLDEST_EVERY == OLDEST_EVERY - 1:
            return min(self._waiting, key=lambda ticket: ticket.came)
        return min(self._waiting, key=lambda ticket: (ticket.left, ticket.came))


@dataclass(frozen=True)
class DocumentTurns:
    """A document registered with ``Turns``. ``came``: its number in the order of arrival."""

    turns: Turns
    came: float

    @contextmanager
    def turn(self, left: int) -> Iterator[None]:
        """Wait for this document's turn and hold it during the block. ``left``: passages still to
        embed."""
        with self.turns.turn(self.came, math.inf if self.came == math.inf else left):
            yield
