"""The form that asks for a cited summary of a page of results, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from kb.messages import KbError, Message, describe_duration
from kb.runtime.services import Services
from search.results import Question, ResultPage
from search.summary.service import summarise
from web.forms.question import SEARCH_PATH, list_parameters
from web.http.context import RequestContext
from web.http.errors import BUSY, TOO_MANY, sentence_of, status_of
from web.http.limits import RateLimited, TooManyRequests, count_request
from web.http.queues import QueuedWork, ServerBusy, WorkQueues, run_while_connected
from web.presenters.summaries import SummaryBlock, present_summary

SUMMARY_PATH = f"{SEARCH_PATH}/summary"


def offer_summary(question: Question) -> SummaryBlock:
    """The block with the button alone."""
    return SummaryBlock([*list_parameters(question), ("page", f"{question.page}")])


def explain_refusal(error: TooManyRequests | ServerBusy) -> tuple[Message, int, Mapping[str, str]]:
    """Sentence, status and headers of the answer to who has to wait."""
    many = isinstance(error, TooManyRequests)
    said = Message(TOO_MANY if many else BUSY, {"wait": describe_duration(error.wait_s)})
    return said, 429 if many else 503, {"Retry-After": f"{error.wait_s}"}


async def ask_for_summary(
    view: RequestContext, services: Services, page: ResultPage
) -> tuple[SummaryBlock, int, Mapping[str, str]]:
    """The block with the summary, or with a sentence that says why there is none; the status of the
    answer, and further headers."""
    block = offer_summary(page.question)
    queues: WorkQueues = view.request.app.state.queues
    count = partial(count_request, RateLimited.SUMMARY, view.request, view.access)
    try:
        async with queues[QueuedWork.SUMMARY].place(view.request):
            writing = summarise(page, services, view.reader.code, count)
            summary = await run_while_connected(view.request, writing)
    except (TooManyRequests, ServerBusy) as error:
        said, status, headers = explain_refusal(error)
        return replace(block, problem=said), status, headers
    except KbError as error:
        return replace(block, problem=sentence_of(error)), status_of(error), {}
    return replace(block, shown=present_summary(summary, view.reader)), 200, {}
