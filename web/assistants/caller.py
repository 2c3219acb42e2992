"""For whom a tool answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kb.access import Access
from kb.messages import N_
from kb.runtime.services import Services
from search.results import Question
from web.rendering.i18n import Locale

BAD_TOKEN = N_("KB_MCP_TOKEN is invalid or has expired: make a new API token on your account.")


def _count_nothing() -> None:
    return None


def _note_nothing(_: Question) -> bool:
    return False


@dataclass(frozen=True)
class Caller:
    """``site``: address without a trailing slash, for the addresses in answers.

    ``count_search`` counts a search and raises TooManyRequests beyond the limit; ``is_new`` says
    whether a question counts in the log of unanswered ones.
    """

    services: Services
    access: Access
    site: str
    reader: Locale
    count_search: Callable[[], None] = _count_nothing
    is_new: Callable[[Question], bool] = _note_nothing


FindCaller = Callable[[Any], Caller]
"""The caller of a tool, from the SDK's context."""
