"""How pages and lists are shown, as the reader chose it last: kept in cookies."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from web.http.cookies import keep

ZOOM_COOKIE = "zoom"
LIST_COOKIE = "documents_view"
LIST_VIEWS = ("cards", "table")
FULL = 100
"""Percent at which the whole page is seen."""
SCALE = (FULL, 150, 200, 300)


@dataclass(frozen=True)
class Zoom:
    """``percent`` is one of ``SCALE``; the next ones are None at its ends."""

    percent: int

    @property
    def smaller(self) -> int | None:
        return max((one for one in SCALE if one < self.percent), default=None)

    @property
    def larger(self) -> int | None:
        return min((one for one in SCALE if one > self.percent), default=None)


def choose_zoom(request: Request, asked: int) -> Zoom:
    """The size asked for, else the one kept in the cookie, else the whole page."""
    kept = request.cookies.get(ZOOM_COOKIE, "")
    if asked in SCALE:
        return Zoom(asked)
    return Zoom(next((percent for percent in SCALE if str(percent) == kept), FULL))


def keep_zoom(response: Response, request: Request, asked: int) -> None:
    """Keep the size that was asked for."""
    if asked in SCALE:
        keep(response, request, ZOOM_COOKIE, str(asked))


def choose_list_view(request: Request, asked: str) -> str:
    """The view of the list of documents asked for, else the one kept, else cards."""
    for view in (asked, request.cookies.get(LIST_COOKIE, "")):
        if view in LIST_VIEWS:
            return view
    return LIST_VIEWS[0]


def keep_list_view(response: Response, request: Request, asked: str) -> None:
    """Keep the view that was asked for."""
    if asked in LIST_VIEWS:
        keep(response, request, LIST_COOKIE, asked)
