"""Progress on standard error: a bar on a terminal, otherwise a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

Report = Callable[[int, int], None]
"""Called with the number of steps done and their total."""
LINE_EVERY_S = 10.0


@contextmanager
def progress(what: str) -> Iterator[Report]:
    """Show ``what`` with bar, count and remaining time from the first report on."""
    if sys.stderr.isatty():
        with _bar(what) as report:
            yield report
    else:
        lines = _Lines(what)
        yield lines.report
        lines.end()


@contextmanager
def _bar(what: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(what, total=None, visible=False)
        yield lambda done, total: shown.update(task, completed=done, total=total, visible=True)


class _Lines:
    """Writes a line at the first report, every ten seconds and at the end."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._began: tuple[float, int] | None = None
        """Time and count of the first steps done; excludes the start-up from the pace."""
        self._written = 0.0
        self._last: tuple[int, int] | None = None
        self._shown: tuple[int, int] | None = None

    def report(self, done: int, total: int) -> None:
        now = time.monotonic()
        self._last = (done, total)
        if done and self._began is None:
            self._began = (now, done)
        if self._shown is None or now - self._written >= LINE_EVERY_S:
            self._write(now)

    def end(self) -> None:
        """Write the last state, if it was not written yet."""
        if self._last != self._shown:
            self._write(time.monotonic())

    def _write(self, now: float) -> None:
        if self._last is None:
            return
        self._shown, self._written = self._last, now
        done, total = self._last
        left = self._left(now, done, total)
        rest = f", about {left:.0f} s left" if left >= 1 else ""
        typer.echo(f"{self.what}: {done} of {total}{rest}", err=True)

    def _left(self, now: float, done: int, total: int) -> float:
        """Estimated seconds left; 0 while unknown."""
        began, first = self._began or (now, done)
        return (now - began) / (done - first) * (total - done) if done > first else 0
