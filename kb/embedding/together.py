"""Compute for several threads at once what they ask for at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class Together(Generic[A, R]):
    """A function of one argument over one that takes a batch and runs one batch at a time.

    A call runs at once if nothing else does. Those that come meanwhile wait, and are run as one
    batch afterwards: the batch grows only where there would be a queue.
    """

    def __init__(self, run: Callable[[Sequence[A]], Sequence[R]], most: int) -> None:
        self._run = run
        self._most = most
        """Arguments of a batch."""
        self._waiting: list[tuple[A, Future[R]]] = []
        self._changing = threading.Lock()
        self._running = threading.Lock()

    def __call__(self, argument: A) -> R:
        """Raises what the function raised for the batch."""
        mine: Future[R] = Future()
        with self._changing:
            self._waiting.append((argument, mine))
        while not mine.done():
            with self._running:
                if not mine.done():
                    self._run_batch()
        return mine.result()

    def _run_batch(self) -> None:
        with self._changing:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            results = self._run([argument for argument, _ in batch])
        except BaseException as error:
            for _, each in batch:
                each.set_exception(error)
            return
        for (_, each), result in zip(batch, results, strict=True):
            each.set_result(result)
