"""Time limits that end while an alarm rings: ``python -m tests.ingest.alarms "in time"``, a process
of its own, because an alarm that nobody expects ends the process."""

import signal
import sys

from ingest.extract.shared.timing import OutOfTime, time_limit


def ring_when_lifted() -> None:
    """Let an alarm ring whenever a timer is stopped."""
    set_timer = signal.setitimer

    def ring_first(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        if not seconds:
            signal.raise_signal(signal.SIGALRM)
        return set_timer(which, seconds, interval)

    signal.setitimer = ring_first


def end_in_time() -> str:
    with time_limit(60):
        return "in time"


def end_out_of_time() -> str:
    try:
        with time_limit(0.01):
            signal.pause()
    except OutOfTime:
        return "out of time"
    return "in time"


def main(which: str) -> None:
    ring_when_lifted()
    before = signal.getsignal(signal.SIGALRM)
    print(end_in_time() if which == "in time" else end_out_of_time())
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


if __name__ == "__main__":
    main(sys.argv[1])
