"""What is asked for at the same time is computed as one batch."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kb.embedding.together import Together


class Slow:
    """Squares, in batches that it remembers; the first waits until it is let go."""

    def __init__(self):
        self.batches = []
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, numbers):
        self.batches.append(list(numbers))
        self.begun.set()
        assert self.go.wait(100)
        if 13 in numbers:
            raise ValueError("unlucky")
        return [number * number for number in numbers]


def ask_together(squares, slow, numbers):
    """Ask for the first, and for the others while it is computed."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        first, *rest = numbers
        answers = [pool.submit(squares, first)]
        assert slow.begun.wait(100)
        answers += [pool.submit(squares, number) for number in rest]
        while len(squares._waiting) < len(rest):
            assert not any(answer.done() for answer in answers)
        slow.go.set()
    return answers


def test_those_who_wait_are_answered_as_one_batch_each_with_its_own():
    slow = Slow()
    answers = ask_together(Together(slow, most=8), slow, [1, 2, 3, 4, 5])
    assert [answer.result() for answer in answers] == [1, 4, 9, 16, 25]
    assert [sorted(batch) for batch in slow.batches] == [[1], [2, 3, 4, 5]]


def test_a_batch_has_a_limit():
    slow = Slow()
    answers = ask_together(Together(slow, most=2), slow, [1, 2, 3, 4, 5, 6])
    assert [answer.result() for answer in answers] == [1, 4, 9, 16, 25, 36]
    assert [len(batch) for batch in slow.batches] == [1, 2, 2, 1]


def test_an_error_is_told_to_all_of_its_batch_and_to_nobody_else():
    slow = Slow()
    squares = Together(slow, most=8)
    answers = ask_together(squares, slow, [1, 13, 3])
    assert answers[0].result() == 1
    for answer in answers[1:]:
        with pytest.raises(ValueError, match="unlucky"):
            answer.result()
    assert squares(4) == 16
