"""Coroutines in tests whose thread may have an event loop already."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import anyio

Result = TypeVar("Result")


def run_in_thread(run: Callable[[], Awaitable[Result]]) -> Result:
    """The result of ``run``, awaited in a thread and event loop of its own: the browser of the
    tests keeps the loop of the thread of the test."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, run).result()
