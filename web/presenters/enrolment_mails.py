"""Mails to those who enrol in an event, in the language in which they enrolled."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from kb.collections.enrolments import MovedUp
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_
from kb.runtime import mail
from kb.runtime.outbox import queue_mail
from kb.settings import Settings
from kb.storage.collections import Collection, Enrolment, EnrolmentState
from web.presenters.network_mails import site_from
from web.rendering.i18n import Locale, load_locales
from web.rendering.titles import title_of

SUBJECT = N_("Terre Comuni: {title}")
ENROLLED = N_("{name}, you are enrolled in:")
WAITING = N_("{name}, all places are taken: you are on the waiting list of:")
HELD = N_("{name}, until {until} a place is held for you at:")
HELD_TURN = N_(
    "{name}, all places are taken. Until {until} a place on the waiting list is held for you at:"
)
MOVED_UP = N_("{name}, a place has become free: you are now enrolled in:")
CONFIRM = N_(
    "Confirm it here, otherwise it goes to the next person. There you can also withdraw; if you "
    "did not enrol, do nothing:\n{address}"
)
STILL_TO_CONFIRM = N_(
    "Confirm it here by {until}, otherwise it goes to the next person:\n{address}"
)
WITHDRAW = N_("If you cannot come, or if you did not enrol, withdraw here:\n{address}")


def tell_enrolled(
    session: Session, settings: Settings, event: Collection, enrolment: Enrolment, token: str
) -> None:
    """Queue the mail to who enrolled, with the link to confirm and to withdraw."""
    reader = _reader_of(enrolment, settings)
    waits = enrolment.state is EnrolmentState.WAITING
    address = f"{site_from(settings)}/enrolments/{token}"
    if enrolment.confirm_by is not None:
        first, last = (HELD_TURN if waits else HELD), CONFIRM
    else:
        first, last = (WAITING if waits else ENROLLED), WITHDRAW
    _queue(session, reader, event, enrolment, first, reader.gettext(last).format(address=address))


def can_mail(settings: Settings) -> bool:
    """Whether mails are sent, with addresses of this site in them."""
    return mail.is_set(settings) and bool(settings.public_url)


def hold_of(settings: Settings) -> timedelta | None:
    """For how long a place is held; None where no mail could ask to confirm it."""
    return timedelta(hours=settings.enrolment_hold_hours) if can_mail(settings) else None


def tell_moved_up(session: Session, settings: Settings, event: Collection, moved: MovedUp) -> None:
    """Queue the mail to who got a place from the waiting list, with the link to confirm it if it
    is not confirmed."""
    enrolment = moved.enrolment
    reader = _reader_of(enrolment, settings)
    last = ""
    if moved.token and enrolment.confirm_by is not None:
        until = reader.moment(enrolment.confirm_by)
        address = f"{site_from(settings)}/enrolments/{moved.token}"
        last = reader.gettext(STILL_TO_CONFIRM).format(until=until, address=address)
    _queue(session, reader, event, enrolment, MOVED_UP, last)


def _queue(  # what a mail consists of
    session: Session, reader: Locale, event: Collection, enrolment: Enrolment, first: str, last: str
) -> None:
    title = title_of(event, reader).text
    facts = [title, reader.date(event.held_on) if event.held_on else ""]
    facts.append(event.begins_at.strftime("%H:%M") if event.begins_at else "")
    facts.append(event.held_in)
    until = reader.moment(enrolment.confirm_by) if enrolment.confirm_by else ""
    said = reader.gettext(first).format(name=enrolment.name, until=until)
    text = "\n\n".join(part for part in (said, "\n".join(filter(None, facts)), last) if part)
    queue_mail(session, enrolment.email, reader.gettext(SUBJECT).format(title=title), text + "\n")


def _reader_of(enrolment: Enrolment, settings: Settings) -> Locale:
    locales = load_locales()
    found = locales.get(enrolment.language) or locales[DEFAULT_LANGUAGE]
    return found.in_zone(settings.zone)
