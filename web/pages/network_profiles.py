"""The caller's own profile, and profiles that curators enter with an agreement."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session

from kb.access import Right
from kb.messages import Message, NotFound
from kb.network import profiles
from kb.network.profile_form import CONSENT_TEXT, NEEDED, TEXT_LENGTH
from kb.storage.accounts import Account
from kb.storage.network import Profile
from kb.vocabulary import vocabularies
from web.forms.profile import KINDS, VISIBILITIES, ProfileFields, ReadProfile, read_profile
from web.http.context import (
    AccessDep,
    OwnAccountDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    require_account,
    requires,
)
from web.rendering.i18n import USUAL_LANGUAGES

router = APIRouter(prefix="/network", include_in_schema=False)
OWN = "/network/profile"
NOTES = [requires(Right.NOTES)]
CURATE = [requires(Right.COLLECTIONS)]


@router.get("/profile", dependencies=NOTES)
def own_profile(
    view: ViewDep, services: ServicesDep, access: AccessDep, done: str = ""
) -> Response:
    with services.database.session() as session:
        account_id = require_account(access)
        profile = profiles.find_own(session, account_id)
        account = session.get(Account, account_id)
        sent = ProfileFields.of(profile) if profile else _suggest(account)
        return _show_form(view, session, profile, sent, {}, done=done)


@router.post("/profile", dependencies=NOTES)
def save_own_profile(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[ProfileFields, Form()],
) -> Response:
    read = read_profile(sent.model_copy(update={"email": ""}))
    with services.database.transaction() as session:
        account_id = require_account(access)
        if problems := _find_problems(session, view, read):
            own = profiles.find_own(session, account_id)
            return _show_form(view, session, own, sent, problems)
        profiles.save_own(session, access, read.form)
    return RedirectResponse(f"{OWN}?done=saved", 303)


@router.post("/profile/confirm", dependencies=NOTES)
def confirm_own_profile(services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        profiles.confirm(_lock_own(session, require_account(access)))
    return RedirectResponse(f"{OWN}?done=confirmed", 303)


@router.post("/profile/delete", dependencies=NOTES)
def delete_own_profile(services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        own = _lock_own(session, require_account(access))
        profiles.delete_profile(session, access, own)
    return RedirectResponse(f"{OWN}?done=deleted", 303)


@router.get("/profile/data.json")
def export_own_profile(services: ServicesDep, account_id: OwnAccountDep) -> Response:
    """All that the network keeps of the caller."""
    with services.database.session() as session:
        kept = profiles.export_own(session, account_id)
    headers = {
        "Content-Disposition": 'attachment; filename="rete.json"',
        "Cache-Control": "no-store",
    }
    return JSONResponse(kept, headers=headers)


@router.get("/new", dependencies=CURATE)
def new_profile(view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        sent = ProfileFields(kind="body", visibility="public")
        return _show_form(view, session, None, sent, {}, entered=True)


@router.post("/new", dependencies=CURATE)
def enter_profile(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[ProfileFields, Form()],
) -> Response:
    return _save_entered(view, services, access, None, sent)


@router.get("/{profile_id}/edit", dependencies=CURATE)
def edit_profile(profile_id: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        profile = profiles.require_entered(session, profile_id)
        return _show_form(view, session, profile, ProfileFields.of(profile), {}, entered=True)


@router.post("/{profile_id}/edit", dependencies=CURATE)
def save_profile(
    profile_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[ProfileFields, Form()],
) -> Response:
    return _save_entered(view, services, access, profile_id, sent)


@router.post("/{profile_id}/delete", dependencies=CURATE)
def delete_entered_profile(profile_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        profile = profiles.require_entered(session, profile_id, lock=True)
        profiles.delete_profile(session, access, profile)
    return RedirectResponse("/network", 303)


@router.get("/confirm/{token}")
def reminded(token: str, view: ViewDep, services: ServicesDep) -> Response:
    """The page of a reminder's link. Looking at it changes nothing."""
    with services.database.session() as session:
        profile = profiles.find_by_reminder(session, token)
        if profile is None:
            raise NotFound()
        return view.page("network/confirm.html", profile=profile, token=token, done=False)


@router.post("/confirm/{token}")
def confirm_reminded(token: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.transaction() as session:
        profile = profiles.find_by_reminder(session, token)
        if profile is None:
            raise NotFound()
        profiles.confirm(profile)
        return view.page("network/confirm.html", profile=profile, token=token, done=True)


def _save_entered(
    view: RequestContext,
    services: ServicesDep,
    access: AccessDep,
    profile_id: str | None,
    sent: ProfileFields,
) -> Response:
    read = read_profile(sent)
    with services.database.transaction() as session:
        profile = None
        if profile_id:
            profile = profiles.require_entered(session, profile_id, lock=True)
        problems = read.agreed.problems(view.reader.today())
        if problems := problems | _find_problems(session, view, read):
            return _show_form(view, session, profile, sent, problems, entered=True)
        profile = profiles.save_entered(session, access, profile, read.form, read.agreed)
        missing = profiles.missing_consents(profile)
        place = f"{profile.id}/edit" if missing else profile.id
    return RedirectResponse(f"/network/{place}", 303)


def _find_problems(session: Session, view: RequestContext, read: ReadProfile) -> dict[str, Message]:
    known = profiles.find_known(session, view.access, read.form.known)
    return read.form.problems(known.keys()) | read.problems


def _lock_own(session: Session, account_id: str) -> Profile:
    profile = profiles.lock_own(session, account_id)
    if profile is None:
        raise NotFound()
    return profile


def _suggest(account: Account | None) -> ProfileFields:
    """An empty form with what the account says."""
    if account is None:
        return ProfileFields()
    return ProfileFields(name=account.full_name, municipality=account.municipality or "")


def _show_form(  # noqa: PLR0913  # the state of the form
    view: RequestContext,
    session: Session,
    profile: Profile | None,
    sent: ProfileFields,
    problems: dict[str, Message],
    *,
    entered: bool = False,
    done: str = "",
) -> Response:
    account = session.get(Account, view.access.account_id or "")
    return view.page(
        "network/edit.html",
        status=422 if problems else 200,
        profile=profile,
        sent=sent,
        problems=problems,
        entered=entered,
        done=done,
        kinds=[(str(kind), label) for kind, label in KINDS.items()],
        visibilities=[(str(one), label) for one, label in VISIBILITIES.items()],
        themes=[(one.slug, one.label(view.reader.code)) for one in _themes()],
        languages=[(code, view.reader.language(code)) for code in USUAL_LANGUAGES],
        consent=CONSENT_TEXT,
        needed=NEEDED,
        missing=profiles.missing_consents(profile) if profile else (),
        lapsed=profile is not None and profiles.is_lapsed(profile),
        until=profile.confirmed_at + profiles.VALID if profile else None,
        has_email=bool(account and account.email),
        longest=TEXT_LENGTH,
    )


def _themes() -> list[vocabularies.Term]:
    return list(vocabularies.load("themes").values())
