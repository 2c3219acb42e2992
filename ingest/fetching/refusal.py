"""Why a source was not fetched."""

from __future__ import annotations

from typing import Any

from kb.messages import KbError
from kb.storage.sources import SourceState


class NotFetched(KbError):
    """``state``: what the source is found to be; ``status``: HTTP status, if there was an answer.

    ``retry``: whether another attempt may help, after ``wait_s`` seconds if the site said so.
    """

    def __init__(
        self,
        state: SourceState,
        template: str,
        *,
        status: int | None = None,
        retry: bool = False,
        wait_s: float | None = None,
        **params: Any,
    ) -> None:
        super().__init__(template, **({} if status is None else {"status": status}), **params)
        self.state, self.status, self.retry, self.wait_s = state, status, retry, wait_s


class Stopped(Exception):
    """The program stops, or the work was taken over: leave it to a later run."""
