"""What a child of ``isolation`` runs: it answers requests until its parent is gone."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from kb.constants import MEGABYTE
from kb.messages import N_, KbError, PermanentError, TransientError

Report = Callable[[Any], None]
Target = Callable[[Any, Report], Any]
"""What runs in the child: takes a request and a function that reports progress."""

OUT_OF_MEMORY_EXIT = 77
OOM_SCORE = 500
"""The kernel ends the children first when memory runs out, and not who started them."""
MACHINE_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EAGAIN}
)
REPORT, RESULT, SENTENCE, FAILED = (bytes([number]) for number in range(4))
"""The first byte of a message from the child; the rest is JSON."""


@dataclass(frozen=True)
class ProcessLimits:
    """``address_space``: the kernel refuses memory beyond the limit (``RLIMIT_AS``); not for
    engines that map far more than they touch. Resident memory is watched in any case."""

    memory_mb: int
    silence_s: float
    address_space: bool = True
    calls: int = 50
    nice: int = 10


def serve() -> None:
    """The child's whole life: answer requests until the parent closes the pipe or dies."""
    target_name, limits, requests_fd, answers_fd, lifeline = sys.argv[1:]
    _submit_to(ProcessLimits(**json.loads(limits)), int(lifeline))
    requests = Connection(int(requests_fd), writable=False)
    answers = Connection(int(answers_fd), readable=False)
    module, function = target_name.split(":")
    target: Target = getattr(import_module(module), function)

    def send(kind: bytes, value: Any) -> None:
        answers.send_bytes(kind + to_json(value, bytes_mode="base64"))

    with suppress(EOFError, OSError):
        send(REPORT, None)
        while True:
            request = requests.recv()
            send(*_answer(target, request, lambda report: send(REPORT, report)))


def _submit_to(limits: ProcessLimits, lifeline: int) -> None:
    """Take on the limits, and have the kernel end this process when the parent's end of
    ``lifeline`` closes, even while machine code holds the interpreter lock (SIGIO terminates)."""
    os.nice(limits.nice)
    with suppress(OSError):  # where there is no /proc
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.address_space:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb * MEGABYTE, hard))
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)


def _answer(target: Target, request: Any, report: Report) -> tuple[bytes, Any]:
    try:
        return RESULT, target(request, report)
    except KbError as error:
        return SENTENCE, _told(error)
    except MemoryError:
        os._exit(OUT_OF_MEMORY_EXIT)  # whatever is half built goes with the process
    except Exception as error:  # the parent wants a sentence for anything at all
        if isinstance(error, OSError):
            if error.errno == errno.ENOMEM:
                os._exit(OUT_OF_MEMORY_EXIT)
            if error.errno in MACHINE_ERRORS:
                return SENTENCE, _told(_refused_by_machine(error))
        return FAILED, f"{type(error).__name__}: {error}"[:200]


def _told(error: KbError) -> dict[str, Any]:
    kind = TransientError if isinstance(error, TransientError) else PermanentError
    return {"kind": kind.__name__, "message": error.message.as_json()}


def _refused_by_machine(error: OSError) -> TransientError:
    return TransientError(
        N_("The machine could not do it now ({reason}): it is tried again."),
        reason=error.strerror or str(error),
    )
