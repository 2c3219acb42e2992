"""The configured model as a service: OpenAI's ``/v1/embeddings`` and ``/embed`` of Text Embeddings
Inference (TEI), so that several processes share one copy of it.

Texts are embedded as they come: prompts are put before them by whoever asks.
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, StringConstraints
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from kb.constants import MEGABYTE

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Texts to vectors, float32, shape (texts, dimension)."""
Text = Annotated[str, StringConstraints(min_length=1)]

MOST_TEXTS = 256
"""Of a request."""
MOST_MEGABYTES = 16
"""Of a request."""
STEP = 8
"""Texts embedded before another request has its turn, so that questions need not wait long."""
MOST_WAITING = 32
"""Requests at the same time; further ones are asked to come back later."""
RETRY_S = 1


class OpenAIRequest(BaseModel):
    """``dimensions`` and ``user`` are ignored."""

    input: Text | list[Text]
    model: str = ""
    encoding_format: Literal["float", "base64"] = "float"


class TeiRequest(BaseModel):
    """``normalize`` and ``truncate`` are ignored: both are always done."""

    inputs: Text | list[Text]


class ModelTurns:
    """The model, which several requests use by turns."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_WAITING)

    def embed(self, given: str | list[str]) -> npt.NDArray[np.float32]:
        """Shape (texts, dimension). Raises HTTPException if there are too many texts, or requests
        that wait."""
        texts = [given] if isinstance(given, str) else given
        if not texts:
            raise HTTPException(400, "there is no text")
        if len(texts) > MOST_TEXTS:
            raise HTTPException(413, f"{len(texts)} texts: send {MOST_TEXTS} at most")
        if not self._places.acquire(blocking=False):
            raise HTTPException(429, "too many requests", {"Retry-After": str(RETRY_S)})
        try:
            parts = []
            for start in range(0, len(texts), STEP):
                with self._turn:
                    parts.append(self._embed(texts[start : start + STEP]))
            return np.concatenate(parts)
        finally:
            self._places.release()


def create_app(embed: Embed, model: str, key: str = "") -> FastAPI:
    """The service. ``model`` is the name it answers with; with a ``key``, requests must have it as
    bearer token."""
    turns = ModelTurns(embed)

    def allow(request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key and not secrets.compare_digest(given.encode(), key.encode()):
            raise HTTPException(401, "the key is wrong", {"WWW-Authenticate": "Bearer"})

    app = FastAPI(title="Embeddings", docs_url=None, redoc_url=None)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MOST_MEGABYTES * MEGABYTE)
    guarded = [Depends(allow)]

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ready", "model": model}

    @app.post("/v1/embeddings", dependencies=guarded)
    def embeddings(asked: OpenAIRequest) -> dict[str, Any]:
        vectors = turns.embed(asked.input)
        rows = _as_base64(vectors) if asked.encoding_format == "base64" else vectors.tolist()
        data = [
            {"object": "embedding", "index": number, "embedding": row}
            for number, row in enumerate(rows)
        ]
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return {"object": "list", "model": model, "data": data, "usage": usage}

    @app.post("/embed", dependencies=guarded)
    def embed_tei(asked: TeiRequest) -> list[list[float]]:
        rows: list[list[float]] = turns.embed(asked.inputs).tolist()
        return rows

    return app


def _as_base64(vectors: npt.NDArray[np.float32]) -> list[str]:
    return [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in vectors]
