"""Ask a language model by the chat completions of the OpenAI API, which many servers speak."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import structlog
from pydantic_core import from_json

from kb.messages import N_, ConfigurationError, TransientError, describe_duration
from kb.settings import Settings
from search.summary.prompt import SCHEMA

LONGEST_ANSWER = 256 << 10
"""Bytes; an answer of six statements has a few thousand."""
MOST_TOKENS = 2000
RETRIES = 2
"""New tries of a connection that could not be made; nothing that was sent is sent again."""
PATH = "/chat/completions"
EXTRAS: Mapping[str, Any] = {
    "temperature": 0,
    "max_tokens": MOST_TOKENS,
    "response_format": {"type": "json_schema", "json_schema": SCHEMA},
}
"""Left out at a second try where the server does not take them."""
NOT_TAKEN = frozenset({400, 404, 415, 422, 501})
"""Statuses that may mean so."""

log = structlog.get_logger()

_UNREACHABLE = N_(
    "The language model cannot be reached at the moment: try again later. The results are not"
    " affected."
)
_SLOW = N_("The language model did not answer within {wait}: try again later.")
_BUSY = N_("The language model has too much to do at the moment: try again in some minutes.")
_FAILED = N_("The language model's server reports an error ({status}): try again later.")
_KEY = N_(
    "The language model's server does not accept this installation's key: an administrator has to"
    " check KB_LLM_API_KEY."
)
_NOT_THERE = N_(
    "The language model's server does not know the address or the model: an administrator has to"
    " check KB_LLM_URL and KB_LLM_MODEL."
)
_ELSEWHERE = N_(
    "The language model's server points to another address, which is not followed: an administrator"
    " has to check KB_LLM_URL."
)
_TOO_LONG = N_("The language model's answer is much too long and was not read: try again.")
_CUT = N_("The language model's answer breaks off: try again, or ask a narrower question.")
_DECLINED = N_("The language model declined to summarise these passages.")
_EMPTY = N_("The language model gave an empty answer: try again.")
_NOT_READ = N_(
    "The language model's server answered in a form that cannot be read: an administrator has to"
    " check that KB_LLM_URL speaks the chat completions of the OpenAI API."
)


async def ask_model(settings: Settings, messages: Sequence[Mapping[str, str]]) -> str:
    """The text of the model's answer.

    Redirects are not followed and proxies of the environment are not used: nothing is sent to
    another address than KB_LLM_URL.

    Raises:
        TransientError: the model cannot answer at the moment, or did not give an answer that can be
            used.
        ConfigurationError: the server does not accept the key, or knows no such model.
    """
    try:
        async with asyncio.timeout(settings.llm_timeout_s):
            return _read_content(await _exchange(settings, messages))
    except (TimeoutError, httpx.TimeoutException) as error:
        raise TransientError(_SLOW, wait=describe_duration(settings.llm_timeout_s)) from error
    except httpx.TransportError as error:
        log.warning("no answer of the language model", reason=f"{type(error).__name__}: {error}")
        raise TransientError(_UNREACHABLE) from error


async def _exchange(settings: Settings, messages: Sequence[Mapping[str, str]]) -> bytes:
    body = {"model": settings.llm_model, "messages": list(messages), "stream": False}
    transport = httpx.AsyncHTTPTransport(retries=RETRIES)
    async with httpx.AsyncClient(
        transport=transport,
        headers=_headers(settings),
        timeout=settings.llm_timeout_s,
        trust_env=False,
    ) as client:
        status, content = await _post(client, settings, {**body, **EXTRAS})
        if status in NOT_TAKEN:
            status, content = await _post(client, settings, body)
    _require_success(status)
    return content


def _headers(settings: Settings) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity", "Accept": "application/json"}
    if settings.llm_api_key:
        headers["Authorization"] = f"Bearer {settings.llm_api_key.get_secret_value()}"
    return headers


async def _post(
    client: httpx.AsyncClient, settings: Settings, body: Mapping[str, Any]
) -> tuple[int, bytes]:
    """Status and body. Raises TransientError for a body that is too long."""
    content = b""
    async with client.stream("POST", _address(settings), json=body) as response:
        if response.is_success:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise TransientError(_NOT_READ)
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > LONGEST_ANSWER:
                    raise TransientError(_TOO_LONG)
        return response.status_code, content


def _address(settings: Settings) -> str:
    base = (settings.llm_url or "").rstrip("/")
    return base if base.endswith(PATH) else base + PATH


def _require_success(status: int) -> None:
    if 200 <= status < 300:
        return
    log.warning("the language model's server refused", status=status)
    if 300 <= status < 400:
        raise ConfigurationError(_ELSEWHERE)
    if status in (401, 403):
        raise ConfigurationError(_KEY)
    if status in (404, 405):
        raise ConfigurationError(_NOT_THERE)
    if status == 429:
        raise TransientError(_BUSY)
    raise TransientError(_FAILED, status=status)


def _read_content(answer: bytes) -> str:
    """The text of the first choice. Raises TransientError where it is missing or cut."""
    try:
        choice = from_json(answer)["choices"][0]
        message = choice["message"]
        content, ended = message.get("content"), choice.get("finish_reason")
        refusal = message.get("refusal")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise TransientError(_NOT_READ) from error
    if isinstance(content, list):
        content = "".join(
            part["text"]
            for part in content
            if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    if refusal or ended == "content_filter":
        raise TransientError(_DECLINED)
    if ended == "length":
        raise TransientError(_CUT)
    if not isinstance(content, str) or not content.strip():
        raise TransientError(_EMPTY)
    return content
