"""When an answer is a fragment for htmx and when it is a whole page."""

from __future__ import annotations

from fastapi import Request, Response


def wants_fragment(request: Request) -> bool:
    """True for a request by htmx, unless htmx restores history and needs the whole page."""
    headers = request.headers
    return "hx-request" in headers and "hx-history-restore-request" not in headers


def vary(response: Response) -> None:
    """Keep caches from giving a fragment to who asked for a page (and the other way round)."""
    response.headers.append("Vary", "HX-Request, HX-History-Restore-Request")
