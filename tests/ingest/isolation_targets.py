"""Functions that misbehave, to be run in a child process."""

import ctypes
import os
import re
import threading
import time

from kb.messages import PermanentError


def count(request, report):
    for number in range(1, request + 1):
        report(number)
    return request


def whoami(request, report):
    return os.getpid()


def refuse(request, report):
    raise PermanentError("Page {page} is upside down.", page=request)


def dispatch(request, report):
    return globals()[request](request, report)


def ok(request, report):
    return "ok"


def crash(request, report):
    ctypes.string_at(0)


def leave(request, report):
    os._exit(0)


def hoard(request, report):
    return len(bytearray(2 * 1024**3))


def hoard_slowly(request, report):
    held = []
    for _ in range(request):
        held.append(bytearray(os.urandom(1024 * 1024)))
        report(len(held))
        time.sleep(0.005)


def fail(request, report):
    return {}["missing"]


def answer_with_a_lock(request, report):
    return threading.Lock()


def tick(request, report):
    times, pause = request
    for number in range(times):
        time.sleep(pause)
        report(number)
    return times


def hold_the_lock(request, report):
    report(os.getpid())
    re.match(r"(a+)+$", "a" * 60 + "b")  # hours inside one C call that keeps the lock
