"""A child process costs only itself, whatever happens in it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from ingest.processes import child_errors as errors
from ingest.processes.child_process import ProcessLimits
from ingest.processes.isolation import Child
from kb.messages import PermanentError, TransientError

FOLDER = Path(__file__).parent
LIMITS = ProcessLimits(memory_mb=512, silence_s=20, nice=0)


@pytest.fixture(autouse=True)
def _targets_importable(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


@pytest.fixture
def child_of():
    children = []

    def start(function, limits=LIMITS):
        child = Child(f"isolation_targets:{function}", limits)
        children.append(child)
        return child

    yield start
    for child in children:
        child.close()


def test_answers_and_reports_in_order(child_of):
    reports = []
    assert child_of("count").call(3, reports.append) == 3
    assert reports == [1, 2, 3]


def test_stays_warm_between_calls_and_is_replaced_after_enough(child_of):
    child = child_of("whoami", ProcessLimits(memory_mb=512, silence_s=20, calls=2))
    pids = [child.call(None) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_a_sentence_for_people_arrives_as_itself_and_keeps_the_child(child_of):
    child = child_of("refuse")
    with pytest.raises(PermanentError, match="Page 7 is upside down") as caught:
        child.call(7)
    assert caught.value.message.params == {"page": 7}
    assert child.pid is not None


@pytest.mark.parametrize(
    ("function", "error"),
    [
        ("crash", errors.ChildCrashed),
        ("leave", errors.ChildCrashed),
        ("hoard", errors.ChildOutOfMemory),
        ("fail", errors.ChildFailed),
        ("answer_with_a_lock", errors.ChildCrashed),
    ],
)
def test_each_way_to_die_has_its_sentence_and_the_next_call_works(child_of, function, error):
    child = child_of("dispatch")
    with pytest.raises(error):
        child.call(function)
    assert child.call("ok") == "ok"


def test_memory_is_watched_where_the_address_space_is_not_limited(child_of):
    limits = ProcessLimits(memory_mb=200, silence_s=20, address_space=False, nice=0)
    child = child_of("hoard_slowly", limits)
    with pytest.raises(errors.ChildOutOfMemory, match="200 MB"):
        child.call(400)


def test_silence_is_a_timeout_and_reports_are_life(child_of):
    impatient = ProcessLimits(memory_mb=512, silence_s=5, nice=0)
    assert child_of("tick", impatient).call((20, 0.2)) == 20
    with pytest.raises(errors.ChildTimedOut, match="5 seconds"):
        child_of("tick", impatient).call((1, 30))


def test_time_in_all_is_limited_however_often_it_reports(child_of):
    child = child_of("tick")
    with pytest.raises(errors.ChildTookTooLong, match="KB_EXTRACT_TOTAL_S"):
        child.call((1000, 0.05), within_s=1)
    assert child.call((1, 0.05), within_s=60) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_that_is_ended_from_outside_is_worth_another_try(child_of, number):
    child = child_of("tick")
    with pytest.raises(errors.ChildKilled) as caught:
        child.call((1000, 0.05), lambda report: os.kill(child.pid, number))
    assert isinstance(caught.value, TransientError)
    assert child.call((1, 0)) == 1


def test_a_child_that_is_stopped_alone_is_worth_another_try(child_of):
    child = child_of("tick", ProcessLimits(memory_mb=512, silence_s=5, nice=0))
    with pytest.raises(errors.ChildKilled):
        child.call((1000, 0.05), lambda report: os.kill(child.pid, signal.SIGSTOP))


def test_a_module_that_is_missing_is_no_fault_of_the_document(child_of):
    with pytest.raises(TransientError):
        Child("no_such_module:function", LIMITS).call(1)


FROZEN = """
import psutil, signal, threading, time
from ingest.processes.child_process import ProcessLimits
from ingest.processes.isolation import Child
child = Child("isolation_targets:tick", ProcessLimits(512, silence_s=3, nice=0))
print(child.call((60, 0.1), lambda done: print("at", done, flush=True)), flush=True)
"""


def test_time_in_which_nothing_ran_is_no_silence():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", FROZEN], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        assert "at 3\n" in iter(parent.stdout.readline, "")
        both = [psutil.Process(parent.pid), *psutil.Process(parent.pid).children()]
        for process in both:
            process.suspend()
        time.sleep(12)  # four times what the child may be silent for
        for process in reversed(both):
            process.resume()
        assert parent.stdout.read().splitlines()[-1] == "60"


def test_the_kernel_ends_children_before_their_parent(child_of):
    child = child_of("whoami")
    pid = child.call(None)
    score = Path(f"/proc/{pid}/oom_score_adj").read_text("ascii")
    assert int(score) > int(Path("/proc/self/oom_score_adj").read_text("ascii"))


def test_cancelling_from_progress_kills_the_child(child_of):
    child = child_of("tick")

    def stop(report):
        raise KeyError("deleted meanwhile")

    with pytest.raises(KeyError):
        child.call((100, 0.05), stop)
    assert child.pid is None


def test_close_ends_a_running_call(child_of):
    child = child_of("tick")
    started = threading.Event()
    stopped = []

    def work():
        try:
            child.call((1000, 0.05), lambda report: started.set())
        except errors.ChildStopped as error:
            stopped.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(130)
    child.close()
    thread.join(60)
    assert len(stopped) == 1
    with pytest.raises(errors.ChildStopped):
        child.call((1, 0))


def test_dies_with_its_parent_even_while_machine_code_holds_the_lock():
    script = (
        "from ingest.processes.child_process import ProcessLimits\n"
        "from ingest.processes.isolation import Child\n"
        "child = Child('isolation_targets:hold_the_lock', ProcessLimits(512, 60))\n"
        "child.call(None, lambda pid: print(pid, flush=True))\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the child outlived its parent"
