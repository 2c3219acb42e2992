"""Time limits for incomplete requests on a connection."""

from __future__ import annotations

import asyncio
import resource

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S = 15.0
"""Seconds for complete headers, from the connection or the first byte of its next request."""
MOST_CONNECTIONS = 400
"""Open connections and running requests; further ones are answered 503 and closed."""
FILES = 4096
"""Limit of open files that the process asks the system for, as far as allowed."""


class TimedProtocol(H11Protocol):
    """HTTP/1.1 with a time limit for request headers, which uvicorn lacks."""

    headers_s = HEADERS_S
    _headers_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        if self._headers_timer is None and self._is_idle():
            self._start_timer()
        super().data_received(data)
        if not self._is_idle():
            self._stop_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        """Whether no request with complete headers is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _start_timer(self) -> None:
        self._headers_timer = self.loop.call_later(self.headers_s, self._close)

    def _stop_timer(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

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
