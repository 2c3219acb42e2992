"""The form that asks for a cited summary of a page of results, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from kb.messages import KbError, Message
from kb.runtime.services import Services
from search.results import Question, ResultPage
from search.summary.service import summarise
from web.forms.question import SEARCH_PATH, list_parameters
from web.http.context import RequestContext
from web.http.errors import TOO_MANY, status_of
from web.http.limits import RateLimited, TooManyRequests, count_request
from web.presenters.summaries import SummaryBlock, present_summary

SUMMARY_PATH = f"{SEARCH_PATH}/summary"


def offer_summary(question: Question) -> SummaryBlock:
    """The block with the button alone."""
    return SummaryBlock([*list_parameters(question), ("page", f"{question.page}")])


def refuse_more(error: TooManyRequests) -> tuple[Message, Mapping[str, str]]:
    """The sentence and headers of the answer beyond the limit."""
    return Message(TOO_MANY, {"seconds": error.wait_s}), {"Retry-After": f"{error.wait_s}"}


async def ask_for_summary(
    view: RequestContext, services: Services, page: ResultPage
) -> tuple[SummaryBlock, int, Mapping[str, str]]:
    """The block with the summary, or with a sentence that says why there is none; the status of the
    answer, and further headers."""
    block = offer_summary(page.question)
    count = partial(count_request, RateLimited.SUMMARY, view.request, view.access)
    try:
        summary = await summarise(page, services, view.reader.code, count)
    except TooManyRequests as error:
        said, headers = refuse_more(error)
        return replace(block, problem=said), 429, headers
    except KbError as error:
        return replace(block, problem=error.message), status_of(error), {}
    return replace(block, shown=present_summary(summary, view.reader)), 200, {}
