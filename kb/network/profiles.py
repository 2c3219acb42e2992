"""Profiles: write, confirm, delete and export them; read what others may see of them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.accounts import audit
from kb.accounts.sessions import TOKEN_BYTES, digest
from kb.domain import Kind, Status, Visibility
from kb.messages import N_, NotFound, PermanentError
from kb.network.profile_form import CONSENT_VERSION, FIELDS, NEEDED, ProfileForm, RecordedAgreement
from kb.storage.accounts import Account
from kb.storage.network import ContactRequest, Profile, ProfileKind
from kb.storage.tables import Item, now
from kb.text.folding import title_order

VALID = timedelta(days=365)
"""How long a profile is shown after it was confirmed."""
REMIND = timedelta(days=30)
"""How long before the end its owner is reminded."""

REPORT = ("report", "reported_at")
"""Columns of a request that tell who asked that somebody reported it."""


@dataclass(frozen=True)
class VisibleProfile:
    """What a reader may see of a profile: only fields with consent."""

    id: str
    kind: ProfileKind
    name: str
    offers: str
    seeks: str
    themes: tuple[str, ...]
    languages: tuple[str, ...]
    municipality: str | None
    known: tuple[str, ...]
    confirmed_at: datetime
    visibility: Visibility
    account_id: str | None
    """For comparisons with members of projects; not to be shown."""


def list_visible(session: Session, access: Access) -> list[VisibleProfile]:
    """Every profile that the caller may find, by name."""
    rows = session.scalars(_select_visible(access))
    found = [_show(row) for row in rows if not missing_consents(row)]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def require_visible(session: Session, access: Access, profile_id: str) -> VisibleProfile:
    """One of them. Raises NotFound, for one that has lapsed too."""
    row = session.scalar(_select_visible(access).where(Profile.id == profile_id))
    if row is None or missing_consents(row):
        raise NotFound()
    return _show(row)


def find_own(session: Session, account_id: str) -> Profile | None:
    """The account's own profile."""
    return session.scalar(select(Profile).where(Profile.account_id == account_id))


def lock_own(session: Session, account_id: str) -> Profile | None:
    """As ``find_own``, locked until the transaction ends."""
    wanted = select(Profile).where(Profile.account_id == account_id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def require_entered(session: Session, profile_id: str, *, lock: bool = False) -> Profile:
    """A profile that a curator entered, locked until the transaction ends if wished. Raises
    NotFound for one that belongs to an account: only its owner changes it."""
    row = session.get(Profile, profile_id, populate_existing=lock, with_for_update=lock or None)
    if row is None or row.account_id is not None:
        raise NotFound()
    return row


def list_entered(session: Session) -> Sequence[Profile]:
    """The profiles that curators entered, lapsed ones included, by name."""
    entered = select(Profile).where(Profile.account_id.is_(None))
    return sorted(session.scalars(entered), key=lambda row: title_order(row.name, row.id))


def find_known(session: Session, access: Access, ids: Iterable[str]) -> dict[str, Item]:
    """The practices and projects among ``ids`` that the caller may see, by id."""
    wanted = select(Item).where(
        Item.id.in_(list(ids)),
        Item.kind.in_((Kind.PRACTICE, Kind.PROJECT)),
        Item.visibility.in_(access.visibilities),
        Item.status == Status.READY,
    )
    return {item.id: item for item in session.scalars(wanted)}


def save_own(session: Session, access: Access, form: ProfileForm) -> Profile:
    """Write the caller's own profile; saving confirms it."""
    profile = lock_own(session, access.account_id or "")
    verb = "change" if profile else "create"
    profile = profile or Profile(account_id=access.account_id, consents={})
    _write(profile, form)
    session.add(profile)
    session.flush()
    audit.record_event(session, access, f"profile.{verb}", profile.id)
    return profile


def save_entered(
    session: Session,
    access: Access,
    profile: Profile | None,
    form: ProfileForm,
    agreed: RecordedAgreement,
) -> Profile:
    """Write a profile for somebody who agreed to it outside the base.

    Raises:
        PermanentError: the caller may not enter profiles, or the agreement is not complete.
    """
    if not access.may(Right.COLLECTIONS):
        raise PermanentError(N_("Only curators enter profiles of others."))
    if problems := agreed.problems(now().date() + timedelta(days=1)):
        first = next(iter(problems.values()))
        raise PermanentError(first.template, **first.params)
    verb = "change" if profile else "enter"
    profile = profile or Profile(entered_by=access.account_id, consents={})
    _write(profile, form)
    profile.agreed_by, profile.agreed_on, profile.agreed_how = agreed.by, agreed.on, agreed.how
    session.add(profile)
    session.flush()
    audit.record_event(session, access, f"profile.{verb}", profile.id, by=agreed.by)
    return profile


def confirm(profile: Profile) -> None:
    """Note that the profile is still true: it is shown for another year."""
    profile.confirmed_at, profile.reminded_at, profile.confirm_sha256 = now(), None, None


def delete_profile(session: Session, access: Access, profile: Profile) -> None:
    """Delete the profile and the texts of the requests that were made to it."""
    for request in session.scalars(
        select(ContactRequest).where(ContactRequest.profile_id == profile.id)
    ):
        request.question = request.tried = request.reply = request.report = ""
        request.answer_sha256, request.erased_at = None, now()
        request.profile_id = None
    audit.record_event(session, access, "profile.delete", profile.id)
    session.delete(profile)


def export_own(session: Session, account_id: str) -> dict[str, Any]:
    """Everything that the network keeps of an account, for its owner. What others reported about
    its requests is theirs."""
    profile = find_own(session, account_id)
    asked = select(ContactRequest).where(ContactRequest.account_id == account_id)
    got = select(ContactRequest).where(ContactRequest.profile_id == (profile.id if profile else ""))
    return {
        "profile": _columns(profile) if profile else None,
        "requests_made": [_columns(one, REPORT) for one in session.scalars(asked)],
        "requests_received": [_columns(one) for one in session.scalars(got)],
    }


def list_to_remind(session: Session) -> Sequence[Profile]:
    """Profiles whose year ends within ``REMIND`` and that were not reminded since confirmed."""
    due = (
        Profile.confirmed_at < now() - (VALID - REMIND),
        Profile.confirmed_at >= now() - VALID,
        Profile.reminded_at.is_(None),
    )
    return session.scalars(select(Profile).where(*due).order_by(Profile.id)).all()


def make_reminder(profile: Profile) -> str:
    """Note the reminder and return the token of its link; an earlier one stops working."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    profile.reminded_at, profile.confirm_sha256 = now(), digest(token)
    return token


def find_by_reminder(session: Session, token: str) -> Profile | None:
    """The profile of a reminder's link."""
    return session.scalar(select(Profile).where(Profile.confirm_sha256 == digest(token)))


def address_of(session: Session, profile: Profile) -> str:
    """Where mail to the profile goes; empty if there is no address."""
    account = session.get(Account, profile.account_id) if profile.account_id else None
    if account is not None and account.disabled:
        return ""
    return profile.email or (account.email if account else "")


def is_lapsed(profile: Profile) -> bool:
    return profile.confirmed_at < now() - VALID


def missing_consents(profile: Profile) -> tuple[str, ...]:
    """Fields without whose consent nobody finds the profile, and that lack it."""
    return tuple(name for name in NEEDED if name not in profile.consents)


def _select_visible(access: Access) -> Select[Profile]:
    """Profiles that have not lapsed, of accounts that are open, whatever they consented to."""
    is_open = select(Account.id).where(Account.disabled.is_(False))
    return select(Profile).where(
        Profile.visibility.in_(access.visibilities),
        or_(Profile.account_id.is_(None), Profile.account_id.in_(is_open)),
        Profile.confirmed_at >= now() - VALID,
    )


def _show(row: Profile) -> VisibleProfile:
    def allowed(name: str, value: Any, otherwise: Any) -> Any:
        return value if name in row.consents else otherwise

    return VisibleProfile(
        id=row.id,
        kind=row.kind,
        name=row.name,
        offers=row.offers,
        seeks=allowed("seeks", row.seeks, ""),
        themes=tuple(allowed("themes", row.themes, ())),
        languages=tuple(allowed("languages", row.languages, ())),
        municipality=allowed("municipality", row.municipality, None),
        known=tuple(allowed("known", row.known, ())),
        confirmed_at=row.confirmed_at,
        visibility=row.visibility,
        account_id=row.account_id,
    )


def _write(profile: Profile, form: ProfileForm) -> None:
    for name in ("kind", "name", "offers", "seeks", "municipality", "visibility", "email"):
        setattr(profile, name, getattr(form, name))
    for name in ("themes", "languages", "known"):
        setattr(profile, name, list(getattr(form, name)))
    given = {"on": now().date().isoformat(), "text": CONSENT_VERSION}
    profile.consents = {
        name: _renew(profile.consents.get(name), given) for name in FIELDS if name in form.shown
    }
    profile.updated_at = now()
    confirm(profile)


def _renew(before: dict[str, str] | None, given: dict[str, str]) -> dict[str, str]:
    """The earlier consent, unless the text has changed since."""
    return before if before and before["text"] == given["text"] else given


def _columns(row: Profile | ContactRequest, left_out: Collection[str] = ()) -> dict[str, Any]:
    """The columns of a row as JSON values, without the digests of tokens."""
    values = {name: getattr(row, name) for name in row.__mapper__.columns.keys()}  # noqa: SIM118
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in values.items()
        if not name.endswith("_sha256") and name not in left_out
    }
