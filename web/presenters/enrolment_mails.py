"""Mails to those who enrol in an event, in the language in which they enrolled."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_
from kb.runtime.outbox import queue_mail
from kb.settings import Settings
from kb.storage.collections import Collection, Enrolment, EnrolmentState
from web.presenters.network_mails import site_from
from web.rendering.i18n import Locale, load_locales
from web.rendering.titles import title_of

SUBJECT = N_("Terre Comuni: {title}")
ENROLLED = N_("{name}, you are enrolled in:")
WAITING = N_("{name}, all places are taken: you are on the waiting list of:")
MOVED_UP = N_("{name}, a place has become free: you are now enrolled in:")
WITHDRAW = N_("If you cannot come, or if you did not enrol, withdraw here:\n{address}")


def confirm(
    session: Session, settings: Settings, event: Collection, enrolment: Enrolment, token: str
) -> None:
    """Queue the confirmation, with the link to withdraw."""
    reader = _reader_of(enrolment, settings)
    waits = enrolment.state is EnrolmentState.WAITING
    address = f"{site_from(settings)}/enrolments/{token}"
    last = reader.gettext(WITHDRAW).format(address=address)
    _queue(session, reader, event, enrolment, WAITING if waits else ENROLLED, last)


def tell_moved_up(
    session: Session, settings: Settings, event: Collection, enrolment: Enrolment
) -> None:
    """Queue the mail to who got a place from the waiting list."""
    _queue(session, _reader_of(enrolment, settings), event, enrolment, MOVED_UP, "")


def _queue(  # what a mail consists of
    session: Session, reader: Locale, event: Collection, enrolment: Enrolment, first: str, last: str
) -> None:
    title = title_of(event, reader).text
    facts = [title, reader.date(event.held_on) if event.held_on else ""]
    facts.append(event.begins_at.strftime("%H:%M") if event.begins_at else "")
    facts.append(event.held_in)
    said = reader.gettext(first).format(name=enrolment.name)
    text = "\n\n".join(part for part in (said, "\n".join(filter(None, facts)), last) if part)
    queue_mail(session, enrolment.email, reader.gettext(SUBJECT).format(title=title), text + "\n")


def _reader_of(enrolment: Enrolment, settings: Settings) -> Locale:
    locales = load_locales()
    found = locales.get(enrolment.language) or locales[DEFAULT_LANGUAGE]
    return found.in_zone(settings.zone)
