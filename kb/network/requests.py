"""Requests: asked of a profile or of the operational unit, answered, reported, counted, erased."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.accounts.sessions import TOKEN_BYTES, digest
from kb.messages import N_, Message, NotFound, PermanentError
from kb.network.profiles import find_own, require_visible
from kb.storage.accounts import Account
from kb.storage.network import ContactRequest, Profile, RequestState
from kb.storage.tables import now

PER_WEEK = 5
WEEK = timedelta(days=7)
LAPSES = timedelta(days=30)
"""After so long without an answer a request has lapsed."""
ERASED = timedelta(days=90)
"""After so long the texts of a request are erased."""
IN_TIME = timedelta(days=10)
"""An answer within it is counted as prompt."""
TEXT_LENGTH = 2000
CHOOSE = N_("Choose whether you accept, decline or report the request.")


@dataclass(frozen=True)
class RequestForm:
    """The form of a request. ``profile_id`` is empty for one to the operational unit."""

    profile_id: str = ""
    question: str = ""
    tried: str = ""
    gives_address: bool = False

    def problems(self) -> dict[str, Message]:
        found: dict[str, Message] = {}
        if not self.question:
            found["question"] = Message(N_("Write what you need: one or two sentences are enough."))
        for name in ("question", "tried"):
            if len(getattr(self, name)) > TEXT_LENGTH:
                too_long = N_("Too long: at most {max_length} characters.")
                found[name] = Message(too_long, {"max_length": TEXT_LENGTH})
        return found


@dataclass(frozen=True)
class RequestCounts:
    """``prompt``: answered within ``IN_TIME``."""

    by_state: Mapping[RequestState, int]
    prompt: int
    meetings: int


def ask(session: Session, access: Access, asked: RequestForm) -> tuple[ContactRequest, str]:
    """Make a request; the second value is the token with which it is answered without an account.

    Raises:
        NotFound: there is no such profile, or the caller may not see it.
        PermanentError: the caller has asked too often this week, asks itself, has an open request
            to the same profile, or nobody would read the request.
    """
    account_id = access.account_id or ""
    session.get(Account, account_id, with_for_update=True)
    asked_lately = select(func.count()).where(
        ContactRequest.account_id == account_id, ContactRequest.asked_at > now() - WEEK
    )
    if (session.scalar(asked_lately) or 0) >= PER_WEEK:
        raise PermanentError(
            N_("You have made {most} requests within a week: copy the text and send it later."),
            most=PER_WEEK,
        )
    if asked.profile_id:
        require_visible(session, access, asked.profile_id)
        _require_other(session, account_id, asked.profile_id)
        _require_reachable(session, asked.profile_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    request = ContactRequest(
        account_id=account_id,
        profile_id=asked.profile_id or None,
        to_unit=not asked.profile_id,
        question=asked.question,
        tried=asked.tried,
        gives_address=asked.gives_address,
        answer_sha256=digest(token),
    )
    session.add(request)
    session.flush()
    audit.record_event(session, access, "request.ask", request.id)
    return request, token


def answer(
    session: Session, request: ContactRequest, state: RequestState, reply: str, by: Access
) -> None:
    """Accept or decline, once.

    Raises:
        PermanentError: it was answered or has lapsed, or the reply is too long.
    """
    session.refresh(request, with_for_update=True)
    if request.state is not RequestState.ASKED:
        raise PermanentError(N_("This request was answered already, or too much time has gone by."))
    if len(reply) > TEXT_LENGTH:
        raise PermanentError(
            N_("Too long: at most {max_length} characters."), max_length=TEXT_LENGTH
        )
    if state is RequestState.ACCEPTED and not reply:
        raise PermanentError(
            N_("Write how you can be reached or what you answer: it is relayed once.")
        )
    request.state, request.reply, request.answered_at = state, reply, now()
    audit.record_event(session, by, f"request.{state}", request.id)


def report(session: Session, request: ContactRequest, why: str, by: Access) -> None:
    """Tell the operational unit that a request is out of place."""
    request.reported_at, request.report = now(), why[:TEXT_LENGTH]
    audit.record_event(session, by, "request.report", request.id)


def settle_report(session: Session, request: ContactRequest, by: Access) -> None:
    """Note that the operational unit has looked at a report."""
    request.reported_at, request.report = None, ""
    audit.record_event(session, by, "request.settle", request.id)


def require_for_unit(session: Session, request_id: str) -> ContactRequest:
    """A request that the operational unit may read: one made to it, or reported. Raises
    NotFound."""
    request = session.get(ContactRequest, request_id)
    if request is None or not (request.to_unit or request.reported_at):
        raise NotFound()
    return request


def require_received(session: Session, account_id: str, request_id: str) -> ContactRequest:
    """A request to the account's own profile. Raises NotFound."""
    own = find_own(session, account_id)
    request = session.get(ContactRequest, request_id)
    if own is None or request is None or request.profile_id != own.id:
        raise NotFound()
    return request


def find_by_link(session: Session, token: str) -> ContactRequest | None:
    """The request that the link in a relayed mail belongs to."""
    return session.scalar(
        select(ContactRequest).where(ContactRequest.answer_sha256 == digest(token))
    )


def list_made(session: Session, account_id: str) -> Sequence[tuple[ContactRequest, str]]:
    """Requests of an account, newest first, with the name of the profile."""
    return _with_names(session, ContactRequest.account_id == account_id)


def list_received(session: Session, account_id: str) -> Sequence[ContactRequest]:
    """Requests to an account's profile, newest first."""
    own = find_own(session, account_id)
    got = _with_names(session, ContactRequest.profile_id == own.id) if own else []
    return [request for request, _ in got]


def list_for_unit(session: Session) -> Sequence[tuple[ContactRequest, str]]:
    """What the operational unit has to look at: open requests to it, and reported ones."""
    is_open = ContactRequest.state == RequestState.ASKED
    reported = ContactRequest.reported_at.is_not(None)
    return _with_names(session, or_(is_open & ContactRequest.to_unit, reported))


def count_requests(session: Session) -> RequestCounts:
    rows = session.execute(
        select(ContactRequest.state, func.count()).group_by(ContactRequest.state)
    )
    by_state = dict.fromkeys(RequestState, 0) | dict(iter(rows))
    answered = select(ContactRequest.asked_at, ContactRequest.answered_at).where(
        ContactRequest.answered_at.is_not(None)
    )
    prompt = sum(bool(end and end - start <= IN_TIME) for start, end in session.execute(answered))
    met = select(func.count()).where(ContactRequest.meeting_id.is_not(None))
    return RequestCounts(by_state, prompt, session.scalar(met) or 0)


def is_work_due(session: Session) -> bool:
    """Whether ``lapse_and_erase`` has anything to do."""
    return bool(_list_late(session) or _list_old(session))


def lapse_and_erase(session: Session) -> None:
    """Close requests that nobody answered in time, and erase the texts of old ones."""
    for late in _list_late(session):
        late.state = RequestState.LAPSED
    for old in _list_old(session):
        old.question = old.tried = old.reply = old.report = ""
        old.answer_sha256, old.erased_at = None, now()


def _list_late(session: Session) -> Sequence[ContactRequest]:
    late = ContactRequest.asked_at < now() - LAPSES
    return session.scalars(
        select(ContactRequest).where(ContactRequest.state == RequestState.ASKED, late)
    ).all()


def _list_old(session: Session) -> Sequence[ContactRequest]:
    old = ContactRequest.asked_at < now() - ERASED
    return session.scalars(
        select(ContactRequest).where(ContactRequest.erased_at.is_(None), old)
    ).all()


def _require_reachable(session: Session, profile_id: str) -> None:
    """A request is read on the site with an account, or in the mail."""
    profile = session.get_one(Profile, profile_id)
    if profile.account_id is None and not profile.email:
        raise PermanentError(
            N_(
                "This profile has neither an account nor a mail address, so nobody would read the "
                "request: ask the operational unit instead."
            )
        )


def _require_other(session: Session, account_id: str, profile_id: str) -> None:
    profile = session.get(Profile, profile_id)
    if profile is not None and profile.account_id == account_id:
        raise PermanentError(N_("This is your own profile: choose another."))
    waiting = session.scalar(
        select(ContactRequest.id).where(
            ContactRequest.account_id == account_id,
            ContactRequest.profile_id == profile_id,
            ContactRequest.state == RequestState.ASKED,
        )
    )
    if waiting:
        raise PermanentError(
            N_("Your last request to them has no answer yet: see it under “Your requests”.")
        )


def _with_names(session: Session, *where: object) -> list[tuple[ContactRequest, str]]:
    rows = session.execute(
        select(ContactRequest, Profile.name)
        .outerjoin(Profile, Profile.id == ContactRequest.profile_id)
        .where(*where)  # type: ignore[arg-type]  # conditions
        .order_by(ContactRequest.asked_at.desc(), ContactRequest.id)
    )
    return [(request, name or "") for request, name in rows]
