"""Mails of the network, in the language of who gets them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from kb.accounts.accounts import display_name
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_
from kb.network.meetings import Meeting
from kb.network.profiles import address_of, make_reminder
from kb.network.requests import LAPSES
from kb.runtime.outbox import queue_mail
from kb.settings import Settings
from kb.storage.accounts import Account
from kb.storage.network import ContactRequest, Profile, RequestState
from web.rendering.i18n import Locale, load_locales

REQUEST_SUBJECT = N_("Terre Comuni: {name} asks you something")
REQUEST_TEXT = N_(
    "{name} found your profile in the network of Terre Comuni and asks:\n\n{question}\n\n{tried}"
    "Answer within {days} days, with a yes or a no:\n{address}\n\n{reply}\n"
    "The site relays this one message. On the page you can also report it."
)
TRIED = N_("What was tried so far:\n\n{tried}\n\n")
MAY_REPLY = N_("You can also reply to this mail: it goes to who asks.")
MAY_NOT_REPLY = N_("Replies to this mail reach nobody: use the page.")
ANSWER_SUBJECTS = {
    RequestState.ACCEPTED: N_("Terre Comuni: {name} says yes"),
    RequestState.DECLINED: N_("Terre Comuni: {name} cannot help this time"),
}
ANSWER_TEXT = N_("You asked:\n\n{question}\n\n{name} answers:\n\n{reply}\n\n{address}\n")
REMINDER_SUBJECT = N_("Terre Comuni: is your profile still true?")
REMINDER_TEXT = N_(
    "Your profile “{name}” in the network of Terre Comuni is shown until {day}. If it is still "
    "true, open this page and press the button:\n\n{address}\n\nIf you do nothing it is hidden "
    "after that day, and nothing else happens."
)
INVITED_SUBJECT = N_("Terre Comuni: {title}, {day}")
INVITED_TEXT = N_(
    "The operational unit of Terre Comuni proposes a meeting:\n\n{title}\n{day} {hour}\n{place}\n\n"
    "{about}\n\nThe day is in the attached file for your calendar."
)


def site_from(settings: Settings) -> str:
    """The address of the site in mails; empty where none is set."""
    return settings.public_url or ""


def reader_of(account: Account | None, settings: Settings) -> Locale:
    locales = load_locales()
    chosen = locales.get(account.language) if account else None
    return (chosen or locales[DEFAULT_LANGUAGE]).in_zone(settings.zone)


def relay_request(
    session: Session, settings: Settings, request: ContactRequest, token: str
) -> bool:
    """Queue the one mail of a request. False where who is asked has no address."""
    profile = session.get(Profile, request.profile_id or "")
    sender = session.get(Account, request.account_id or "")
    if profile is None or sender is None:
        return False
    address = address_of(session, profile)
    reader = reader_of(session.get(Account, profile.account_id or ""), settings)
    say, name = reader.gettext, display_name(sender)
    replies = request.gives_address and bool(sender.email)
    text = say(REQUEST_TEXT).format(
        name=name,
        question=request.question,
        tried=say(TRIED).format(tried=request.tried) if request.tried else "",
        days=LAPSES.days,
        address=f"{site_from(settings)}/network/answer/{token}",
        reply=say(MAY_REPLY if replies else MAY_NOT_REPLY),
    )
    subject = say(REQUEST_SUBJECT).format(name=name)
    queue_mail(session, address, subject, text, reply_to=sender.email if replies else "")
    return bool(address)


def relay_answer(session: Session, settings: Settings, request: ContactRequest) -> bool:
    """Queue the one mail that tells who asked of the answer."""
    profile = session.get(Profile, request.profile_id or "")
    sender = session.get(Account, request.account_id or "")
    if sender is None or sender.disabled or not (profile or request.to_unit):
        return False
    say = reader_of(sender, settings).gettext
    name = profile.name if profile else say(N_("The operational unit"))
    text = say(ANSWER_TEXT).format(
        question=request.question,
        name=name,
        reply=request.reply or "–",
        address=f"{site_from(settings)}/network/requests",
    )
    subject = say(ANSWER_SUBJECTS[request.state]).format(name=name)
    queue_mail(session, sender.email, subject, text)
    return bool(sender.email)


def remind(session: Session, settings: Settings, profile: Profile, until: str) -> None:
    """Queue the mail that asks whether a profile is still true. ``until``: the last day."""
    reader = reader_of(session.get(Account, profile.account_id or ""), settings)
    token = make_reminder(profile)
    text = reader.gettext(REMINDER_TEXT).format(
        name=profile.name, day=until, address=f"{site_from(settings)}/network/confirm/{token}"
    )
    address = address_of(session, profile)
    queue_mail(session, address, reader.gettext(REMINDER_SUBJECT), text)


def invite(
    session: Session,
    settings: Settings,
    meeting: Meeting,
    addresses: Mapping[str, Account | None],
    calendar: str,
) -> None:
    """Queue the mails about a meeting. ``addresses``: with their accounts."""
    for address, account in addresses.items():
        reader = reader_of(account, settings)
        day = reader.date(meeting.on) if meeting.on else ""
        text = reader.gettext(INVITED_TEXT).format(
            title=meeting.title,
            day=day,
            hour=meeting.at.strftime("%H:%M") if meeting.at else "",
            place=meeting.place,
            about=meeting.about,
        )
        subject = reader.gettext(INVITED_SUBJECT).format(title=meeting.title, day=day)
        queue_mail(session, address, subject, text, calendar=calendar)
