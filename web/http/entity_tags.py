"""Entity tags of things and of answers, ``If-Match`` and ``If-None-Match`` (RFC 9110, sections 8.8
and 13)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.dependencies.models import Dependant
from sqlalchemy import inspect
from starlette.datastructures import Headers

from kb.messages import N_
from kb.storage.collections import Collection
from kb.storage.projects import ProjectRow
from kb.storage.questions import SavedQuestion
from kb.storage.tables import Document
from kb.text.http_dates import read_http_date
from web.http.problems import ProblemType, RefusedRequest

DIGEST_BYTES = 12
_CHANGED = N_("It was changed meanwhile: read it again, then repeat the change.")
_EXCLUDED = N_("It is there, and the request excludes its present state: nothing was changed.")
_UNCOMPARED = N_("States are not compared here: send the request without If-None-Match.")
_DOCUMENT = (
    "title", "author_names", "publisher", "year", "language", "country", "licence", "source_url",
    "visibility", "version", "given",
)  # fmt: skip
"""What people change of a document. Its state while it is read does not count."""


class ChangedMeanwhile(RefusedRequest):
    """``If-Match`` names another state than the present one."""

    status = HTTPStatus.PRECONDITION_FAILED
    type = ProblemType.CHANGED_MEANWHILE

    def __init__(self, template: str = _CHANGED, **params: Any) -> None:
        super().__init__(template, **params)


class StateExcluded(RefusedRequest):
    """``If-None-Match`` names the present state, or any."""

    status = HTTPStatus.PRECONDITION_FAILED

    def __init__(self, template: str = _EXCLUDED) -> None:
        super().__init__(template)


@dataclass(frozen=True)
class Precondition:
    """The tags of ``If-Match`` and, as ``excluded``, of ``If-None-Match``; none: the change is made
    in any case."""

    tags: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()

    def check(self, row: Any) -> None:
        """Raises ChangedMeanwhile if the row is in none of the states that the tags name, and
        StateExcluded if it is in one that is excluded."""
        if self.tags and not self.tags & {"*", state_of(row)}:
            raise ChangedMeanwhile
        if self.excluded and self.excluded & {"*", state_of(row)}:
            raise StateExcluded

    def check_found(self, row: Any | None) -> None:
        """As ``check``; what is not there yet is in none of the states."""
        if row is not None:
            self.check(row)
        elif self.tags:
            raise ChangedMeanwhile


ANY_STATE = Precondition()


def check_uncompared(headers: Headers) -> None:
    """Check a change that compares no states: a tag of ``If-Match`` cannot fit, and with
    ``If-None-Match`` the change is refused. Raises ChangedMeanwhile and StateExcluded."""
    if headers.get("if-match", "*").strip() != "*":
        raise ChangedMeanwhile
    if "if-none-match" in headers:
        raise StateExcluded(_UNCOMPARED)


def compares(dependant: Dependant) -> bool:
    """Whether an operation compares ``If-Match`` and ``If-None-Match`` itself."""
    return any(one.call is _read_precondition for one in dependant.dependencies)


def _read_precondition(
    if_match: Annotated[
        str | None,
        Header(
            max_length=2000,
            description="The ETag with which it was read: 412 if it was changed since.",
        ),
    ] = None,
    if_none_match: Annotated[
        str | None,
        Header(
            max_length=2000,
            description="An ETag: 412 if it is still in that state. `*`: 412 if it is there.",
        ),
    ] = None,
) -> Precondition:
    """Weak tags of ``If-Match`` match nothing, those of ``If-None-Match`` as strong ones do."""
    return Precondition(_read_states(if_match), _read_states(if_none_match, weak="W/"))


def _read_states(sent: str | None, weak: str = "") -> frozenset[str]:
    """The states that a header names; an empty set without the header. An empty word, which is no
    state, is added, so that a header without tags is no empty set."""
    if sent is None:
        return frozenset()
    tags = (tag.strip().removeprefix(weak) for tag in sent.split(","))
    return frozenset(tag.strip('"').partition(".")[0] for tag in tags) | {""}


IfMatch = Annotated[Precondition, Depends(_read_precondition)]


def note_state(request: Request, row: Any) -> None:
    """Make the ETag of the answer name the state of the row, so that ``If-Match`` can compare."""
    request.state.validator = state_of(row)


def forget_state(request: Request) -> None:
    """Give the answer no ETag after all: it shows a part of the thing."""
    del request.state.validator


def build_tag(request: Request, body: bytes) -> str:
    """The entity tag of an answer: the state of the thing, then a digest of the bytes; weak where
    no thing was noted."""
    state = getattr(request.state, "validator", "")
    return f'"{state}.{_digest(body)}"' if state else f'W/"{_digest(body)}"'


def has_current(request: Request, etag: str, changed: datetime) -> bool:
    """Whether the client's copy is current: If-None-Match takes precedence over If-Modified-Since
    (RFC 9110, 13.2.2)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return bool(known & {etag.removeprefix("W/"), "*"})
    since = read_http_date(request.headers.get("if-modified-since", ""))
    return since is not None and changed.replace(microsecond=0) <= since


def state_of(row: Any) -> str:
    """A word that changes whenever somebody changes the thing."""
    told = json.dumps(list(_describe(row)), default=str, ensure_ascii=False)
    return _digest(told.encode("utf-8", "surrogatepass"))


def _describe(row: Any) -> Iterator[Any]:
    yield row.id
    if isinstance(row, Document):
        yield from (getattr(row, name) for name in _DOCUMENT)
        yield sorted(row.themes)
    elif isinstance(row, ProjectRow):
        yield from (row.revision, row.visibility, row.stage)
        yield from (_columns(one) for one in (*row.members, *row.indicators))
        for indicator in row.indicators:
            yield from (_columns(one) for one in indicator.measurements)
            yield from (one.id for value in indicator.measurements for one in value.checks)
    elif isinstance(row, SavedQuestion):
        yield from ((one.item_id, one.read_at) for one in row.notices)
    elif isinstance(row, Collection):
        yield row.revision
    else:
        yield row.updated_at


def _columns(row: Any) -> list[Any]:
    return [getattr(row, column.key) for column in inspect(type(row)).column_attrs]


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()
