"""The reader's municipality, stored in the account or in a cookie."""

from __future__ import annotations

from fastapi import Request, Response
from sqlalchemy.orm import Session

from kb.access import Access
from kb.places import municipalities
from kb.places.municipalities import Place
from kb.storage.accounts import Account
from web.http.cookies import keep

PLACE_COOKIE = "place"
NOWHERE = "none"
"""Cookie value of a reader who switched the comparison off."""


def find_own_place(session: Session, request: Request, access: Access) -> Place | None:
    """The reader's municipality: from the cookie, else from the account."""
    code = request.cookies.get(PLACE_COOKIE)
    if code is None and access.account_id:
        account = session.get(Account, access.account_id)
        code = account.municipality if account else None
    return municipalities.find(code) if code else None


def store_own_place(
    session: Session, request: Request, response: Response, access: Access, place: Place | None
) -> None:
    """Store a municipality in account or cookie; None switches the comparison off."""
    account = session.get(Account, access.account_id) if access.account_id else None
    if place is not None and account is not None:
        account.municipality = place.istat_code
        response.delete_cookie(PLACE_COOKIE)
        return
    code = place.istat_code if place else NOWHERE
    keep(response, request, PLACE_COOKIE, code)
