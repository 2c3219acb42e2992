"""What visitors write: errors on pages and practices to add; decided by researchers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.accounts.accounts import check_email
from kb.messages import N_, Message, NotFound, PermanentError
from kb.practices import drafts
from kb.storage.site import Contribution, ContributionKind, ContributionState
from kb.storage.tables import now

TEXT_LENGTH = 4000
LINE_LENGTH = 200
ADDRESS_LENGTH = 2000
EMAIL_LENGTH = 254
MOST_OPEN = 2000
"""With so many undecided ones nothing more is taken."""
ERASED = timedelta(days=90)
"""So long after the decision the texts are erased."""
WRITE = {
    ContributionKind.ERROR: N_("Write what is wrong: one sentence is enough."),
    ContributionKind.PRACTICE: N_("Write what was done: two sentences are enough."),
}


@dataclass(frozen=True)
class ContributionForm:
    """What a visitor filled in, stripped."""

    kind: ContributionKind
    text: str = ""
    address: str = ""
    title: str = ""
    place: str = ""
    name: str = ""
    email: str = ""

    def problems(self) -> dict[str, Message]:
        found: dict[str, Message] = {}
        if not self.text:
            found["text"] = Message(WRITE[self.kind])
        if self.kind is ContributionKind.PRACTICE and not self.title:
            found["title"] = Message(N_("Give it a name, for example what was done and where."))
        try:
            check_email(self.email)
        except PermanentError as error:
            found["email"] = error.message
        for name, longest in LONGEST.items():
            if len(getattr(self, name)) > longest:
                too_long = N_("Too long: at most {max_length} characters.")
                found[name] = Message(too_long, {"max_length": longest})
        return found


LONGEST = {
    "text": TEXT_LENGTH,
    "address": ADDRESS_LENGTH,
    "title": LINE_LENGTH,
    "place": LINE_LENGTH,
    "name": LINE_LENGTH,
    "email": EMAIL_LENGTH,
}


def add_contribution(session: Session, sent: ContributionForm, language: str) -> Contribution:
    """Keep what a visitor wrote, once: the same text again is the one already there.

    Raises PermanentError while too many wait for a decision.
    """
    undecided = select(Contribution).where(Contribution.state == ContributionState.OPEN)
    same = undecided.where(
        Contribution.kind == sent.kind,
        Contribution.text == sent.text,
        Contribution.address == sent.address,
    )
    known = session.scalars(same.limit(1)).first()
    if known is not None:
        return known
    if count_open(session) >= MOST_OPEN:
        raise PermanentError(
            N_("Too many messages wait to be read: keep your text and send it in some days.")
        )
    made = Contribution(**vars(sent), language=language)
    session.add(made)
    session.flush()
    return made


def count_open(session: Session) -> int:
    undecided = Contribution.state == ContributionState.OPEN
    return session.scalar(select(func.count()).select_from(Contribution).where(undecided)) or 0


def list_open(session: Session, most: int) -> Sequence[Contribution]:
    """The undecided ones, the oldest first."""
    undecided = select(Contribution).where(Contribution.state == ContributionState.OPEN)
    return session.scalars(undecided.order_by(Contribution.written_at).limit(most)).all()


def list_decided(session: Session, most: int) -> Sequence[Contribution]:
    """The decided ones, the last first."""
    decided = select(Contribution).where(Contribution.state != ContributionState.OPEN)
    return session.scalars(decided.order_by(Contribution.decided_at.desc()).limit(most)).all()


def decide(
    session: Session, access: Access, contribution_id: str, state: ContributionState, reply: str
) -> Contribution:
    """Accept or decline, once; an accepted practice becomes a draft of the caller.

    Raises:
        NotFound: there is no such contribution.
        PermanentError: it was decided already, or the reply is too long.
    """
    found = session.get(Contribution, contribution_id, with_for_update=True)
    if found is None:
        raise NotFound()
    if found.state is not ContributionState.OPEN:
        raise PermanentError(N_("This message was decided already."))
    if len(reply) > TEXT_LENGTH:
        raise PermanentError(
            N_("Too long: at most {max_length} characters."), max_length=TEXT_LENGTH
        )
    if state is ContributionState.ACCEPTED and found.kind is ContributionKind.PRACTICE:
        found.revision_id = _begin_draft(session, access, found)
    found.state, found.reply = state, reply
    found.decided_at, found.decided_by = now(), access.account_id
    audit.record_event(session, access, f"contribution.{state}", found.id)
    return found


def _begin_draft(session: Session, access: Access, found: Contribution) -> str:
    """A draft with what the visitor wrote as its summary, to be written anew from the sources."""
    revision = drafts.begin_draft(session, access, found.title)
    told = "\n".join(part for part in (found.place, found.text, found.address) if part)
    revision.record = {**revision.record, "summary": told}
    return revision.id


def list_due_for_erasure(session: Session) -> Sequence[Contribution]:
    """What was decided longer ago than ``ERASED``, and still has its texts."""
    old = Contribution.decided_at < now() - ERASED
    return session.scalars(
        select(Contribution).where(Contribution.erased_at.is_(None), old).limit(500)
    ).all()


def erase_old(session: Session) -> None:
    """Erase the texts, names and addresses of what was decided long ago."""
    for old in list_due_for_erasure(session):
        erase(old)


def erase(found: Contribution) -> None:
    """Erase what the visitor wrote; kind, state and times stay, to be counted."""
    for name in ("text", "address", "title", "place", "name", "email", "reply"):
        setattr(found, name, "")
    found.erased_at = now()
