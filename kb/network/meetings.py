"""Meetings that the operational unit proposes: an event collection, and who is invited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.collections.commands import create_collection
from kb.collections.forms import LATEST_YEAR, TITLE_LENGTH, About, no_such_year
from kb.domain import Visibility
from kb.messages import N_, Message, NotFound, PermanentError
from kb.network.profiles import address_of, require_visible
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionKind, CollectionState, EventType
from kb.storage.network import ContactRequest, Profile, RequestState
from kb.storage.tables import now


@dataclass(frozen=True)
class Meeting:
    """The form of a proposal. ``invited``: ids of profiles."""

    title: str = ""
    on: date | None = None
    at: time | None = None
    place: str = ""
    about: str = ""
    invited: tuple[str, ...] = ()

    def problems(self, today: date) -> dict[str, Message]:
        found: dict[str, Message] = {}
        if not self.title:
            found["title"] = Message(N_("A meeting needs a title."))
        for name in ("title", "place"):
            if len(getattr(self, name)) > TITLE_LENGTH:
                too_long = N_("Too long: at most {max_length} characters.")
                found[name] = Message(too_long, {"max_length": TITLE_LENGTH})
        if self.on is None:
            found["on"] = Message(N_("Say on which day you meet."))
        elif self.on < today:
            found["on"] = Message(N_("This day is over: choose another."))
        elif self.on.year > LATEST_YEAR:
            found["on"] = no_such_year()
        if not self.invited:
            found["invited"] = Message(N_("Choose whom to invite beside who asked."))
        return found


def propose_meeting(
    session: Session, access: Access, request: ContactRequest, meeting: Meeting
) -> tuple[Collection, dict[str, Account | None]]:
    """Make the event collection, as a draft for members, and accept the request.

    The second value are the mail addresses of those invited and of who asked, with their accounts.

    Raises:
        PermanentError: a meeting was proposed already, the request was answered, or somebody
            invited has no mail address or is not shown any more.
    """
    session.refresh(request, with_for_update=True)
    if request.meeting_id or request.state is not RequestState.ASKED:
        raise PermanentError(N_("This request has been dealt with: open it again to see how."))
    about = About(
        title=meeting.title,
        argument=meeting.about,
        visibility=Visibility.MEMBERS,
        state=CollectionState.DRAFT,
        kind=CollectionKind.EVENT,
        event_type=EventType.MEETING,
        held_on=meeting.on,
        begins_at=meeting.at,
        held_in=meeting.place,
        organiser="Terre Comuni",
        cover="network",
    )
    made = create_collection(session, access, about)
    request.meeting_id, request.answered_at = made.id, now()
    request.state = RequestState.ACCEPTED
    audit.record_event(session, access, "request.meeting", request.id, item=made.id)
    return made, _find_addresses(session, access, request, meeting)


def _find_addresses(
    session: Session, access: Access, request: ContactRequest, meeting: Meeting
) -> dict[str, Account | None]:
    found: dict[str, Account | None] = {}
    for profile_id in meeting.invited:
        profile = _require_shown(session, access, profile_id)
        account = session.get(Account, profile.account_id) if profile.account_id else None
        found[_require_address(session, profile)] = account
    sender = session.get(Account, request.account_id or "")
    if sender is not None and sender.email and not sender.disabled:
        found[sender.email] = sender
    return found


def _require_shown(session: Session, access: Access, profile_id: str) -> Profile:
    try:
        require_visible(session, access, profile_id)
    except NotFound as error:
        raise PermanentError(
            N_("A profile that you chose is no longer shown: choose again whom to invite.")
        ) from error
    return session.get_one(Profile, profile_id)


def _require_address(session: Session, profile: Profile) -> str:
    address = address_of(session, profile)
    if not address:
        template = N_("“{name}” has no mail address and cannot be invited: tell them another way.")
        raise PermanentError(template, name=profile.name)
    return address
