"""Time limits for clients that send or read too slowly, and a limit of connections."""

from __future__ import annotations

import asyncio
import resource

import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S = 15.0
"""Seconds for complete headers, from the connection or the first byte of its next request."""
READ_S = 60.0
"""Longest time for which a client reads nothing of an answer that waits for it."""
MOST_CONNECTIONS = 400
"""Open connections; with one more, that closes whose client has kept us waiting longest."""
FILES = 4096
"""Limit of open files that the process asks the system for, as far as allowed."""


log = structlog.get_logger()


class TimedProtocol(H11Protocol):
    """HTTP/1.1 with time limits for request headers and for reading answers, and with a limit of
    connections that slow clients cannot use up; uvicorn has none of them."""

    headers_s = HEADERS_S
    read_s = READ_S
    most_connections = MOST_CONNECTIONS
    _headers_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None
    heard_at = 0.0
    """When the client last sent or read something, by the clock of the loop."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.heard_at = self.loop.time()
        self._start_timer()
        if len(self.connections) > self.most_connections:
            self._close_slowest()

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        if self._headers_timer is None and self._is_idle():
            self._start_timer()
        super().data_received(data)
        if not self._is_idle():
            self._stop_timer()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading_timer = self.loop.call_later(self.read_s, self.transport.abort)

    def resume_writing(self) -> None:
        self.heard_at = self.loop.time()
        self._stop_reading_timer()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._stop_reading_timer()
        super().connection_lost(exc)

    def awaits_client(self) -> bool:
        """Whether the client has not sent its whole request, or does not read the answer."""
        return self._is_idle() or self.cycle.more_body or self._reading_timer is not None

    def _close_slowest(self) -> None:
        others = (one for one in self.connections if isinstance(one, TimedProtocol))
        slow = [one for one in others if one is not self and one.awaits_client()]
        if slow:
            slowest = min(slow, key=lambda one: one.heard_at)
            log.debug("too many connections: the slowest is closed")
            slowest.transport.abort()

    def _is_idle(self) -> bool:
        """Whether no request with complete headers is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _start_timer(self) -> None:
        self._headers_timer = self.loop.call_later(self.headers_s, self._close)

    def _stop_timer(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _stop_reading_timer(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None

    def _close(self) -> None:
        self._headers_timer = None
        if self._is_idle() and not self.transport.is_closing():
            self.transport.close()


def raise_file_limit() -> None:
    """Raise the limit of open files to ``FILES``; the usual 1,024 do not suffice for
    connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
