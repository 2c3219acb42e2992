"""Queues of costly requests: their order, and who is refused or passed over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from fastapi import Request

from tests.threads import run_in_thread
from web.http.methods import ClientLeft
from web.http.queues import QueuedWork, ServerBusy, WorkQueue


def request_of(gone: asyncio.Event | None = None) -> Request:
    """A request whose client leaves when ``gone`` is set."""

    async def receive():
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


async def take(queue: WorkQueue, stack: AsyncExitStack, gone: asyncio.Event | None = None) -> None:
    await stack.enter_async_context(queue.place(request_of(gone)))


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def test_who_would_wait_too_long_is_refused_at_once_and_told_when_to_come_back():
    async def story() -> list[int]:
        queue = WorkQueue(QueuedWork.PAPER, places=1, longest_wait_s=4, typical_s=1.5)
        told = []
        async with AsyncExitStack() as running:
            await take(queue, running)
            waiting = [asyncio.ensure_future(take(queue, running)) for _ in range(2)]
            await until(lambda: queue.expected_wait_s == pytest.approx(4.5))
            for _ in range(4):
                with pytest.raises(ServerBusy) as refused:
                    await take(queue, running)
                told.append(refused.value.wait_s)
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        assert queue.expected_wait_s == 0
        return told

    assert run_in_thread(story) == [6, 7, 8, 9], "not all at the same moment"


def test_places_go_round_in_the_order_of_coming_and_who_left_is_passed_over():
    async def story() -> list[str]:
        queue = WorkQueue(QueuedWork.SEARCH, places=1, longest_wait_s=60, typical_s=0.1)
        done, gone, first = [], asyncio.Event(), AsyncExitStack()

        async def ask(name: str, left: asyncio.Event | None = None) -> None:
            try:
                async with queue.place(request_of(left)):
                    done.append(name)
            except ClientLeft:
                done.append(f"{name} left")

        await take(queue, first)
        asked = []
        for name, left in (("a", None), ("b", gone), ("c", None)):
            asked.append(asyncio.ensure_future(ask(name, left)))
            await until(lambda: queue.expected_wait_s > 0.1 * (len(asked) + 0.5))
        gone.set()
        await until(lambda: "b left" in done)
        await first.aclose()
        await asyncio.gather(*asked)
        assert queue.expected_wait_s == 0
        return done

    assert run_in_thread(story) == ["b left", "a", "c"]


def test_who_waited_too_long_after_all_is_refused():
    async def story() -> None:
        queue = WorkQueue(QueuedWork.SEARCH, places=1, longest_wait_s=0.05, typical_s=0.001)
        async with AsyncExitStack() as running:
            await take(queue, running)
            with pytest.raises(ServerBusy):
                await take(queue, running)

    run_in_thread(story)
