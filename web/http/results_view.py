"""Whether results of a search are shown whole or compact, kept in a cookie."""

from __future__ import annotations

from fastapi import Request, Response

from web.http.cookies import keep

PARAMETER = "view"
COOKIE = "results"
COMPACT = "compact"
VIEWS = ("full", COMPACT)


def wished_view(request: Request) -> str:
    """The view that the address asks for; empty if none."""
    wished = request.query_params.get(PARAMETER, "")
    return wished if wished in VIEWS else ""


def keep_view(response: Response, request: Request, view: str) -> None:
    keep(response, request, COOKIE, view)


def is_compact(request: Request) -> bool:
    return (wished_view(request) or request.cookies.get(COOKIE)) == COMPACT
