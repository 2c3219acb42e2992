"""One's own profile, profiles entered with an agreement, and requests, in the JSON interface."""

from __future__ import annotations

from fastapi import APIRouter, Response
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
from web.http.context import (
    AccessDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    require_account,
    requires,
)
from web.http.problems import ALWAYS, problems

router = APIRouter(
    prefix="/api/v1/network",
    tags=["network"],
    responses=ALWAYS | problems(400, 403, 404, 422),
)
NOTES = [requires(Right.NOTES)]
CURATE = [requires(Right.COLLECTIONS)]


@router.get("/profile", summary="One's own profile", dependencies=NOTES)
def own_profile(services: ServicesDep, access: AccessDep) -> OwnProfile:
    with services.database.session() as session:
        return _describe(_require_own(session, access))


@router.put("/profile", summary="Write one's own profile", dependencies=NOTES)
def save_own(
    sent: ProfileSent, view: ViewDep, services: ServicesDep, access: AccessDep
) -> OwnProfile:
    """Saving confirms it for a year."""
    with services.database.transaction() as session:
        require_account(access)
        read = _read(session, view, sent)
        return _describe(profiles.save_own(session, access, read.form))


@router.post("/profile/confirm", summary="Say that one's profile is true", dependencies=NOTES)
def confirm_own(services: ServicesDep, access: AccessDep) -> OwnProfile:
    with services.database.transaction() as session:
        own = _require_own(session, access)
        profiles.confirm(own)
        return _describe(own)


@router.delete("/profile", status_code=204, summary="Delete one's own profile", dependencies=NOTES)
def delete_own(services: ServicesDep, access: AccessDep) -> Response:
    """With the texts of the requests that were made to it."""
    with services.database.transaction() as session:
        profiles.delete_profile(session, access, _require_own(session, access))
    return Response(status_code=204)


@router.get("/requests", summary="Requests that one made and received", dependencies=NOTES)
def own_requests(services: ServicesDep, access: AccessDep) -> RequestList:
    """The newest first."""
    with services.database.session() as session:
        account_id = require_account(access)
        received = requests.list_received(session, account_id)
        return RequestList(
            made=[_request(*one) for one in requests.list_made(session, account_id)],
            received=[_request(one, _name_sender(session, one)) for one in received],
        )


@router.post("/requests", status_code=201, summary="Make a request", dependencies=NOTES)
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


@router.post("", status_code=201, summary="Enter a profile with an agreement", dependencies=CURATE)
def enter(
    sent: EnteredProfile, view: ViewDep, services: ServicesDep, access: AccessDep
) -> OwnProfile:
    return _save_entered(view, services, access, None, sent)


@router.put("/{profile_id}", summary="Change an entered profile", dependencies=CURATE)
def change_entered(
    profile_id: str, sent: EnteredProfile, view: ViewDep, services: ServicesDep, access: AccessDep
) -> OwnProfile:
    """Profiles of accounts are changed by their owners alone."""
    return _save_entered(view, services, access, profile_id, sent)


@router.delete(
    "/{profile_id}", status_code=204, summary="Delete an entered profile", dependencies=CURATE
)
def delete_entered(profile_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        profile = profiles.require_entered(session, profile_id)
        profiles.delete_profile(session, access, profile)
    return Response(status_code=204)


def _save_entered(
    view: RequestContext,
    services: ServicesDep,
    access: Access,
    profile_id: str | None,
    sent: EnteredProfile,
) -> OwnProfile:
    with services.database.transaction() as session:
        profile = profiles.require_entered(session, profile_id) if profile_id else None
        if sent.email is None:
            sent = sent.model_copy(update={"email": profile.email if profile else ""})
        read = _read(session, view, sent)
        saved = profiles.save_entered(session, access, profile, read.form, read.agreed)
        return _describe(saved)


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


def _require_own(session: Session, access: Access) -> Profile:
    profile = profiles.find_own(session, require_account(access))
    if profile is None:
        raise NotFound()
    return profile


def _describe(profile: Profile) -> OwnProfile:
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
