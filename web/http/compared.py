"""The practices that this browser compares, kept in a cookie for a day."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request, Response

from kb.constants import A_DAY_S
from web.http.cookies import keep

COOKIE = "compare"
MOST = 4
"""More columns do not fit side by side."""


def read_compared(request: Request) -> list[str]:
    """The ids in the cookie, each once, in the order in which they were chosen."""
    ids = request.cookies.get(COOKIE, "").split(".")
    return list(dict.fromkeys(id for id in ids if id))[:MOST]


def keep_compared(response: Response, request: Request, ids: Iterable[str]) -> None:
    """``ids`` are of practices that exist: nothing else that a browser sends gets into cookies."""
    keep(response, request, COOKIE, ".".join(ids), A_DAY_S)
