"""The steps of a summary: choose passages, ask the model, check what it wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from kb.messages import N_, NotFound, PermanentError, TransientError
from kb.messages import Message as Said
from kb.runtime.services import Services
from search.results import AnswerVerdict, ResultPage
from search.summary.answer import read_statements
from search.summary.asking import ask_model
from search.summary.prompt import write_messages
from search.summary.results import Summary
from search.summary.selection import Selection, select_passages
from search.summary.verification import check_statements, is_one_sided

log = structlog.get_logger()

_NOT_OFFERED = N_("No language model is set up on this installation: there are no summaries.")
_NOTHING = N_("No answer was found in the knowledge base: there is nothing to summarise.")
_WORDS_ONLY = N_(
    "For the moment only the words of the question are searched for, not its meaning: there are no"
    " summaries until that works again. Try again in a few minutes."
)
_NOT_SENT = N_(
    "None of these passages may be sent to the language model: only texts of certain visibilities"
    " leave this installation."
)


@dataclass(frozen=True)
class SummaryRequest:
    """What is sent, and what the answer is checked against. ``language``: of the reader."""

    model: str
    language: str
    chosen: Selection
    messages: list[dict[str, str]]


def require_offered(services: Services) -> None:
    """Raises NotFound where no model is set up."""
    if not services.settings.offers_summaries:
        raise NotFound(Said(_NOT_OFFERED))


async def summarise(
    page: ResultPage,
    services: Services,
    language: str,
    before_asking: Callable[[], None] | None = None,
) -> Summary:
    """A summary of what is shown on a page of results, in ``language``. Nothing of it is kept.

    ``before_asking`` is called when there is something to summarise; what it raises is raised, and
    the model is not asked.

    Raises:
        NotFound: no model is set up.
        PermanentError: nothing answers the question, or no passage may be sent.
        TransientError: the model cannot answer at the moment, or its answer is of no use; or only
            the words of the question were searched for.
    """
    asked = await asyncio.to_thread(prepare_summary, page, services, language)
    if before_asking is not None:
        await asyncio.to_thread(before_asking)
    answer = await ask_model(services.settings, asked.messages)
    return await asyncio.to_thread(check_summary, asked, answer)


def prepare_summary(page: ResultPage, services: Services, language: str) -> SummaryRequest:
    """What is sent to the model of a page of results, as far as the settings let it be. Raises as
    ``summarise``."""
    require_offered(services)
    settings = services.settings
    if not page.by_meaning:
        raise TransientError(_WORDS_ONLY)
    if page.verdict is AnswerVerdict.NOTHING or not page.results:
        raise PermanentError(_NOTHING)
    with services.database.session() as session:
        chosen = select_passages(session, page, settings.llm_visibilities, language)
    if not chosen.passages:
        raise PermanentError(_NOT_SENT)
    messages = write_messages(page, chosen, language)
    return SummaryRequest(settings.llm_model or "", language, chosen, messages)


def check_summary(asked: SummaryRequest, answer: str) -> Summary:
    """What of the answer holds. Raises TransientError where it cannot be read."""
    written = read_statements(answer)
    chosen = asked.chosen
    kept, dropped = check_statements(written, chosen.passages, chosen.sides, asked.language)
    one_sided = is_one_sided(kept, chosen.sides)
    log.info(
        "summary",
        model=asked.model,
        written=len(written),
        kept=len(kept),
        one_sided=one_sided,
        **{f"dropped_{name}": count for name, count in dropped.items()},
    )
    return Summary(
        asked.model,
        asked.language,
        chosen.passages,
        len(written),
        () if one_sided else tuple(kept),
        dropped,
        one_sided,
    )
