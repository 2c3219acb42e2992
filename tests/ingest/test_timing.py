"""The time limit of readers: whatever rings when, nothing rings after it."""

import signal

import pytest

from ingest.extract.shared.timing import OutOfTime, time_limit


@pytest.mark.parametrize("ends", [False, True])
def test_an_alarm_while_the_limit_is_lifted_comes_to_nothing(monkeypatch, ends):
    """On a busy machine the next alarm falls into the end of the limit."""
    set_timer = signal.setitimer

    def ring_first(which, seconds, interval=0.0):
        if not seconds:
            signal.raise_signal(signal.SIGALRM)
        return set_timer(which, seconds, interval)

    monkeypatch.setattr(signal, "setitimer", ring_first)
    before = signal.getsignal(signal.SIGALRM)
    if ends:
        with time_limit(60):
            pass
    else:
        with pytest.raises(OutOfTime), time_limit(0.01):
            signal.pause()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before
