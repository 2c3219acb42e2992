"""The two protocols of embedding services: OpenAI's ``/v1/embeddings``, and ``/embed`` of Text
Embeddings Inference (TEI)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import orjson

from kb.embedding.preparation import Vectors
from kb.embedding.source import BUNDLED, ModelSource
from kb.settings import Settings


class UnreadableAnswer(Exception):
    """An answer without the vectors that were asked for. Its text says what is wrong with it."""


@dataclass(frozen=True)
class Endpoint:
    """Where texts are sent, and how. ``model``: its name in requests."""

    url: str
    protocol: Literal["openai", "tei"]
    model: str

    @property
    def shown(self) -> str:
        """The address without what may be secret in it."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", ""))

    def write_request(self, texts: Sequence[str]) -> bytes:
        if self.protocol == "tei":
            return orjson.dumps({"inputs": list(texts), "normalize": True, "truncate": True})
        asked = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        return orjson.dumps(asked)

    def read_answer(self, body: bytes, texts: int) -> Vectors:
        """Shape (texts, dimension), in the order of the texts.

        Raises:
            UnreadableAnswer: these are no vectors, not as many, or not of one dimension.
        """
        try:
            answer: Any = orjson.loads(body)
            rows = answer if self.protocol == "tei" else _in_order(answer["data"])
            vectors = np.asarray(rows, np.float32)
            found = len(rows)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise UnreadableAnswer(f"{type(error).__name__}: {error}"[:120]) from error
        if vectors.ndim != 2 or len(vectors) != texts or not vectors.shape[1]:
            raise UnreadableAnswer(f"{found} vectors for {texts} texts")
        return vectors


def _in_order(data: list[dict[str, Any]]) -> list[Any]:
    """The vectors by their ``index``, which need not be the order in which they come."""
    if len({one["index"] for one in data}) != len(data):
        raise ValueError("an index stands twice")
    return [one["embedding"] for one in sorted(data, key=lambda one: int(one["index"]))]


def endpoint_of(settings: Settings, source: ModelSource) -> Endpoint:
    """The configured service. A URL without the path of a request is completed."""
    address = (settings.embedding_url or "").rstrip("/")
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    is_tei = settings.embedding_protocol == "tei" or (
        settings.embedding_protocol == "auto" and path.endswith("/embed")
    )
    if is_tei and not path.endswith("/embed"):
        path += "/embed"
    elif not is_tei and not path.endswith("/embeddings"):
        path += "/embeddings" if path.endswith("/v1") else "/v1/embeddings"
    url = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
    model = settings.embedding_service_model or _model_name(settings, source)
    return Endpoint(url, "tei" if is_tei else "openai", model)


def _model_name(settings: Settings, source: ModelSource) -> str:
    """A hub id as it is, else the name of the model or of its folder."""
    name = settings.embedding_model
    return source.name if name == BUNDLED or Path(name).is_absolute() else name
