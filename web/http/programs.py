"""Which addresses programs ask for."""

from __future__ import annotations

from fastapi import Request

FOR_PROGRAMS = ("/api/", "/health", "/mcp", "/oai")
"""Where errors are problem details, unless a protocol has a form of its own for them."""


def is_for_programs(request: Request) -> bool:
    """Addresses that no browser shows. Dumps and catalogues are downloaded from pages."""
    return request.url.path.startswith(FOR_PROGRAMS)
