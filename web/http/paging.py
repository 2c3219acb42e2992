"""Paging by cursor: where in the order of a list the next page begins.

A cursor holds the sort key and id of the last thing of a page, so that things that come and go on
other pages neither repeat nor skip any. Nothing is kept here of it.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import BaseModel, Field

from kb.messages import N_
from web.http.addresses import site_of
from web.http.problems import ProblemType, RefusedRequest

MOST = 100
"""Things on a page."""
MOST_NUMBER = 2**31 - 1
CHECK_BYTES = 6
_NO_CURSOR = N_(
    "The cursor is not one of this list with these filters: begin again without a cursor."
)
Keyed = tuple[tuple[Any, ...], str]
"""Sort key and id of a thing, by which a list is ordered."""


class BadCursor(RefusedRequest):
    """The cursor was not made for this list."""

    status = HTTPStatus.BAD_REQUEST
    type = ProblemType.BAD_CURSOR


class Paged(BaseModel):
    """The parameters of a list that is read page by page."""

    limit: int | None = Field(default=None, ge=1, le=MOST, description="Things on a page.")
    cursor: str = Field(
        default="",
        max_length=8000,
        pattern=r"^[A-Za-z0-9_=-]*$",
        description="`next` of the page before, with the same filters; goes before `page`.",
    )


NEXT = Field(
    default=None, description="`cursor` of the page that follows; null on the last. Also in `Link`."
)


@dataclass(frozen=True)
class Slice:
    """The ids of a page, and the cursor of the next."""

    ids: list[str]
    next: str | None


def cut_page(
    request: Request,
    found: Sequence[Keyed],
    wanted: Paged,
    *,
    usual: int | None = None,
    page: int = 1,
) -> Slice:
    """The page of the sorted list at the address of the request that ``wanted`` asks for.

    ``usual``: things on a page without ``limit``; None: all. ``page`` counts where there is no
    cursor. Raises BadCursor.
    """
    size = wanted.limit or usual or max(1, len(found))
    scope = _scope_of(request, wanted)
    start = (page - 1) * size
    if wanted.cursor:
        start = _find_start(found, _read_cursor(wanted.cursor, scope))
    shown = found[start : start + size]
    more = bool(shown) and start + size < len(found)
    return Slice([id for _, id in shown], _write_cursor(shown[-1], scope) if more else None)


def read_number(request: Request, wanted: Paged) -> int | None:
    """The number in the cursor of a list that is ordered by numbers; None on the first page.

    Raises BadCursor.
    """
    if not wanted.cursor:
        return None
    key, _ = _read_cursor(wanted.cursor, _scope_of(request, wanted))
    if len(key) != 1 or type(key[0]) is not int or not 0 < key[0] <= MOST_NUMBER:
        raise BadCursor(_NO_CURSOR)
    return key[0]


def write_number(request: Request, last: int, wanted: Paged) -> str:
    """The cursor of the page after the thing with this number."""
    return _write_cursor(((last,), str(last)), _scope_of(request, wanted))


def link_next(
    request: Request, response: Response, cursor: str | None, parameter: str = "cursor"
) -> None:
    """Name the address of the next page in the header ``Link`` (RFC 8288)."""
    if cursor is None:
        return
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in (parameter, "page")
    ]
    query = urlencode([*kept, (parameter, cursor)], errors="surrogatepass")
    address = f"{site_of(request)}{quote(request.url.path)}?{query}"
    response.headers["Link"] = f'<{address}>; rel="next"'


def _scope_of(request: Request, wanted: Paged) -> str:
    """The address of the list and its filters. How many things are on a page may change between
    pages."""
    filters = wanted.model_dump(mode="json", exclude={"limit", "cursor", "page"})
    return f"{request.url.path}{json.dumps(filters, sort_keys=True)}"


def _find_start(found: Sequence[Keyed], last: Keyed) -> int:
    try:
        return bisect_right(found, last)
    except TypeError as error:
        raise BadCursor(_NO_CURSOR) from error


def _write_cursor(last: Keyed, scope: str) -> str:
    key, id = last
    told = json.dumps([*key, id], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(_check(told, scope) + told).decode().rstrip("=")


def _read_cursor(cursor: str, scope: str) -> Keyed:
    try:
        content = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        told = content[CHECK_BYTES:]
        if content[:CHECK_BYTES] != _check(told, scope):
            raise BadCursor(_NO_CURSOR)
        *key, id = json.loads(told)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor(_NO_CURSOR) from error
    return tuple(key), id


def _check(told: bytes, scope: str) -> bytes:
    kept = scope.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(
        told, digest_size=CHECK_BYTES, key=hashlib.sha256(kept).digest()
    ).digest()
