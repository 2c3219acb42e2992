"""Run searches in a few threads of their own, in the order in which they were asked.

A search is mostly work of the interpreter, which does one thing at a time: with a thread for each
searcher all of them get slower, and other pages wait as well.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

THREADS = min(os.cpu_count() or 1, 4) + 2
"""Some more than can compute at the same time, for those that wait for the model or the disk."""

_threads = ThreadPoolExecutor(THREADS, "search")


def in_search_threads(endpoint: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """The endpoint as a coroutine that waits for its turn; its exceptions are passed on."""

    @wraps(endpoint)
    async def queued(*args: P.args, **kwargs: P.kwargs) -> T:
        context = contextvars.copy_context()
        run = partial(context.run, partial(endpoint, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(_threads, run)

    return queued
