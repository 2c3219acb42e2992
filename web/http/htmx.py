"""Whether an answer is a fragment for htmx or a whole page."""

from __future__ import annotations

from fastapi import Request, Response


def wants_fragment(request: Request) -> bool:
    """True for a request by htmx, unless htmx restores history and needs the whole page."""
    headers = request.headers
    return "hx-request" in headers and "hx-history-restore-request" not in headers


def vary(response: Response) -> None:
    """Add ``Vary: HX-Request``, so that caches do not mix fragments and pages."""
    response.headers.append("Vary", "HX-Request, HX-History-Restore-Request")
