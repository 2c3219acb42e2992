"""What an account follows, the news of the week, and the way out of the weekly mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from kb.access import Right
from kb.messages import NotFound
from kb.periodical import digests, follows
from kb.places import municipalities
from kb.runtime import mail
from kb.storage.accounts import Account
from kb.storage.following import FollowKind
from kb.storage.tables import now
from kb.vocabulary import vocabularies
from web.http.addresses import local_path
from web.http.context import (
    AccessDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    require_account,
    requires,
)
from web.presenters.follows import list_followed
from web.presenters.news import NewsSpan, find_news
from web.presenters.queries import require_collection

router = APIRouter(include_in_schema=False)
NOTES = requires(Right.NOTES)


@dataclass(frozen=True)
class FollowForm:
    """``target``: a collection's id, a theme's slug or a municipality's ISTAT code."""

    kind: Annotated[FollowKind, Form()]
    target: Annotated[str, Form(min_length=1, max_length=100)]
    stop: Annotated[bool, Form()] = False
    back: Annotated[str, Form(max_length=4000)] = "/news"


@router.post("/follows", dependencies=[NOTES])
def follow(
    services: ServicesDep, access: AccessDep, sent: Annotated[FollowForm, Depends()]
) -> Response:
    """Follow a collection, theme or place, or with ``stop`` follow it no more."""
    account_id = require_account(access)
    with services.database.transaction() as session:
        if sent.stop:
            follows.stop_following(session, account_id, sent.kind, sent.target)
        else:
            if sent.kind is FollowKind.COLLECTION:
                require_collection(session, access, sent.target)
            elif sent.kind is FollowKind.THEME and sent.target not in vocabularies.load("themes"):
                raise NotFound()
            elif sent.kind is FollowKind.PLACE:
                municipalities.named(sent.target)
            follows.follow(session, account_id, sent.kind, sent.target)
    return RedirectResponse(local_path(sent.back, "/news"), 303)


@router.get("/news", dependencies=[NOTES])
def news_page(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """What the weekly mail would say of the last seven days."""
    with services.database.session() as session:
        account = session.get(Account, require_account(access))
        if account is None:
            raise NotFound()
        span = NewsSpan(now() - digests.WEEK)
        parts = find_news(session, account, span, view.reader)
        followed = list_followed(session, access, account.id, view.reader)
    return view.page(
        "news/page.html",
        account=account,
        parts=parts,
        followed=followed,
        can_mail=mail.is_set(services.settings) and bool(services.settings.public_url),
    )


@router.get("/news/leave/{token}")
def leave_page(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """The page of the link in every mail. Looking at it changes nothing: scanners follow links."""
    with services.database.session() as session:
        account = digests.find_to_leave(session, token)
        if account is None:
            raise NotFound()
        return _tell(view, token, left=account.digest_since is None)


@router.post("/news/leave/{token}")
def leave(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """Switch the mail off at once: the button of the page, or the one click of a mail program
    (RFC 8058), which sends no cookie and follows no redirect."""
    with services.database.transaction() as session:
        account = digests.find_to_leave(session, token)
        if account is None:
            raise NotFound()
        digests.choose_digest(account, wanted=False)
    return _tell(view, token, left=True)


def _tell(view: RequestContext, token: str, *, left: bool) -> Response:
    response = view.page("news/told.html", token=token, left=left)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
