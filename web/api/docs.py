"""The documentation page of the JSON API, built from its OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from web.http.context import ViewDep
from web.http.problems import EXPLAINED, TITLES

BODIES = {"multipart/form-data": "form", "application/json": "JSON"}
router = APIRouter(prefix="/api", include_in_schema=False)


@dataclass(frozen=True)
class DocumentedParameter:
    name: str
    where: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True)
class DocumentedOperation:
    """An operation of the API."""

    method: str
    path: str
    summary: str
    description: str
    parameters: list[DocumentedParameter]
    answers: list[tuple[str, str]]
    rights: list[str]
    """Rights that the token needs; empty: no token needed."""


@router.get("")
def root() -> Response:
    return RedirectResponse("/api/docs", 307)


@router.get("/docs")
def documentation(view: ViewDep) -> Response:
    specification = view.request.app.openapi()
    types = [
        (type.partition("#")[2], view.reader.gettext(title), view.reader.gettext(EXPLAINED[type]))
        for type, title in TITLES.items()
    ]
    return view.page("api/docs.html", operations=operations(specification), problem_types=types)


def operations(specification: dict[str, Any]) -> list[DocumentedOperation]:
    """Every operation of an OpenAPI document, in order."""
    return [
        DocumentedOperation(
            method=method.upper(),
            path=path,
            summary=said.get("summary", ""),
            description=said.get("description", ""),
            parameters=_parameters(said) + _fields(said, specification),
            answers=[
                (code, what.get("description", "")) for code, what in said["responses"].items()
            ],
            rights=[
                right
                for scheme in said.get("security", ())
                for rights in scheme.values()
                for right in rights
            ],
        )
        for path, methods in specification["paths"].items()
        for method, said in methods.items()
    ]


def _parameters(said: dict[str, Any]) -> list[DocumentedParameter]:
    return [
        DocumentedParameter(
            one["name"],
            one["in"],
            _kind(one["schema"]),
            one.get("required", False),
            one.get("description", one["schema"].get("description", "")),
        )
        for one in said.get("parameters", ())
    ]


def _fields(said: dict[str, Any], specification: dict[str, Any]) -> list[DocumentedParameter]:
    """The fields of a form or JSON body."""
    bodies = said.get("requestBody", {}).get("content", {})
    media = next((one for one in BODIES if one in bodies), None)
    if media is None:
        return []
    where, content = BODIES[media], bodies[media]
    name = content["schema"]["$ref"].rsplit("/", 1)[-1]
    schema = specification["components"]["schemas"][name]
    required = schema.get("required", ())
    return [
        DocumentedParameter(
            field, where, _kind(shape), field in required, shape.get("description", "")
        )
        for field, shape in schema["properties"].items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return _kind(schema["anyOf"][0])
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}[]"
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "contentMediaType" in schema:
        return "file"
    return str(schema.get("format") or schema.get("type", ""))
