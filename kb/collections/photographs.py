"""Photographs of an event: adding one, changing what is said of it, order and removal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.collections.commands import lock
from kb.messages import N_, Message, NotFound, PermanentError
from kb.practices.pictures import ALT_LENGTH, NAME_LENGTH, EncodedPicture
from kb.storage.collections import Collection
from kb.storage.pictures import EventPhotograph

MOST = 60
"""Photographs of an event."""


class PhotographConflict(PermanentError):
    """What is said of the photograph was changed, or it was removed, since the form was opened."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Somebody changed or removed this photograph while you were at it: look at the "
                "present page, then decide again."
            )
        )


@dataclass(frozen=True)
class Caption:
    """What is said of a photograph; author and licence may be empty."""

    alt: str = ""
    author: str = ""
    licence: str = ""

    @classmethod
    def of(cls, row: EventPhotograph) -> Caption:
        return cls(row.alt, row.author, row.licence)

    @property
    def digest(self) -> str:
        """Tells whether the caption was changed since a form showed it."""
        return hashlib.sha256("\n".join((self.alt, self.author, self.licence)).encode()).hexdigest()

    def problems(self) -> dict[str, Message]:
        """Error messages by field."""
        found: dict[str, Message] = {}
        if not self.alt:
            found["alt"] = Message(
                N_("Say in a sentence what the picture shows, for those who cannot see it.")
            )
        limits = {"alt": ALT_LENGTH, "author": NAME_LENGTH, "licence": NAME_LENGTH}
        for name, most in limits.items():
            if len(getattr(self, name)) > most:
                template = N_("Too long: at most {max_length} characters.")
                found[name] = Message(template, {"max_length": most})
        return found


def list_photographs(session: Session, event: Collection) -> Sequence[EventPhotograph]:
    """The photographs in order, without their bytes."""
    of_event = select(EventPhotograph).where(EventPhotograph.collection_id == event.id)
    order = EventPhotograph.position, EventPhotograph.id
    return session.scalars(of_event.order_by(*order)).all()


def require_photograph(session: Session, event: Collection, id: str) -> EventPhotograph:
    """Raises NotFound, for a photograph of another event too."""
    found = session.get(EventPhotograph, id)
    if found is None or found.collection_id != event.id:
        raise NotFound()
    return found


def add_photograph(
    session: Session, access: Access, event: Collection, picture: EncodedPicture, caption: Caption
) -> EventPhotograph:
    """Add a photograph after the others.

    Raises:
        PermanentError: the event has it already, or has ``MOST``.
    """
    lock(session, event)
    present = list_photographs(session, event)
    if len(present) >= MOST:
        template = N_("An event has at most {most} photographs: remove one first.")
        raise PermanentError(template, most=MOST)
    if any(one.sha256 == picture.sha256 for one in present):
        raise PermanentError(N_("This photograph is already here: choose another one."))
    made = EventPhotograph(
        collection_id=event.id,
        position=present[-1].position + 1 if present else 0,
        **vars(picture),
        **vars(caption),
        added_by=access.account_id,
        added_name=access.name,
    )
    session.add(made)
    session.flush()
    _record(session, access, event, "added", caption)
    return made


def change_caption(
    session: Session, access: Access, event: Collection, id: str, caption: Caption, shown: str
) -> None:
    """Change what is said of a photograph. ``shown``: digest of the caption that the form showed.

    Raises:
        PhotographConflict: somebody changed or removed it meanwhile.
    """
    row = _lock_photograph(session, event, id, shown)
    if Caption.of(row) == caption:
        return
    row.alt, row.author, row.licence = caption.alt, caption.author, caption.licence
    _record(session, access, event, "changed", caption)


def move_photograph(session: Session, access: Access, event: Collection, id: str, by: int) -> None:
    """Put a photograph one place before (``by`` -1) or after (1). The first and last one stay.

    Raises:
        PhotographConflict: somebody removed it meanwhile.
    """
    lock(session, event)
    rows = list(list_photographs(session, event))
    at = next((place for place, row in enumerate(rows) if row.id == id), None)
    if at is None:
        raise PhotographConflict
    if not 0 <= at + by < len(rows):
        return
    rows[at], rows[at + by] = rows[at + by], rows[at]
    for place, row in enumerate(rows):
        row.position = place
    _record(session, access, event, "moved", Caption.of(rows[at + by]))


def remove_photograph(
    session: Session, access: Access, event: Collection, id: str, shown: str
) -> None:
    """Delete a photograph; the audit log keeps what was said of it.

    Raises:
        PhotographConflict: somebody changed or removed it meanwhile.
    """
    row = _lock_photograph(session, event, id, shown)
    session.delete(row)
    _record(session, access, event, "removed", Caption.of(row))


def _lock_photograph(session: Session, event: Collection, id: str, shown: str) -> EventPhotograph:
    lock(session, event)
    row = session.get(EventPhotograph, id, with_for_update=True)
    if row is None or row.collection_id != event.id or Caption.of(row).digest != shown:
        raise PhotographConflict
    return row


def _record(
    session: Session, access: Access, event: Collection, what: str, caption: Caption
) -> None:
    audit.record_event(
        session, access, "event.photograph", event.id, title=event.title, what=what, **vars(caption)
    )
