"""Run a function in a child process that can be limited, watched and killed.

``Child`` lives in the parent, ``serve`` in the child. They speak over pipes: the parent sends a
request, the child answers with any number of progress reports and one result.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

import psutil

from kb.messages import N_, KbError, PermanentError, TransientError

Report = Callable[[Any], None]
Target = Callable[[Any, Report], Any]
"""What runs in the child: takes a request and a function that reports progress."""

MEGABYTE = 1024 * 1024
WATCH_EVERY_S = 0.25
START_S = 120.0
"""A new process may take so long to load its readers on a busy machine."""
OUT_OF_MEMORY_EXIT = 77


class ChildCrashed(PermanentError):
    """The process died by itself: a fault in a reader's machine code."""


class ChildTimedOut(PermanentError):
    """The process reported nothing for longer than ``Limits.silence_s``."""


class ChildOutOfMemory(PermanentError):
    """The process wanted more memory than ``Limits.memory_mb``."""


class ChildFailed(PermanentError):
    """The function raised something that was not meant for people."""


class ChildStopped(TransientError):
    """``close`` was called while the function ran."""


@dataclass(frozen=True)
class Limits:
    """``address_space``: the kernel refuses memory beyond the limit (``RLIMIT_AS``); not for
    engines that map far more than they touch. Resident memory is watched in any case."""

    memory_mb: int
    silence_s: float
    address_space: bool = True
    calls: int = 50
    nice: int = 10


class Child:
    """One warm process for ``target`` ("module:function"), replaced after ``limits.calls`` calls
    and after every failure. Calls from several threads wait for each other."""

    def __init__(self, target: str, limits: Limits) -> None:
        self._target = target
        self._limits = limits
        self._turn = threading.Lock()
        self._process: _Process | None = None
        self._closed = False

    def call(self, request: Any, on_progress: Report | None = None) -> Any:
        """Run the target on ``request`` (picklable) and return what it returns.

        Every report restarts the silence clock. What ``on_progress`` raises kills the child and
        goes on to the caller: the way to cancel. A ``KbError`` of the target arrives as itself.

        Raises:
            ChildCrashed, ChildTimedOut, ChildOutOfMemory, ChildFailed, ChildStopped.
        """
        with self._turn:
            process = self._ready()
            try:
                kind, value = process.ask(request, on_progress or (lambda report: None))
            except BaseException:
                self._discard()
                if self._closed:
                    raise _stopped() from None
                raise
            if kind == "failed" or process.calls >= self._limits.calls:
                self._discard()
        if kind == "result":
            return value
        if kind == "sentence":
            raise value
        raise ChildFailed(
            N_("The file could not be read ({reason}). Save it again and upload that."),
            reason=value,
        )

    def rest(self) -> None:
        """End the process until the next call, for its memory's sake."""
        with self._turn:
            self._discard()

    def close(self) -> None:
        """Kill the process, also while another thread waits for it. Cannot be used again."""
        self._closed = True
        if process := self._process:
            process.kill()
        with self._turn:
            self._discard()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _ready(self) -> _Process:
        if self._closed:
            raise _stopped()
        if self._process is None or not self._process.alive():
            self._discard()
            self._process = _Process(self._target, self._limits)
            if self._closed:  # meanwhile, by another thread that has found nothing to kill
                raise _stopped()
        return self._process

    def _discard(self) -> None:
        if self._process:
            self._process.end()
        self._process = None


class _Process:
    """A running child and the parent's ends of its pipes."""

    def __init__(self, target: str, limits: Limits) -> None:
        self.calls = 0
        self._limits = limits
        self._next_look = 0.0
        self._ready = False
        read_request, write_request = os.pipe()
        read_answer, write_answer = os.pipe()
        read_life, self._lifeline = os.pipe()
        theirs = (read_request, write_answer, read_life)
        arguments = (target, json.dumps(asdict(limits)), *map(str, theirs))
        self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-c", "from ingest.isolation import serve; serve()", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=theirs,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
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

    def ask(self, request: Any, on_progress: Report) -> tuple[str, Any]:
        """("result", value), ("sentence", KbError) or ("failed", reason)."""
        self.calls += 1
        if not self._ready:
            self._next()  # before anything is sent: a pipe that nobody reads fills up
        with suppress(BrokenPipeError):  # its death is told below, with its reason
            self._requests.send(request)
        while True:
            kind, value = self._next()
            if kind == "report":
                on_progress(value)
            else:
                return kind, value

    def _next(self) -> tuple[str, Any]:
        """The next message; raises when the child dies, falls silent or takes too much memory."""
        patience_s = self._limits.silence_s if self._ready else max(START_S, self._limits.silence_s)
        deadline = time.monotonic() + patience_s
        while True:
            self._watch_memory()
            if self._answers.poll(WATCH_EVERY_S):
                break
            if time.monotonic() > deadline:
                raise _timed_out(self._limits)
        try:
            message: tuple[str, Any] = self._answers.recv()
        except (EOFError, OSError):
            raise self._death() from None
        self._ready = True
        return message

    def _watch_memory(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + WATCH_EVERY_S
        with suppress(psutil.Error):  # already dead: its pipe will say so
            resident = psutil.Process(self.pid).memory_info().rss
            if resident > self._limits.memory_mb * MEGABYTE:
                raise _out_of_memory(self._limits)

    def _death(self) -> KbError:
        if self._popen.wait() == OUT_OF_MEMORY_EXIT:
            return _out_of_memory(self._limits)
        return ChildCrashed(
            N_(
                "The file made its reader crash, so it is damaged. Save it again with another"
                " program, or print it to PDF, and upload that."
            )
        )


def _timed_out(limits: Limits) -> ChildTimedOut:
    return ChildTimedOut(
        N_(
            "Reading stood still for {seconds} seconds and was given up. The file is damaged or"
            " too intricate: save it again with another program, or print it to PDF, and upload"
            " that."
        ),
        seconds=round(limits.silence_s),
    )


def _out_of_memory(limits: Limits) -> ChildOutOfMemory:
    return ChildOutOfMemory(
        N_(
            "Reading the file would take more than {megabytes} MB of memory. Split it into"
            " smaller files and upload those."
        ),
        megabytes=limits.memory_mb,
    )


def _stopped() -> ChildStopped:
    return ChildStopped(N_("The work was stopped. It can be started again."))


def serve() -> None:
    """The child's whole life: answer requests until the parent closes the pipe or dies."""
    target_name, limits, requests_fd, answers_fd, lifeline = sys.argv[1:]
    _submit_to(Limits(**json.loads(limits)), int(lifeline))
    requests = Connection(int(requests_fd), writable=False)
    answers = Connection(int(answers_fd), readable=False)
    module, function = target_name.split(":")
    target: Target = getattr(import_module(module), function)
    with suppress(EOFError, OSError):
        answers.send(("ready", None))
        while True:
            request = requests.recv()
            answers.send(_answer(target, request, lambda report: answers.send(("report", report))))


def _submit_to(limits: Limits, lifeline: int) -> None:
    """Take on the limits, and have the kernel end this process when the parent's end of
    ``lifeline`` closes, even while machine code holds the interpreter lock (SIGIO terminates)."""
    os.nice(limits.nice)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.address_space:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb * MEGABYTE, hard))
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)


def _answer(target: Target, request: Any, report: Report) -> tuple[str, Any]:
    try:
        return ("result", target(request, report))
    except KbError as error:
        return ("sentence", error)
    except MemoryError:
        os._exit(OUT_OF_MEMORY_EXIT)  # whatever is half built goes with the process
    except Exception as error:  # the parent wants a sentence for anything at all
        return ("failed", f"{type(error).__name__}: {error}"[:200])
