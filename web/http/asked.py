"""Recent questions per reader, so that the log of unanswered questions counts each once."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

import structlog
from fastapi import Request

from kb.access import Access
from kb.messages import TransientError
from kb.text.folding import fold_text
from search.results import Question
from web.http.limits import RateLimits, address_of

REMEMBERED_S = 24 * 3600
"""Seconds in which the same question of the same reader counts once: a day."""
MOST = 20_000
"""Questions remembered in this process; beyond that the oldest are dropped."""

log = structlog.get_logger()


class AskedLately:
    """Questions of the last day with their readers. Thread-safe."""

    def __init__(self, limits: RateLimits) -> None:
        """``limits``: where processes that count together see what others were asked."""
        self._limits = limits
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = Lock()

    def is_first(self, who: str, text: str, now: float) -> bool:
        """Whether ``who`` has not asked the question in the day before ``now`` (seconds).

        Spelling, accents and punctuation are ignored. True where the shared counters cannot be
        reached: a statistic fails no search.
        """
        key = (who, fold_text(text) or text)
        with self._lock:
            before = self._seen.get(key)
            if before is not None and now - before < REMEMBERED_S:
                return False
            self._seen[key] = now
            self._seen.move_to_end(key)
            while len(self._seen) > MOST:
                self._seen.popitem(last=False)
        try:
            return self._limits.is_first_asked(" ".join(key))
        except TransientError as error:
            log.warning("whether a question is new is not known", reason=str(error))
            return True


def is_new(request: Request, access: Access, question: Question) -> bool:
    """Whether the unanswered log may count the question.

    True for a question to the whole base, on its first page, not asked today by this account (or
    address, without an account). Changing the viewpoint or turning pages does not make a new
    question.
    """
    if question.page != 1 or not question.is_to_the_whole_base:
        return False
    lately: AskedLately = request.app.state.asked_lately
    return lately.is_first(
        access.account_id or address_of(request), question.text, time.monotonic()
    )
