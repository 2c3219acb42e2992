"""One's own profile, profiles entered with an agreement, and requests, in the JSON interface."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.accounts.accounts import display_name
from kb.messages import Message, NotFound, PermanentError
from kb.network import profiles, requests
from kb.network.requests import RequestForm
from kb.storage.accounts import Account
from kb.storage.network import ContactRequest, Profile
from kb.text.lines import several_lines
from web.api.network_models import (
    EnteredProfile,
    NewRequest,
    OwnProfile,
    ProfileSent,
    RequestAnswer,
    RequestList,
    RequestOut,
)
from web.forms.contact import decide_request, send_request
from web.forms.profile import ProfileFields, ReadProfile, read_profile
from web.http.api_route import ApiRoute
from web.http.context import (
    AccessDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    require_account,
    requires,
)
from web.http.entity_tags import ANY_STATE, IfMatch, Precondition, note_state
from web.http.paging import Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems

router = APIRouter(
    route_class=ApiRoute,
    prefix="/api/v1/network",
    tags=["network"],
    responses=ALWAYS | problems(400, 403, 404, 412, 422),
)
NOTES = [requires(Right.NOTES)]
CURATE = [requires(Right.COLLECTIONS)]


@router.get(
    "/profile", operation_id="get_own_profile", summary="One's own profile", dependencies=NOTES
)
def own_profile(view: ViewDep, services: ServicesDep, access: AccessDep) -> OwnProfile:
    with services.database.session() as session:
        own = profiles.find_own(session, require_account(access))
        if own is None:
            raise NotFound()
        return _describe(view, own)


@router.put(
    "/profile",
    operation_id="save_own_profile",
    summary="Write one's own profile",
    dependencies=NOTES,
)
def save_own(
    sent: ProfileSent, view: ViewDep, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> OwnProfile:
    """Saving confirms it for a year."""
    with services.database.transaction() as session:
        own = profiles.lock_own(session, require_account(access))
        if_match.check_found(own)
        read = _read(session, view, sent)
        return _describe(view, profiles.save_own(session, access, read.form))


@router.post(
    "/profile/confirm",
    operation_id="confirm_own_profile",
    summary="Say that one's profile is true",
    dependencies=NOTES,
)
def confirm_own(
    view: ViewDep, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> OwnProfile:
    with services.database.transaction() as session:
        own = _lock_own(session, access)
        if_match.check(own)
        profiles.confirm(own)
        return _describe(view, own)


@router.delete(
    "/profile",
    operation_id="delete_own_profile",
    status_code=204,
    summary="Delete one's own profile",
    dependencies=NOTES,
)
def delete_own(services: ServicesDep, access: AccessDep, if_match: IfMatch) -> Response:
    """With the texts of the requests that were made to it."""
    with services.database.transaction() as session:
        own = _lock_own(session, access)
        if_match.check(own)
        profiles.delete_profile(session, access, own)
    return Response(status_code=204)


@router.get(
    "/requests",
    operation_id="list_requests",
    summary="Requests that one made and received",
    dependencies=NOTES,
)
def own_requests(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[Paged, Query()],
) -> RequestList:
    """The newest first; all of them without `limit`, which counts both kinds together."""
    with services.database.session() as session:
        account_id = require_account(access)
        made = {one.id: (one, name) for one, name in requests.list_made(session, account_id)}
        received = {one.id: one for one in requests.list_received(session, account_id)}
        every = {one.id: one for one, _ in made.values()} | received
        keys = sorted(((-one.asked_at.timestamp(),), one.id) for one in every.values())
        page = cut_page(view.request, keys, wanted)
        link_next(view.request, response, page.next)
        return RequestList(
            made=[_request(*made[id]) for id in page.ids if id in made],
            received=[
                _request(received[id], _name_sender(session, received[id]))
                for id in page.ids
                if id in received
            ],
            next=page.next,
        )


@router.post(
    "/requests",
    operation_id="make_request",
    status_code=201,
    summary="Make a request",
    dependencies=NOTES,
)
def ask(sent: NewRequest, services: ServicesDep, access: AccessDep) -> RequestOut:
    """It is relayed once, by mail or on the site; five within a week."""
    asked = RequestForm(
        sent.profile_id, several_lines(sent.question), several_lines(sent.tried), sent.gives_address
    )
    _refuse(asked.problems())
    with services.database.transaction() as session:
        require_account(access)
        made = send_request(session, services.settings, access, asked)
        profile = session.get(Profile, made.profile_id or "")
        answer = _request(made, profile.name if profile else "")
    services.item_ready.set()
    return answer


@router.post("/requests/{request_id}/answer", summary="Answer a request", dependencies=NOTES)
def answer_request(
    request_id: str, sent: RequestAnswer, services: ServicesDep, access: AccessDep
) -> RequestOut:
    """By who is asked, once. `report` tells the operational unit that it is out of place."""
    with services.database.transaction() as session:
        request = requests.require_received(session, require_account(access), request_id)
        decide_request(session, services.settings, request, sent.decision, sent.reply, access)
        answer = _request(request, _name_sender(session, request))
    services.item_ready.set()
    return answer


@router.post(
    "",
    operation_id="enter_profile",
    status_code=201,
    summary="Enter a profile with an agreement",
    dependencies=CURATE,
)
def enter(sent: EnteredProfile, view: ViewDep, services: ServicesDep) -> OwnProfile:
    return _save_entered(view, services, None, sent)


@router.put(
    "/{profile_id}",
    operation_id="change_profile",
    summary="Change an entered profile",
    dependencies=CURATE,
)
def change_entered(
    profile_id: str,
    sent: EnteredProfile,
    view: ViewDep,
    services: ServicesDep,
    if_match: IfMatch,
) -> OwnProfile:
    """Profiles of accounts are changed by their owners alone."""
    return _save_entered(view, services, profile_id, sent, if_match)


@router.delete(
    "/{profile_id}",
    operation_id="delete_profile",
    status_code=204,
    summary="Delete an entered profile",
    dependencies=CURATE,
)
def delete_entered(
    profile_id: str, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> Response:
    with services.database.transaction() as session:
        profile = profiles.require_entered(session, profile_id, lock=True)
        if_match.check(profile)
        profiles.delete_profile(session, access, profile)
    return Response(status_code=204)


def _save_entered(
    view: RequestContext,
    services: ServicesDep,
    profile_id: str | None,
    sent: EnteredProfile,
    if_match: Precondition = ANY_STATE,
) -> OwnProfile:
    with services.database.transaction() as session:
        profile = None
        if profile_id:
            profile = profiles.require_entered(session, profile_id, lock=True)
            if_match.check(profile)
        if sent.email is None:
            sent = sent.model_copy(update={"email": profile.email if profile else ""})
        read = _read(session, view, sent)
        saved = profiles.save_entered(session, view.access, profile, read.form, read.agreed)
        return _describe(view, saved)


def _read(session: Session, view: RequestContext, sent: ProfileSent) -> ReadProfile:
    """The profile as the form of the page would give it. Raises PermanentError."""
    given = sent.model_dump(mode="json") | {"known": "\n".join(sent.known)}
    read = read_profile(ProfileFields(**given))
    known = profiles.find_known(session, view.access, read.form.known)
    _refuse(read.form.problems(known.keys()) | read.problems)
    return read


def _refuse(problems: dict[str, Message]) -> None:
    """Raises PermanentError with the first of the problems."""
    for message in problems.values():
        raise PermanentError(message.template, **message.params)


def _lock_own(session: Session, access: Access) -> Profile:
    profile = profiles.lock_own(session, require_account(access))
    if profile is None:
        raise NotFound()
    return profile


def _describe(view: RequestContext, profile: Profile) -> OwnProfile:
    note_state(view.request, profile)
    made = {"shown", "missing", "shown_until"}
    plain = {name: getattr(profile, name) for name in OwnProfile.model_fields.keys() - made}
    return OwnProfile(
        **plain,
        shown=list(profile.consents),
        missing=list(profiles.missing_consents(profile)),
        shown_until=profile.confirmed_at + profiles.VALID,
    )


def _name_sender(session: Session, request: ContactRequest) -> str:
    return display_name(session.get(Account, request.account_id or ""))


def _request(request: ContactRequest, name: str) -> RequestOut:
    plain = {field: getattr(request, field) for field in RequestOut.model_fields.keys() - {"name"}}
    return RequestOut(name=name, **plain)
