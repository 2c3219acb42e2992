"""Choosing practices in the results of a search, to compare them; with and without scripts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from web.http.addresses import local_path
from web.http.compared import MOST, keep_compared, read_compared
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.htmx import wants_fragment
from web.presenters.tray import build_tray

router = APIRouter(include_in_schema=False)

PATH = "/compare/chosen"


class Chosen(BaseModel):
    """The form of the tray: what is ticked among the practices that the page shows."""

    id: list[str] = Field(default=[], max_length=200)
    shown: list[str] = Field(default=[], max_length=200)
    without: str = Field(default="", max_length=100)
    """A practice to take out."""
    clear: str = Field(default="", max_length=10)
    """Not empty: take out all."""
    go: str = Field(default="", max_length=10)
    """Not empty: compare now."""
    back: str = Field(default="/search", max_length=4000)

    def change(self, kept: list[str]) -> list[str]:
        """What was kept from other pages, and what is ticked on this one."""
        if self.clear:
            return []
        ticked = set(self.id)
        stay = [id for id in kept if id in ticked or id not in self.shown]
        every = dict.fromkeys([*stay, *self.id])
        return [id for id in every if id != self.without]


@router.get(PATH)
def compare_chosen(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """Lead to the comparison of the practices that this browser has chosen."""
    with services.database.session() as session:
        kept = read_compared(view.request)
        tray = build_tray(session, access, kept, view.reader, most=MOST)
    return RedirectResponse(tray.address, 303)


@router.post(PATH)
def choose(
    view: ViewDep, services: ServicesDep, access: AccessDep, chosen: Annotated[Chosen, Form()]
) -> Response:
    ids = chosen.change(read_compared(view.request))
    with services.database.session() as session:
        tray = build_tray(session, access, ids, view.reader, most=MOST)
    response: Response
    if wants_fragment(view.request):
        response = view.page("compare/_tray.html", tray=tray, most=MOST, fragment=True)
    else:
        back = local_path(chosen.back, "/search")
        response = RedirectResponse(tray.address if chosen.go else back, 303)
    keep_compared(response, view.request, tray.ids)
    return response
