"""The OpenAPI description: what FastAPI writes of the operations, with problem details as their own
media type, the headers that all operations share, and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from web.api.examples import REQUESTS, RESPONSES
from web.http.idempotency import HEADER
from web.http.problems import PROBLEM_JSON, problems

PROBLEM = "#/components/schemas/ProblemDetails"
ABOUT = """\
What the pages show, as JSON, for other front ends and programs.

Errors are problem details (RFC 9457) in the language of `Accept-Language`. Lists are read page by
page: `next` is the `cursor` of the page that follows, and the header `Link` has its address. GET
answers with an `ETag`: send it as `If-None-Match` and an unchanged answer is 304 without a body;
send it as `If-Match` with a change, and what was changed meanwhile is refused with 412. A change
with `If-None-Match` is refused with 412 if the thing is still in a state that it names or, with
`*`, if it exists; operations that do not list this header refuse every one. A POST with an
`Idempotency-Key` that is sent again within 24 hours is not done again but gets the same answer;
only where the server stopped before it could keep that answer, or needs more than five minutes for
it, is it done a second time.
"""
KEY: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "A new random word for each new request, such as a UUID. Sent again with the "
    "same key within 24 hours, the request is not done again: the answer is that of the first "
    "time, with `Idempotent-Replayed: true`; 409 while it is being done, 422 for another request. "
    "Where no answer was kept after five minutes (the server stopped, or needs longer), it is done "
    "again, so look first whether it was done.",
}
UNKEPT = frozenset({"/api/v1/summaries"})
"""POST requests of which nothing is kept, and so no answer to give again."""
TAG = {"ETag": {"description": "Of this answer.", "schema": {"type": "string"}}}
LINK = {
    "Link": {
        "description": 'Address of the next page, `rel="next"`; not on the last.',
        "schema": {"type": "string"},
    }
}


class DescribedApplication(FastAPI):
    """An application whose OpenAPI description has what all operations share."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.description = ABOUT
            described = super().openapi()
            for path, method, operation in list_operations(described):
                _complete(path, method, operation)
        return super().openapi()


def list_operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of every operation."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    if path.startswith("/api/"):
        if method == "post" and path not in UNKEPT:
            _take_key(operation)
        for status, answer in operation["responses"].items():
            if status.startswith("2") and method == "get":
                names = {one["name"] for one in operation.get("parameters", ())}
                answer["headers"] = TAG | (LINK if "cursor" in names or "after" in names else {})
    for answer in operation["responses"].values():
        content = answer.get("content", {})
        if content.get("application/json", {}).get("schema") == {"$ref": PROBLEM}:
            content[PROBLEM_JSON] = content.pop("application/json")
    _add_examples(operation)


def _take_key(operation: dict[str, Any]) -> None:
    """Describe the header, and the answers that it may bring."""
    operation.setdefault("parameters", []).append(KEY)
    for status, answer in problems(400, 409, 422).items():
        described = {
            "description": answer["description"],
            "content": {"application/json": {"schema": {"$ref": PROBLEM}}},
        }
        operation["responses"].setdefault(str(status), described)


def _add_examples(operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    if name in REQUESTS:
        for content in operation["requestBody"]["content"].values():
            content["example"] = REQUESTS[name]
    if name in RESPONSES:
        for status, answer in operation["responses"].items():
            if status.startswith("2") and "application/json" in answer.get("content", {}):
                answer["content"]["application/json"]["example"] = RESPONSES[name]
