"""Subscriptions to the magazine: asked for, confirmed, left; their administration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from fastapi.responses import RedirectResponse
from starlette import status as http

from kb.access import Right
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_, Message, NotFound, PermanentError
from kb.periodical import deliveries, subscriptions
from kb.periodical.issues import require_issue
from kb.periodical.subscriptions import ImportReport
from kb.runtime import mail
from kb.runtime.outbox import queue_mail
from kb.runtime.services import Services
from kb.storage.subscriptions import SubscriptionState
from kb.text.lines import one_line
from web.exports.issue_mail import CONFIRM_SUBJECT, CONFIRM_TEXT
from web.http.context import AccessDep, Number, RequestContext, ServicesDep, ViewDep, requires
from web.http.limits import RateLimited, limited
from web.presenters.network_mails import site_from
from web.rendering.i18n import load_locales

router = APIRouter(prefix="/magazine", include_in_schema=False)
CONSENT = N_(
    "I want the issues of the magazine by mail. My address is used for nothing else, nobody is "
    "told whether I open a mail or follow a link, and it is erased when I leave."
)
MOST_SHOWN = 500
"""Rejected lines of an import that are listed."""


@dataclass(frozen=True)
class SubscriptionForm:
    address: Annotated[str, Form()] = ""
    language: Annotated[str, Form()] = DEFAULT_LANGUAGE
    consent: Annotated[bool, Form()] = False


@dataclass(frozen=True)
class ImportForm:
    """``how``: where and how the owners of the addresses agreed."""

    lines: Annotated[str, Form()] = ""
    file: Annotated[UploadFile | None, File()] = None
    language: Annotated[str, Form()] = DEFAULT_LANGUAGE
    how: Annotated[str, Form(max_length=1000)] = ""

    def read(self) -> str:
        """The lines of the file, or those typed."""
        if self.file is None or not self.file.filename:
            return self.lines
        content = self.file.file.read()
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("cp1252", "replace")


@dataclass(frozen=True)
class Erasure:
    """What came of erasing an address; ``problem``: why ``address`` was not erased."""

    address: str = ""
    problem: Message | None = None


@router.get("/subscribe")
def subscribe_page(view: ViewDep, services: ServicesDep) -> Response:
    return _show_form(view, services, SubscriptionForm(language=view.reader.code))


@router.post("/subscribe", dependencies=[limited(RateLimited.CONTRIBUTION)])
def subscribe(
    view: ViewDep, services: ServicesDep, sent: Annotated[SubscriptionForm, Depends()]
) -> Response:
    """Mail the link that confirms. What is answered does not tell whether the address is known."""
    try:
        _require_mail(services)
        if not sent.consent:
            raise PermanentError(N_("Say that you agree: without it nothing is sent."))
        reader = load_locales().get(sent.language) or load_locales()[DEFAULT_LANGUAGE]
        say = reader.gettext
        with services.database.transaction() as session:
            token = subscriptions.ask_subscription(session, sent.address, reader.code, say(CONSENT))
            if token is not None:
                site = site_from(services.settings)
                text = say(CONFIRM_TEXT).format(
                    address=f"{site}/magazine/confirm/{token}", days=subscriptions.LAPSES.days
                )
                address = subscriptions.normalize_address(sent.address)
                leave = f"{site}/magazine/leave/{token}"
                queue_mail(session, address, say(CONFIRM_SUBJECT), text, unsubscribe=leave)
    except PermanentError as error:
        return _show_form(view, services, sent, error.message)
    services.item_ready.set()
    return RedirectResponse("/magazine/subscribe/sent", 303)


@router.get("/subscribe/sent")
def sent_page(view: ViewDep) -> Response:
    return view.page("magazine/told.html", told="sent", token="")


@router.get("/confirm/{token}")
def confirm_page(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """The page of the link in the first mail. Looking at it changes nothing."""
    with services.database.session() as session:
        row = subscriptions.find_pending(session, token)
        if row is None or row.address is None:
            raise NotFound()
        told = "confirm" if row.state is SubscriptionState.PENDING else "confirmed"
    return _tell(view, told, token)


@router.post("/confirm/{token}")
def confirm(token: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.transaction() as session:
        row = subscriptions.find_pending(session, token)
        if row is None or row.address is None:
            raise NotFound()
        subscriptions.confirm_subscription(row)
    return _tell(view, "confirmed", token)


@router.get("/leave/{token}")
def leave_page(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """The page of the link in every mail. Looking at it changes nothing: scanners follow links."""
    with services.database.session() as session:
        row = subscriptions.find_to_leave(session, token)
        if row is None:
            raise NotFound()
        told = "left" if row.address is None else "leave"
    return _tell(view, told, token)


@router.post("/leave/{token}")
def leave(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """End the subscription at once: the button of the page, or the one click of a mail program
    (RFC 8058), which sends no cookie and follows no redirect."""
    with services.database.transaction() as session:
        row = subscriptions.find_to_leave(session, token)
        if row is None:
            raise NotFound()
        subscriptions.leave_subscription(session, row)
    return _tell(view, "left", token)


@router.post("/{number}/send", dependencies=[requires(Right.COLLECTIONS)])
def send(number: Number, services: ServicesDep, access: AccessDep) -> Response:
    """Give a published issue out to all who have not had it."""
    with services.database.transaction() as session:
        deliveries.give_out(session, access, require_issue(session, number))
    services.item_ready.set()
    return RedirectResponse(f"/magazine/{number}", 303)


@router.get("/subscribers", dependencies=[requires(Right.ADMINISTER)])
def subscribers(view: ViewDep, services: ServicesDep) -> Response:
    return _show_subscribers(view, services, ImportForm())


@router.post("/subscribers", dependencies=[requires(Right.ADMINISTER)])
def import_list(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[ImportForm, Depends()],
) -> Response:
    language = sent.language if sent.language in load_locales() else DEFAULT_LANGUAGE
    try:
        with services.database.transaction() as session:
            report = subscriptions.import_addresses(
                session, access, sent.read(), language, one_line(sent.how)
            )
    except PermanentError as error:
        return _show_subscribers(view, services, sent, problem=error.message)
    return _show_subscribers(view, services, ImportForm(), report)


@router.post("/subscribers/erase", dependencies=[requires(Right.ADMINISTER)])
def erase(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    address: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Erase an address whose owner asks for it otherwise than by the link of a mail."""
    try:
        with services.database.transaction() as session:
            subscriptions.erase_address(session, access, address)
    except PermanentError as error:
        return _show_subscribers(
            view, services, ImportForm(), erasure=Erasure(address, error.message)
        )
    return _show_subscribers(view, services, ImportForm(), erasure=Erasure())


def _require_mail(services: Services) -> None:
    if not _can_mail(services):
        raise PermanentError(N_("No mail is sent from here: follow the magazine as a feed."))


def _can_mail(services: Services) -> bool:
    return mail.is_set(services.settings) and bool(services.settings.public_url)


def _tell(view: RequestContext, told: str, token: str) -> Response:
    response = view.page("magazine/told.html", told=told, token=token)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _show_form(
    view: RequestContext,
    services: Services,
    filled: SubscriptionForm,
    problem: Message | None = None,
) -> Response:
    return view.page(
        "magazine/subscribe.html",
        status=http.HTTP_422_UNPROCESSABLE_CONTENT if problem else 200,
        filled=filled,
        problem=problem,
        can_mail=_can_mail(services),
        consent=CONSENT,
        languages=[(code, one.own_name) for code, one in load_locales().items()],
    )


def _show_subscribers(
    view: RequestContext,
    services: Services,
    filled: ImportForm,
    report: ImportReport | None = None,
    problem: Message | None = None,
    erasure: Erasure | None = None,
) -> Response:
    with services.database.session() as session:
        counts = subscriptions.count_subscriptions(session)
    wrong = problem or (erasure.problem if erasure else None)
    return view.page(
        "magazine/subscribers.html",
        status=http.HTTP_422_UNPROCESSABLE_CONTENT if wrong else 200,
        erasure=erasure,
        counts=counts,
        filled=filled,
        report=report,
        rejected=report.rejected[:MOST_SHOWN] if report else (),
        problem=problem,
        languages=[(code, one.own_name) for code, one in load_locales().items()],
    )
