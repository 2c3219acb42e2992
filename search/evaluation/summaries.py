"""How much of the summaries of a language model holds, over the questions of a test set."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kb.access import OPERATOR
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import ConfigurationError, PermanentError, TransientError
from kb.runtime.services import Services
from search.query import MAX_LENGTH
from search.results import AnswerVerdict, Question
from search.service import search
from search.summary.results import Dropped
from search.summary.service import summarise


@dataclass(frozen=True)
class SummaryQuality:
    """Over the questions asked. ``unsent``: none of their passages may be sent to the model;
    ``failed``: it gave no answer that can be read; ``refused``: the summary told one side of
    figures that contradict each other."""

    model: str
    questions: int
    unsent: int
    failed: int
    refused: int
    written: int
    kept: int
    dropped: Counter[Dropped]

    @property
    def surviving(self) -> float | None:
        """Share of the statements that hold."""
        return self.kept / self.written if self.written else None

    @property
    def per_question(self) -> float | None:
        """Statements shown per question."""
        return self.kept / self.questions if self.questions else None


def measure_summaries(
    services: Services, texts: Iterable[str], only: frozenset[str] | None
) -> SummaryQuality:
    """Ask for a summary of the first page of each question that is not refused an answer.

    Raises:
        ConfigurationError: the model's server does not accept the key, or knows no such model.
    """
    asked = unsent = failed = refused = written = kept = 0
    dropped: Counter[Dropped] = Counter()
    for text in texts:
        question = Question(text[:MAX_LENGTH], item_ids=only)
        page = search(question, services, OPERATOR, note=False, words_will_do=False)
        if page.verdict is AnswerVerdict.NOTHING:
            continue
        asked += 1
        try:
            summary = asyncio.run(summarise(page, services, DEFAULT_LANGUAGE))
        except ConfigurationError:
            raise
        except PermanentError:
            unsent += 1
            continue
        except TransientError:
            failed += 1
            continue
        refused += summary.is_one_sided
        written += summary.written
        kept += len(summary.statements)
        dropped.update(summary.dropped)
    model = services.settings.llm_model or ""
    return SummaryQuality(model, asked, unsent, failed, refused, written, kept, dropped)
