"""Regular work on the network, enrolments, messages of visitors and what is due in projects:
reminders, erasure, waiting mails."""

from __future__ import annotations

from kb.collections import enrolments, participants
from kb.network.profiles import VALID, list_to_remind
from kb.network.requests import is_work_due, lapse_and_erase
from kb.runtime import mail
from kb.runtime.outbox import Stopping, drop_old, send_waiting
from kb.runtime.services import Services
from kb.site.contributions import erase_old, list_due_for_erasure
from kb.storage.tables import now
from web.due_mails import queue_due_mails
from web.presenters.enrolment_mails import hold_of, tell_moved_up
from web.presenters.network_mails import reader_of, remind


def keep_network(services: Services, stopping: Stopping = lambda: False) -> None:
    """Queue reminders, close and erase old requests, erase old enrolments and messages of visitors,
    release places that were not confirmed, send what waits until ``stopping``.

    Without a mail server nobody is reminded, and mails wait until they are too old.
    """
    with_mail = mail.is_set(services.settings)
    with services.database.session() as session:
        due = bool(list_to_remind(session)) and with_mail
        today = reader_of(None, services.settings).today()
        due = bool(participants.list_due_for_erasure(session, today)) or due
        due = is_work_due(session) or bool(list_due_for_erasure(session)) or due
    if due:
        with services.database.transaction() as session:
            lapse_and_erase(session)
            erase_old(session)
            participants.erase_old(session, today)
            for profile in list_to_remind(session) if with_mail else ():
                until = reader_of(None, services.settings).date(profile.confirmed_at + VALID)
                remind(session, services.settings, profile, until)
    drop_old(services)
    _release_places(services)
    if with_mail:
        queue_due_mails(services)
        send_waiting(services, stopping)


def _release_places(services: Services) -> None:
    """Give places that were not confirmed in time to those who wait, and tell these."""
    settings, at = services.settings, now()
    today = reader_of(None, settings).today()
    with services.database.session() as session:
        events = enrolments.list_unconfirmed(session, at, today)
    hold = hold_of(settings)
    for event_id in events:
        with services.database.transaction() as session:
            moved = enrolments.release_unconfirmed(session, event_id, at, today, hold)
            for event, one in moved:
                tell_moved_up(session, settings, event, one)
