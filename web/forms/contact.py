"""Make and answer requests of the network, as the pages and the JSON interface do."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import PermanentError
from kb.network import requests
from kb.network.requests import RequestForm
from kb.settings import Settings
from kb.storage.network import ContactRequest, RequestState
from kb.text.lines import several_lines
from web.presenters.network_mails import relay_answer, relay_request

REPORT = "report"
DECISIONS = {"accept": RequestState.ACCEPTED, "decline": RequestState.DECLINED}


def send_request(
    session: Session, settings: Settings, access: Access, asked: RequestForm
) -> ContactRequest:
    """Make a request and queue its one mail.

    Raises:
        NotFound: there is no such profile, or the caller may not see it.
        PermanentError: it cannot be made now (``kb.network.requests.ask``).
    """
    made, token = requests.ask(session, access, asked)
    relay_request(session, settings, made, token)
    return made


def decide_request(
    session: Session,
    settings: Settings,
    request: ContactRequest,
    decision: str,
    reply: str,
    access: Access,
) -> None:
    """Accept, decline or report a request; an answer is mailed to who asked.

    Raises PermanentError for an unknown decision, or one that is not possible any more.
    """
    if decision == REPORT:
        requests.report(session, request, several_lines(reply), access)
        return
    if decision not in DECISIONS:
        raise PermanentError(requests.CHOOSE)
    requests.answer(session, request, DECISIONS[decision], several_lines(reply), access)
    relay_answer(session, settings, request)
