"""HTTP requests that end within a given time and hold no more than a given size in memory.

The time limits of an HTTP client bound each read: an answer that comes byte by byte may take for
ever. Here a request runs in an event loop, where its whole duration is limited.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import httpx

CONNECT_S = 3.0
"""Seconds to connect."""
LONGEST_REFUSAL = 4 << 10
"""Bytes that are read of an answer that is not successful."""

R = TypeVar("R")


class NoAnswer(Exception):
    """The server did not give a whole answer in time. The text says why."""


class TooLong(Exception):
    """The answer is longer than allowed."""


@dataclass(frozen=True)
class ServiceAnswer:
    status: int
    headers: httpx.Headers
    body: bytes


class Requests:
    """Requests of one server. Thread-safe; the thread of the event loop starts at the first one.

    Redirects are not followed and proxies of the environment are not used: nothing is sent to
    another address than the one given.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._http = httpx.AsyncClient(
            headers={**headers, "Accept-Encoding": "identity"},
            transport=httpx.AsyncHTTPTransport(),
            follow_redirects=False,
            trust_env=False,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="embedding requests", daemon=True
        )
        self._access = threading.Lock()
        self._closed = False

    def post(self, url: str, content: bytes, within_s: float, most: int) -> ServiceAnswer:
        """The answer, with a body of at most ``most`` bytes.

        Raises:
            NoAnswer: there was none within ``within_s`` seconds.
            TooLong: the body of a successful answer is longer.
        """
        try:
            with self._access:
                if self._closed:
                    raise NoAnswer("closed")
                if self._thread.ident is None:
                    self._thread.start()
                due = self._run(self._post(url, content, within_s, most))
            return due.result()
        except (httpx.HTTPError, TimeoutError, CancelledError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """End what is under way with ``NoAnswer``."""
        with self._access:
            self._closed = True
        if self._thread.is_alive():
            self._run(self._end()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, R]) -> Future[R]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _post(self, url: str, content: bytes, within_s: float, most: int) -> ServiceAnswer:
        timeout = httpx.Timeout(within_s, connect=min(within_s, CONNECT_S))
        async with (
            asyncio.timeout(within_s),
            self._http.stream("POST", url, content=content, timeout=timeout) as response,
        ):
            return ServiceAnswer(
                response.status_code, response.headers, await _read(response, most)
            )

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._http.aclose()


async def _read(response: httpx.Response, most: int) -> bytes:
    """The body as it was sent; of a refusal its beginning."""
    refused = response.status_code != HTTPStatus.OK
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if refused and len(body) >= LONGEST_REFUSAL:
            break
        if len(body) > most:
            raise TooLong(f"more than {most} bytes")
    return bytes(body)
