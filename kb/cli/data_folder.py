"""The data folder, and requests to the process that owns it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kb.messages import N_, ConfigurationError, PermanentError, TransientError

if TYPE_CHECKING:
    import httpx

    from kb.runtime.ownership import Owner
    from kb.settings import Settings


def require_base(settings: Settings) -> None:
    """Raises ConfigurationError if the data folder does not exist."""
    if not settings.data_dir.exists():
        raise ConfigurationError(
            N_("There is no knowledge base in {folder}: add documents with `kb ingest --wait`."),
            folder=str(settings.data_dir),
        )


def ask(
    owner: Owner, method: str, path: str, params: dict[str, Any], timeout_s: float | None = 60
) -> httpx.Response:
    """Send a request with the operator token; ``timeout_s=None`` waits without limit.

    Raises:
        KbError: the process does not answer or refuses.
    """
    import httpx

    try:
        answer = httpx.request(
            method,
            owner.url + path,
            params=params,
            headers={"Authorization": f"Bearer {owner.token}", "Accept-Language": "en"},
            timeout=timeout_s,
            trust_env=False,  # no proxy for requests to this machine
        )
    except httpx.HTTPError as error:
        raise TransientError(
            N_("The running server at {url} did not answer ({reason}): try again."),
            url=owner.url,
            reason=str(error),
        ) from error
    if answer.is_error:
        try:
            detail = answer.json()["detail"]
        except (ValueError, KeyError):
            detail = f"{answer.status_code} {answer.reason_phrase}"
        raise PermanentError("{detail}", detail=detail)
    return answer
