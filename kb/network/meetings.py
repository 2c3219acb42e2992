"""Meetings that the operational unit proposes: an event collection, and who is invited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.collections.commands import create_collection
from kb.collections.forms import TITLE_LENGTH, About
from kb.domain import Visibility
from kb.messages import N_, Message, PermanentError
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
        if not self.invited:
            found["invited"] = Message(N_("Choose whom to invite beside who asked."))
        return found


def propose_meeting(
    session: Session, access: Access, request: ContactRequest, meeting: Meeting
) -> tuple[Collection, list[str]]:
    """Make the event collection, as a draft for members, and accept the request.

    The second value are the mail addresses of those invited and of who asked.

    Raises:
        NotFound: an invited profile does not exist or may not be seen.
        PermanentError: a meeting was proposed already, or the request was answered.
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
        held_in=meeting.place,
        organiser="Terre Comuni",
        cover="network",
    )
    made = create_collection(session, access, about)
    made.begins_at = meeting.at
    request.meeting_id, request.answered_at = made.id, now()
    request.state = RequestState.ACCEPTED
    audit.record_event(session, access, "request.meeting", request.id, item=made.id)
    return made, _list_addresses(session, access, request, meeting)


def _list_addresses(
    session: Session, access: Access, request: ContactRequest, meeting: Meeting
) -> list[str]:
    found = []
    for profile_id in meeting.invited:
        require_visible(session, access, profile_id)
        profile = session.get_one(Profile, profile_id)
        found.append(address_of(session, profile))
    sender = session.get(Account, request.account_id or "")
    found.append(sender.email if sender and not sender.disabled else "")
    return list(dict.fromkeys(filter(None, found)))
