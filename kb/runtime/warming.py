"""Opening what a question needs before the first one is asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog

from kb.embedding.service.errors import ServiceAway
from kb.messages import N_, ConfigurationError, KbError
from kb.text.language import detect

if TYPE_CHECKING:
    from kb.runtime.services import Services

log = structlog.get_logger()


def warm_once(services: Services, ask: Callable[[], object]) -> None:
    """Open index and model, then ``ask``. What fails becomes ``services.failure``; questions are
    answered by their words once the index is open, though the embedding service is away."""
    try:
        with ThreadPoolExecutor(1) as beside:
            language = beside.submit(detect, "una domanda")
            services.index.count()
            services.embedder.embed_query("")
            services.reference.keep(services.embedder.embed_passages)
            _ = services.preparation, services.reranker
            language.result()
        log.info("embedding", model=services.model.name, precision=services.embedder.precision)
        ask()
    except KbError as error:
        services.failure = error
        if isinstance(error, ServiceAway):  # the index is open: words are searched for
            services.ready.set()
    except Exception as error:
        log.exception("model or index could not be opened")
        services.failure = ConfigurationError(
            N_("The model or the index could not be opened ({reason}): see the log."),
            reason=f"{type(error).__name__}: {error}",
        )
    else:
        services.failure = None
        services.ready.set()
