"""Answers to visitors, in the language in which they wrote."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_
from kb.runtime.outbox import queue_mail
from kb.storage.site import Contribution, ContributionKind, ContributionState
from web.rendering.i18n import load_locales

SUBJECTS = {
    ContributionKind.ERROR: N_("Terre Comuni: the error you reported"),
    ContributionKind.PRACTICE: N_("Terre Comuni: the practice you proposed"),
}
DECIDED = {
    (ContributionKind.ERROR, ContributionState.ACCEPTED): N_(
        "Thank you: what you reported was looked at and is being put right."
    ),
    (ContributionKind.ERROR, ContributionState.DECLINED): N_(
        "Thank you: what you reported was looked at, and nothing was changed."
    ),
    (ContributionKind.PRACTICE, ContributionState.ACCEPTED): N_(
        "Thank you: a card is being written about the practice you proposed. It is published once "
        "its sources were read and two people approve it."
    ),
    (ContributionKind.PRACTICE, ContributionState.DECLINED): N_(
        "Thank you: the practice you proposed was looked at, and no card is written about it for "
        "now."
    ),
}
TEXT = N_("{decided}\n\n{reply}\n\nYou wrote:\n\n{text}\n")


def answer_contribution(session: Session, decided: Contribution) -> None:
    """Queue the answer; nothing for a contribution without a mail address."""
    locales = load_locales()
    reader = locales.get(decided.language) or locales[DEFAULT_LANGUAGE]
    sentence = reader.gettext(DECIDED[(decided.kind, decided.state)])
    text = reader.gettext(TEXT).format(decided=sentence, reply=decided.reply, text=decided.text)
    queue_mail(session, decided.email, reader.gettext(SUBJECTS[decided.kind]), text)
