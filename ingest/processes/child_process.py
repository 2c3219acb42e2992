"""The child's side of ``isolation``: answer requests until the parent is gone."""

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
from kb.messages import N_, KbError, PermanentError, ServiceUnavailable, TransientError

Report = Callable[[Any], None]
Target = Callable[[Any, Report], Any]
"""A function run in the child: it takes a request and a function that reports progress."""

OUT_OF_MEMORY_EXIT = 77
"""Exit code of a child that ran out of memory; any code unused by Python and the shell."""
OOM_SCORE = 500
"""The kernel's OOM killer ends processes with a higher score first: the children before their
parent."""
MACHINE_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EAGAIN}
)
REPORT, RESULT, SENTENCE, FAILED = (bytes([number]) for number in range(4))
"""The first byte of a message from the child; the rest is JSON."""


@dataclass(frozen=True)
class ProcessLimits:
    """Limits of a child. ``address_space``: enforce ``memory_mb`` with ``RLIMIT_AS`` as well; not
    for libraries that map far more memory than they touch. Resident memory is watched by the parent
    in any case."""

    memory_mb: int
    silence_s: float
    address_space: bool = True
    calls: int = 50
    nice: int = 10


def serve() -> None:
    """Main loop of the child: answer requests until the parent closes the pipe or dies."""
    target_name, limits, requests_fd, answers_fd, lifeline = sys.argv[1:]
    _apply_limits(ProcessLimits(**json.loads(limits)), int(lifeline))
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


def _apply_limits(limits: ProcessLimits, lifeline: int) -> None:
    """Set the limits, and have the kernel terminate this process (SIGIO) when the parent's end of
    ``lifeline`` closes, even while native code holds the GIL."""
    os.nice(limits.nice)
    with suppress(OSError):  # where there is no /proc
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
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
        return SENTENCE, _error_as_json(error)
    except MemoryError:
        os._exit(OUT_OF_MEMORY_EXIT)  # partial results end with the process
    except Exception as error:  # any exception is reported to the parent
        if isinstance(error, OSError):
            if error.errno == errno.ENOMEM:
                os._exit(OUT_OF_MEMORY_EXIT)
            if error.errno in MACHINE_ERRORS:
                return SENTENCE, _error_as_json(_as_transient(error))
        return FAILED, f"{type(error).__name__}: {error}"[:200]


def _error_as_json(error: KbError) -> dict[str, Any]:
    kinds = (ServiceUnavailable, TransientError, PermanentError)
    kind = next(one for one in kinds if isinstance(error, one))
    return {"kind": kind.__name__, "message": error.message.as_json()}


def _as_transient(error: OSError) -> TransientError:
    return TransientError(
        N_("The machine could not do it now ({reason}): it is tried again."),
        reason=error.strerror or str(error),
    )
