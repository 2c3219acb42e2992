"""Connections to checked addresses only, with a limit on the time of the whole exchange."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from ingest.fetching.addresses import AddressRules
from ingest.fetching.refusal import NotFetched
from kb.messages import N_
from kb.storage.sources import SourceState


@dataclass(frozen=True)
class Deadline:
    """``ends``: on the monotonic clock."""

    ends: float
    seconds: int

    @classmethod
    def after(cls, seconds: int) -> Deadline:
        return cls(time.monotonic() + seconds, seconds)

    def at_most(self, timeout: float | None) -> float:
        """The shorter of a timeout and the time left.

        Raises:
            NotFetched: there is no time left.
        """
        left = self.ends - time.monotonic()
        if left <= 0:
            raise NotFetched(
                SourceState.FAILED,
                N_("The site sent too slowly: it was given up after {seconds} seconds."),
                seconds=self.seconds,
            )
        return left if timeout is None else min(timeout, left)


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves a name, checks the IP addresses and connects to one of them."""

    def __init__(self, rules: AddressRules, deadline: Deadline) -> None:
        self._rules, self._deadline = rules, deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in self._rules.resolve(host, port):
            try:
                left = self._deadline.at_most(timeout)
                return _TimedStream(
                    self._sockets.connect_tcp(address, port, left, local_address, socket_options),
                    self._deadline,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("sockets of this machine are not asked")

    def sleep(self, seconds: float) -> None:
        """What httpcore calls between two tries to connect; never beyond the deadline."""
        time.sleep(self._deadline.at_most(seconds))


class _TimedStream(httpcore.NetworkStream):
    """A stream of which no operation lasts longer than the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._inner.read(max_bytes, self._deadline.at_most(timeout))
        except httpcore.ReadTimeout:
            self._deadline.at_most(None)
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.at_most(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.at_most(timeout)
        return _TimedStream(
            self._inner.start_tls(ssl_context, server_hostname, left), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
