"""Bounded queues for costly requests: who would wait too long is refused at once.

A search or a paper is mostly work of the interpreter, which does one thing at a time: with a thread
for each, all of them get slower and other pages wait as well. So a few run at a time, in the order
in which they came; the expected wait of a newcomer is known from the time that those before took.
"""

from __future__ import annotations

import asyncio
import enum
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from anyio import from_thread
from fastapi import Depends, Request

from kb.processors import count_processors
from kb.runtime.metrics import REFUSED_REQUESTS, RUNNING_REQUESTS, WAITING_REQUESTS
from kb.settings import Settings
from web.http.methods import ClientLeft

T = TypeVar("T")

SMOOTHING = 0.1
"""Weight of the newest duration in the running mean."""
LONGEST_RETRY_S = 60
SUMMARIES = 8
"""Summaries that a language model writes at the same time for a process."""


class QueuedWork(enum.StrEnum):
    """What waits in a queue of its own."""

    SEARCH = "search"
    PAPER = "paper"
    SUMMARY = "summary"
    """Asking the language model: it computes elsewhere, but each holds a request open meanwhile."""
    HARVEST = "harvest"
    """Answers to harvesters, which take all there is page by page."""


class RefusedAtOnce(enum.StrEnum):
    """What waits in no queue: who comes when there is too much of it is refused."""

    UPLOAD = "upload"
    PAGE = "page"
    """Everything else."""


class ServerBusy(Exception):
    """Too many requests are before this one: try again after ``wait_s`` seconds."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class WorkQueue:
    """``places`` requests run at the same time; others wait up to ``longest_wait_s`` seconds.

    ``typical_s`` is the time that one takes, until some were measured. To be used on one event
    loop.
    """

    def __init__(
        self, work: QueuedWork, places: int, longest_wait_s: float, typical_s: float
    ) -> None:
        self._work = work
        self.places = self._free = places
        self._longest_wait_s = longest_wait_s
        self._mean_s = typical_s
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._refused = 0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def expected_wait_s(self) -> float:
        """The seconds that a request would wait if it came now."""
        if self._free and not self._waiting:
            return 0.0
        return (len(self._waiting) + 1) * self._mean_s / self.places

    @asynccontextmanager
    async def place(self, request: Request) -> AsyncIterator[None]:
        """Wait for a place and keep it for the block.

        Raises:
            ServerBusy: it would take too long, or did.
            ClientLeft: the client closed the connection meanwhile.
        """
        await self._enter(request)
        began = self._begin()
        try:
            yield
        finally:
            self._end(began)

    @contextmanager
    def place_if_free(self) -> Iterator[bool]:
        """Keep a place for the block if one is free at once; whether one was.

        To be called in a thread that the event loop started.
        """
        began = from_thread.run_sync(self._begin_if_free)
        try:
            yield began is not None
        finally:
            if began is not None:
                from_thread.run_sync(self._end, began)

    def _begin_if_free(self) -> float | None:
        return self._begin() if self._take_free() else None

    def _take_free(self) -> bool:
        """Take a place unless somebody waits for one; whether there was one."""
        if not self._free or self._waiting:
            return False
        self._free -= 1
        return True

    def _begin(self) -> float:
        RUNNING_REQUESTS.labels(self._work).inc()
        return time.perf_counter()

    def _end(self, began: float) -> None:
        RUNNING_REQUESTS.labels(self._work).dec()
        self._mean_s += (time.perf_counter() - began - self._mean_s) * SMOOTHING
        self._pass_on()

    async def _enter(self, request: Request) -> None:
        if self._take_free():
            return
        if self.expected_wait_s > self._longest_wait_s:
            raise self._refusal()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        WAITING_REQUESTS.labels(self._work).inc()
        try:
            has_left = await self._wait(turn, request)
        except BaseException:
            if turn.done():
                self._pass_on()
            raise
        finally:
            WAITING_REQUESTS.labels(self._work).dec()
            if not turn.done():
                self._waiting.remove(turn)
        if not turn.done():
            raise ClientLeft if has_left else self._refusal()

    async def _wait(self, turn: asyncio.Future[None], request: Request) -> bool:
        """Wait until it is the turn, the client leaves or time is up; whether the client left."""
        leaving = asyncio.ensure_future(_watch_disconnect(request))
        try:
            await asyncio.wait(
                {turn, leaving},
                timeout=self._longest_wait_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            return leaving.done()
        finally:
            leaving.cancel()

    def _pass_on(self) -> None:
        """Give a place to who waits longest."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1

    def _refusal(self) -> ServerBusy:
        """Clients refused one after the other are told different times, so that they do not come
        back together."""
        REFUSED_REQUESTS.labels(self._work).inc()
        wait_s = max(2, math.ceil(self.expected_wait_s))
        self._refused += 1
        return ServerBusy(min(wait_s + self._refused % (wait_s + 1), LONGEST_RETRY_S))


class WorkQueues:
    """The queues of an application."""

    def __init__(self, settings: Settings) -> None:
        longest = settings.longest_wait_s
        searches = min(count_processors(), 4) + 2
        """Some more than can compute at the same time, for those that wait for model or disk."""
        self._queues = {
            QueuedWork.SEARCH: WorkQueue(QueuedWork.SEARCH, searches, longest, typical_s=0.1),
            QueuedWork.PAPER: WorkQueue(QueuedWork.PAPER, 2, longest, typical_s=0.5),
            QueuedWork.SUMMARY: WorkQueue(QueuedWork.SUMMARY, SUMMARIES, longest, typical_s=10),
            QueuedWork.HARVEST: WorkQueue(QueuedWork.HARVEST, 1, longest, typical_s=0.1),
        }
        for work in (*QueuedWork, *RefusedAtOnce):
            REFUSED_REQUESTS.labels(work)  # shown from the start, as 0

    def __getitem__(self, work: QueuedWork) -> WorkQueue:
        return self._queues[work]

    @property
    def waiting(self) -> int:
        """Requests that wait in any of them."""
        return sum(queue.waiting for queue in self._queues.values())


def queued(work: QueuedWork, *when: str) -> Any:
    """A dependency for routes that takes a place in the queue until the endpoint has returned.

    What a streamed answer still computes while it is sent is no longer counted: otherwise who reads
    slowly would keep a place.

    ``when`` names parameters of the query without which the request costs little and waits for
    nobody.
    """

    async def take_place(request: Request) -> AsyncIterator[None]:
        if when and not any(request.query_params.get(name, "").strip() for name in when):
            yield
            return
        queues: WorkQueues = request.app.state.queues
        async with queues[work].place(request):
            yield

    return Depends(take_place, scope="function")


async def run_while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work returns or raises; it is cancelled when the client leaves. The body must have
    been read.

    Raises:
        ClientLeft: the client closed the connection before the end.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_watch_disconnect(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        return working.result()
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _watch_disconnect(request: Request) -> None:
    """Return when the client is gone. The body must have been read, or there is none."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
