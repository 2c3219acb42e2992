"""Items that can be added to something, found by the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.messages import KbError, Message, describe_duration
from kb.runtime.services import Services
from search.results import Question, Result
from search.service import search
from web.http.context import RequestContext
from web.http.errors import TOO_MANY, sentence_of
from web.http.limits import RateLimited, TooManyRequests, count_request

MOST = 10


@dataclass(frozen=True)
class FoundItems:
    """``problem``: why nothing could be searched for; ``warning``: what may be missing."""

    text: str = ""
    items: tuple[Result, ...] = ()
    problem: Message | None = None
    warning: Message | None = None


def count_text_search(view: RequestContext, words: Sequence[str]) -> None:
    """Count a list that looks for words in the text of documents as a search.

    Raises:
        TooManyRequests: the caller is beyond the limit.
    """
    if words:
        count_request(RateLimited.SEARCH, view.request, view.access)


def find_addable(view: RequestContext, services: Services, text: str) -> FoundItems:
    """The nearest items, at most ``MOST``, whether they answer or not; none without words."""
    text = " ".join(text.split())
    if not text:
        return FoundItems()
    question = Question(text, page_size=MOST, reader_language=view.reader.code, far=True)
    try:
        count_request(RateLimited.SEARCH, view.request, view.access)
        page = search(question, services, view.access, note=False)
        return FoundItems(text, page.results, warning=page.warning)
    except KbError as error:
        return FoundItems(text, problem=sentence_of(error))
    except TooManyRequests as error:
        return FoundItems(
            text, problem=Message(TOO_MANY, {"wait": describe_duration(error.wait_s)})
        )
