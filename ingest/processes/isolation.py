"""Run a function in a child process with limits on time and memory.

``Child`` is the parent's side, ``child_process`` the child's. The parent sends a pickled request
through a pipe; the child answers in JSON with progress reports and one result. JSON, so that a file
that compromises its reader cannot make the parent run code.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any, Final, Generic, TypeVar

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import from_json

from ingest.processes import child_errors
from ingest.processes.child_process import (
    FAILED,
    OUT_OF_MEMORY_EXIT,
    REPORT,
    RESULT,
    SENTENCE,
    ProcessLimits,
    Report,
)
from kb.constants import MEGABYTE
from kb.messages import KbError, Message, PermanentError, ServiceUnavailable, TransientError
from kb.processes import child_environment, empty_folder, python_command

R = TypeVar("R")
WATCH_EVERY_S = 0.25
"""Interval at which a running child's memory and time are checked."""
START_S = 120.0
"""Seconds a new process may take to import its modules on a busy machine."""
DEATH_S = 10.0
"""Longest wait for a child to exit after it closed its output."""
FROZEN_S = 2.0
"""Seconds. If checking the child takes this much longer than ``WATCH_EVERY_S``, this process did
not run in between: it was stopped or the machine was suspended."""
FROM_OUTSIDE = frozenset(
    {signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT}
)
"""Signals sent from outside; faults in the child's code raise others."""
SENTENCES: Final = {
    kind.__name__: kind for kind in (PermanentError, TransientError, ServiceUnavailable)
}
"""Errors with a message for people that a child may return; others arrive as ``PermanentError``."""


class Child(Generic[R]):
    """A process running ``target`` ("module:function"), reused for ``limits.calls`` calls and
    replaced after every failure. Calls from several threads run one after the other."""

    def __init__(self, target: str, limits: ProcessLimits, result: Any = Any) -> None:
        """``result``: type of the target's return value, against which its JSON is validated."""
        self._target = target
        self._limits = limits
        self._answer = _answer_model(result)
        self._turn = threading.Lock()
        self._process: _Process | None = None
        self._closed = False

    def call(
        self, request: Any, on_progress: Report | None = None, within_s: float = math.inf
    ) -> R:
        """Run the target on ``request`` (picklable) and return its result. ``within_s``: limit in
        seconds on the whole call.

        Every report restarts the silence clock. An exception from ``on_progress`` kills the child
        and is raised to the caller; this is how a call is cancelled. A ``KbError`` of the target is
        raised as such.

        Raises:
            ChildCrashed, ChildTimedOut, ChildTookTooLong, ChildOutOfMemory, ChildFailed: caused by
                the request.
            ChildKilled, ChildStopped: caused from outside.
        """
        with self._turn:
            process = self._running_process()
            try:
                kind, value = process.ask(request, on_progress or (lambda report: None), within_s)
            except BaseException:
                self._end_process()
                if self._closed:
                    raise child_errors.stopped() from None
                raise
            if kind == FAILED or process.calls >= self._limits.calls:
                self._end_process()
        if kind == RESULT:
            result: R = self._parse_result(value)
            return result
        if kind == SENTENCE:
            raise _error_from_json(from_json(value))
        raise child_errors.failed(str(from_json(value)))

    def _parse_result(self, value: bytes) -> Any:
        try:
            answer: Any = self._answer.model_validate_json(b'{"value":' + value + b"}")
        except ValidationError as error:
            raise child_errors.failed(str(error.errors()[0]["msg"])) from None
        return answer.value

    def rest(self) -> None:
        """End the process until the next call, to free its memory."""
        with self._turn:
            self._end_process()

    def close(self) -> None:
        """Kill the process, also while another thread waits for it. The child cannot be used
        again."""
        self._closed = True
        if process := self._process:
            process.kill()
        with self._turn:
            self._end_process()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _running_process(self) -> _Process:
        if self._closed:
            raise child_errors.stopped()
        if self._process is None or not self._process.alive():
            self._end_process()
            self._process = _Process(self._target, self._limits)
            if self._closed:  # closed by another thread before there was a process to kill
                raise child_errors.stopped()
        return self._process

    def _end_process(self) -> None:
        if self._process:
            self._process.end()
        self._process = None


class _Process:
    """A running child process and the parent's ends of its pipes."""

    def __init__(self, target: str, limits: ProcessLimits) -> None:
        self.calls = 0
        self._limits = limits
        self._next_look = 0.0
        self._running_process = False
        self._time_left = math.inf
        read_request, write_request = os.pipe()
        read_answer, write_answer = os.pipe()
        read_life, self._lifeline = os.pipe()
        theirs = (read_request, write_answer, read_life)
        arguments = (target, json.dumps(asdict(limits)), *map(str, theirs))
        self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            python_command("from ingest.processes.child_process import serve; serve()", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=theirs,
            cwd=empty_folder(),
            env=child_environment(),
        )
        for descriptor in theirs:
            os.close(descriptor)
        self.pid = self._popen.pid
        self._requests = Connection(write_request, readable=False)
        self._answers = Connection(read_answer, writable=False)

    def alive(self) -> bool:
        return self._popen.poll() is None

    def kill(self) -> None:
        with suppress(OSError):
            self._popen.kill()

    def end(self) -> None:
        self.kill()
        self._popen.wait()
        self._requests.close()
        self._answers.close()
        os.close(self._lifeline)

    def ask(self, request: Any, on_progress: Report, within_s: float) -> tuple[bytes, bytes]:
        """Send a request. Returns the kind of the answer (``RESULT``, ``SENTENCE`` or ``FAILED``)
        and its JSON."""
        self.calls += 1
        if not self._running_process:
            self._next(math.inf)  # wait for the start: a pipe without a reader fills up
        self._time_left = within_s
        with suppress(BrokenPipeError):  # a dead child is reported below, with the reason
            self._requests.send(request)
        while True:
            kind, value = self._next(within_s)
            if kind != REPORT:
                return kind, value
            on_progress(from_json(value))

    def _next(self, within_s: float) -> tuple[bytes, bytes]:
        """Wait for the next message. Raises when the child dies, reports nothing or exceeds memory
        or time. Time in which this process itself did not run is not counted."""
        patience_s = (
            self._limits.silence_s
            if self._running_process
            else max(START_S, self._limits.silence_s)
        )
        looked = time.monotonic()
        while True:
            self._watch_memory()
            arrived = self._answers.poll(WATCH_EVERY_S)
            passed_s, looked = time.monotonic() - looked, time.monotonic()
            waited_s = passed_s if passed_s < WATCH_EVERY_S + FROZEN_S else WATCH_EVERY_S
            self._time_left -= waited_s
            if self._time_left < 0:
                raise child_errors.took_too_long(within_s)
            if arrived:
                break
            patience_s -= waited_s
            if patience_s < 0:
                raise self._silence_error()
        try:
            message = self._answers.recv_bytes(self._limits.memory_mb * MEGABYTE)
        except (EOFError, OSError):
            raise self._death_error() from None
        self._running_process = True
        return message[:1], message[1:]

    def _silence_error(self) -> KbError:
        with suppress(psutil.Error):
            if psutil.Process(self.pid).status() == psutil.STATUS_STOPPED:
                return child_errors.stood_still()
        return child_errors.timed_out(self._limits.silence_s)

    def _watch_memory(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + WATCH_EVERY_S
        with suppress(psutil.Error):  # already dead: reading the pipe will report it
            resident = psutil.Process(self.pid).memory_info().rss
            if resident > self._limits.memory_mb * MEGABYTE:
                raise child_errors.out_of_memory(self._limits.memory_mb)

    def _death_error(self) -> KbError:
        try:
            status = self._popen.wait(DEATH_S)
        except (
            subprocess.TimeoutExpired
        ):  # its output is closed or endless, but the process still runs
            return child_errors.crashed()
        if status == OUT_OF_MEMORY_EXIT:
            return child_errors.out_of_memory(self._limits.memory_mb)
        if not self._running_process or -status in FROM_OUTSIDE:
            return child_errors.killed()
        return child_errors.crashed()


def _answer_model(result: Any) -> type[BaseModel]:
    """A pydantic model with the field ``value`` of this type; bytes are base64 in JSON."""
    config = ConfigDict(val_json_bytes="base64", arbitrary_types_allowed=True)
    return create_model("Answer", __config__=config, value=(result, ...))


def _error_from_json(told: dict[str, Any]) -> KbError:
    kind = SENTENCES.get(told["kind"], PermanentError)
    message = Message.from_json(told["message"])
    return kind(message.template, **message.params)
