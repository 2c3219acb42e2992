"""Which questions a reader has put lately, so that the log of unanswered ones counts each once."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

from fastapi import Request

from kb.access import Access
from kb.text.folding import fold_text
from search.results import Question
from web.http.limits import address_of

REMEMBERED_S = 24 * 3600
"""The same reader with the same question within a day is one question."""
MOST = 20_000
"""Questions remembered in this process; beyond that the oldest are forgotten."""


class AskedLately:
    """Who has put which question in the last day. Safe for several threads."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = Lock()

    def is_first(self, who: str, text: str, now: float) -> bool:
        """Whether ``who`` has not put the question since a day before ``now`` (seconds); spelling,
        accents and punctuation do not make another one of it."""
        key = (who, fold_text(text) or text)
        with self._lock:
            before = self._seen.get(key)
            if before is not None and now - before < REMEMBERED_S:
                return False
            self._seen[key] = now
            self._seen.move_to_end(key)
            while len(self._seen) > MOST:
                self._seen.popitem(last=False)
        return True


def is_new(request: Request, access: Access, question: Question) -> bool:
    """Whether the log may count the question: put to the whole base, on its first page, and not
    yet today by this account, or address where there is no account. A moved slider, another place
    to compare with, Back and further pages are the same question."""
    if question.page != 1 or not question.is_to_the_whole_base:
        return False
    lately: AskedLately = request.app.state.asked_lately
    return lately.is_first(
        access.account_id or address_of(request), question.text, time.monotonic()
    )
