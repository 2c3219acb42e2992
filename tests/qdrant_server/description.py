"""The operations of a Qdrant server, as the pinned client's generated code describes them.

``qdrant_client.http`` is generated from the server's API description: paths and methods are in its
builders, bodies and answers in its models, which refuse unknown fields.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError
from qdrant_client.http import api

BUILDER = "_build_for_"


class NotInDescription(Exception):
    """A request that the API description does not allow. ``status``: that of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Operation:
    """One operation. ``query``: annotation of each query parameter; ``body``: that of the body."""

    name: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, Any]
    body: Any
    answer: Any

    def read(self, query: Mapping[str, str], body: bytes) -> tuple[dict[str, Any], Any]:
        """The parameters and the body, validated. Raises NotInDescription."""
        unknown = query.keys() - self.query.keys()
        if unknown:
            raise NotInDescription(400, f"{self.name}: unknown parameters {sorted(unknown)}")
        if body and self.body is None:
            raise NotInDescription(400, f"{self.name} takes no body")
        try:
            read = {
                key: _adapter(self.query[key]).validate_strings(text) for key, text in query.items()
            }
            return read, None if self.body is None else _adapter(self.body).validate_json(body)
        except ValidationError as error:
            raise NotInDescription(400, f"{self.name}: {error}") from error

    def check_answer(self, answered: Any) -> None:
        """Raises ValidationError if this is not what the description promises."""
        _adapter(self.answer).validate_python(answered)


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation, and the values in its path. ``path``: as sent, percent-encoded. Raises
    NotInDescription."""
    matching = [(one, found) for one in operations() if (found := one.path.fullmatch(path))]
    for operation, found in matching:
        if operation.method == method:
            return operation, {key: unquote(text) for key, text in found.groupdict().items()}
    raise NotInDescription(405 if matching else 404, f"there is no {method} {path}")


@functools.cache
def operations() -> tuple[Operation, ...]:
    """All operations; those with fixed paths before those with names in the same place."""
    found = [
        _read_builder(of, name)
        for module in pkgutil.iter_modules(api.__path__)
        for of in vars(importlib.import_module(f"{api.__name__}.{module.name}")).values()
        if inspect.isclass(of) and re.fullmatch(r"_\w+Api", of.__name__)
        for name in vars(of)
        if name.startswith(BUILDER)
    ]
    return tuple(sorted(found, key=lambda one: one.path.pattern.count("(?P<")))


class _Named:
    """Stands for a parameter, to see where a builder puts it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


class _Recorder:
    """In place of the client: returns what a builder hands over."""

    @staticmethod
    def request(**handed: Any) -> dict[str, Any]:
        return handed


def _read_builder(of: type, name: str) -> Operation:
    parameters = dict(inspect.signature(getattr(of, name)).parameters)
    parameters.pop("self")
    made = getattr(of(_Recorder()), name)(**{key: _Named(key) for key in parameters})
    content = made.get("content")
    return Operation(
        name=name.removeprefix(BUILDER),
        method=made["method"],
        path=re.compile("".join(_path_parts(made["url"]))),
        query={key: parameters[of].annotation for key, of in (made.get("params") or {}).items()},
        body=parameters[content.name].annotation if content else None,
        answer=made["type_"],
    )


def _path_parts(url: str) -> Iterator[str]:
    for part in re.split(r"(\{\w+\})", url):
        yield f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)


@functools.cache
def _adapter(of: Any) -> TypeAdapter[Any]:
    return TypeAdapter(of)
