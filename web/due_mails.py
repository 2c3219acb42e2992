"""The monthly mail of due measurements: one text for each person, with all that is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kb.access import OPERATOR
from kb.accounts.accounts import access_of
from kb.messages import N_
from kb.projects.due import DueMeasure, find_owners, list_due
from kb.projects.values import add_months
from kb.runtime.outbox import queue_mail
from kb.runtime.services import Services
from kb.settings import Settings
from kb.storage.accounts import Account
from web.presenters.network_mails import reader_of, site_from
from web.presenters.projects import text_of
from web.rendering.i18n import Locale

SUBJECT = N_("Terre Comuni: measurements due this month")
TEXT = N_(
    "These measurements of your projects are due by {day}:\n\n{measures}\n"
    "This mail comes at most once a month. If you do not want it, say so here:\n{address}\n"
)
OVERDUE = N_("overdue since {day}")
DUE = N_("due on {day}")


def queue_due_mails(services: Services, today: date | None = None) -> int:
    """Queue the mails of this month that have not been queued yet, and return how many.

    What is due by the end of the month is in it. ``today``: by default the present day in the time
    zone of the settings.
    """
    settings = services.settings
    today = today or datetime.now(settings.zone).date()
    until = date.fromordinal(add_months(today.replace(day=1), 1).toordinal() - 1)
    with services.database.session() as session:
        waiting = _find_waiting(session, until)
    return sum(_queue(services, one, until, today) for one in waiting)


def _find_waiting(session: Session, until: date) -> Sequence[str]:
    """Accounts that something is due of and that had no mail this month."""
    owners = find_owners(session, list_due(session, OPERATOR, until))
    return session.scalars(
        select(Account.id).where(
            Account.id.in_(owners),
            Account.email != "",
            Account.due_mails,
            Account.due_mailed != _month(until),
            Account.disabled.is_(False),
        )
    ).all()


def _queue(services: Services, account_id: str, until: date, today: date) -> bool:
    """The mail and the mark that it was made are one transaction, so that there are both or
    neither."""
    with services.database.transaction() as session:
        is_first = session.scalar(
            update(Account)
            .where(Account.id == account_id, Account.due_mailed != _month(until))
            .values(due_mailed=_month(until))
            .returning(Account.id)
        )
        account = session.get(Account, account_id)
        if not is_first or account is None:
            return False
        due = list_due(session, access_of(account), until)
        own = find_owners(session, due).get(account_id, [])
        if own:
            _write(session, services.settings, account, own, until, today)
        return bool(own)


def _write(  # what the mail tells to whom
    session: Session,
    settings: Settings,
    account: Account,
    measures: Sequence[DueMeasure],
    until: date,
    today: date,
) -> None:
    reader, site = reader_of(account, settings), site_from(settings)
    by_project = sorted(measures, key=lambda one: (one.project_title, one.project_id, one.due))
    parts = [
        "\n".join([rows[0].project_title, *(_line(one, site, reader, today) for one in rows), ""])
        for rows in (list(of) for _, of in groupby(by_project, lambda one: one.project_id))
    ]
    text = reader.gettext(TEXT).format(
        day=reader.date(until), measures="\n".join(parts), address=f"{site}/account#mails-title"
    )
    queue_mail(session, account.email, reader.gettext(SUBJECT), text)


def _line(one: DueMeasure, site: str, reader: Locale, today: date) -> str:
    said = reader.gettext(OVERDUE if one.due < today else DUE).format(day=reader.date(one.due))
    path = f"/projects/{one.project_id}/indicators/{one.indicator.id}/measure"
    return f"- {text_of(one.indicator, reader)[0]}, {said}\n  {site}{path}"


def _month(day: date) -> str:
    return f"{day:%Y-%m}"
