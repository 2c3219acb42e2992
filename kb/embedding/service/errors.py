"""What can be wrong with an embedding service, in sentences."""

from __future__ import annotations

from kb.messages import N_, KbError, PermanentError, ServiceRefuses, ServiceUnavailable


class ServiceAway(ServiceUnavailable):
    """The service does not answer at the moment, or has too much to do."""


class WrongService(ServiceRefuses):
    """The service answers, but not with vectors of the configured model: the settings or the
    service must change."""


class RefusedText(PermanentError):
    """The service does not take one text, and takes others."""


NO_VECTORS = (ServiceAway, WrongService, RefusedText)
"""Why a service gives no vector for a question."""


def is_away(error: KbError) -> ServiceUnavailable:
    """The same sentence for a job, which is not at fault and waits until the service is mended."""
    return ServiceUnavailable(error.message.template, **error.message.params)


def does_not_answer(address: str, reason: str) -> ServiceAway:
    return ServiceAway(
        N_(
            "The service that computes the vectors ({address}) does not answer now ({reason}):"
            " try again in a moment."
        ),
        address=address,
        reason=reason,
    )


def is_overloaded(address: str) -> ServiceAway:
    return ServiceAway(
        N_(
            "The service that computes the vectors ({address}) has too much to do now: try again"
            " in a moment."
        ),
        address=address,
    )


def refuses_key(address: str, status: int) -> WrongService:
    return WrongService(
        N_(
            "The service that computes the vectors ({address}) refuses the key ({status}): set"
            " KB_EMBEDDING_API_KEY."
        ),
        address=address,
        status=status,
    )


def refuses(address: str, reason: str) -> WrongService:
    return WrongService(
        N_(
            "The service that computes the vectors ({address}) refuses what it is asked"
            " ({reason}): check KB_EMBEDDING_URL, KB_EMBEDDING_PROTOCOL and"
            " KB_EMBEDDING_SERVICE_MODEL."
        ),
        address=address,
        reason=reason,
    )


def takes_nothing(error: RefusedText) -> WrongService:
    """The same sentence where a text is refused that every service must take."""
    return WrongService(error.message.template, **error.message.params)


def refuses_one_text(address: str, tokens: int, reason: str) -> RefusedText:
    return RefusedText(
        N_(
            "The service that computes the vectors ({address}) does not take a text of {tokens}"
            " tokens ({reason}): raise its limit of input, or lower KB_PASSAGE_TOKENS and run"
            " `kb reindex`."
        ),
        address=address,
        tokens=tokens,
        reason=reason,
    )


def gives_no_vectors(address: str, reason: str) -> WrongService:
    return WrongService(
        N_(
            "What {address} answers are not the vectors that were asked for ({reason}): check"
            " KB_EMBEDDING_URL and KB_EMBEDDING_PROTOCOL."
        ),
        address=address,
        reason=reason,
    )


def has_other_dimension(address: str, found: int, model: str, expected: int) -> WrongService:
    return WrongService(
        N_(
            "The service that computes the vectors ({address}) gives {found} numbers for a text"
            " and the model {model} has {expected}: have it serve that model, or set"
            " KB_EMBEDDING_MODEL and run `kb reindex`."
        ),
        address=address,
        found=found,
        model=model,
        expected=expected,
    )


def gives_no_numbers(address: str) -> WrongService:
    return WrongService(
        N_(
            "The service that computes the vectors ({address}) gives vectors that are zero or no"
            " numbers: have it compute in float32, then start it again."
        ),
        address=address,
    )


def serves_other_model(address: str, model: str) -> WrongService:
    return WrongService(
        N_(
            "The service that computes the vectors ({address}) gives others than the model {model}:"
            " have it serve the very same files, or set KB_EMBEDDING_MODEL and run `kb reindex`."
        ),
        address=address,
        model=model,
    )


def adds_prompt(address: str) -> WrongService:
    return WrongService(
        N_(
            "The service that computes the vectors ({address}) puts a prompt before the texts,"
            " which have theirs already: switch that off (TEI: leave out --default-prompt-name)."
        ),
        address=address,
    )


def mixes_order(address: str) -> WrongService:
    return WrongService(
        N_(
            "The service that computes the vectors ({address}) gives them in another order than"
            " the texts: set KB_EMBEDDING_BATCH=1, or use another service."
        ),
        address=address,
    )


def has_no_reference(model: str) -> WrongService:
    return WrongService(
        N_(
            "Nothing tells whether the service serves the model {model} that the index was made"
            " with: start `kb serve` once without KB_EMBEDDING_URL."
        ),
        model=model,
    )
