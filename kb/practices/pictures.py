"""Pictures of practices: encoding an uploaded one in two widths, and setting or removing it.

A practice has at most one. It is seen by those who see the practice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.messages import N_, Message, PermanentError
from kb.runtime.images import encode_webp, read_image
from kb.storage.accounts import AuditEntry
from kb.storage.pictures import PracticePicture
from kb.storage.tables import now

LARGE, SMALL = 1280, 480
"""Pixels of the longer side of what is stored."""
LEAST = 240
"""Pixels of the shorter side of an uploaded picture."""
ALT_LENGTH, NAME_LENGTH = 300, 200
"""Characters."""
SET, REMOVED = "practice.picture", "practice.picture_removed"
"""Actions in the audit log."""


class PictureConflict(PermanentError):
    """The picture was changed by someone else since its form was opened."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Somebody changed this picture while you were at it: look at the present one, "
                "then decide again."
            )
        )


@dataclass(frozen=True)
class EncodedPicture:
    """Two WebP files of one picture. ``width`` and ``height`` are those of ``large``."""

    sha256: str
    large: bytes
    small: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Credit:
    """What must be said of a picture: what it shows, who made it, under which licence."""

    alt: str
    author: str
    licence: str

    def problems(self) -> dict[str, Message]:
        """Error messages by field."""
        needed = {
            "alt": N_("Say in a sentence what the picture shows, for those who cannot see it."),
            "author": N_("Name who made the picture: a person or a body."),
            "licence": N_("Say under which licence the picture may be shown."),
        }
        limits = {"alt": ALT_LENGTH, "author": NAME_LENGTH, "licence": NAME_LENGTH}
        found = {name: Message(text) for name, text in needed.items() if not getattr(self, name)}
        for name, most in limits.items():
            if len(getattr(self, name)) > most:
                template = N_("Too long: at most {max_length} characters.")
                found[name] = Message(template, {"max_length": most})
        return found


def encode(stream: IO[bytes]) -> EncodedPicture:
    """Read an image and encode it in two widths.

    Raises:
        PermanentError: it is too small, or see ``kb.runtime.images.read_image``.
    """
    image = read_image(stream)
    if min(image.size) < LEAST:
        template = N_("The picture is too small: at least {least} pixels wide and high.")
        raise PermanentError(template, least=LEAST)
    image.thumbnail((LARGE, LARGE))
    width, height = image.size
    large = encode_webp(image)
    image.thumbnail((SMALL, SMALL))
    return EncodedPicture(
        hashlib.sha256(large).hexdigest(), large, encode_webp(image), width, height
    )


def set_picture(
    session: Session,
    access: Access,
    practice_id: str,
    picture: EncodedPicture | None,
    credit: Credit,
    shown: str,
) -> None:
    """Store the picture of a practice, or with ``None`` only what is said of the present one.

    ``shown``: checksum of the picture that the form showed, empty for none.

    Raises:
        PermanentError: there is no picture yet and none was given.
        PictureConflict: another picture was set meanwhile.
    """
    row = _lock(session, practice_id, shown)
    if row is None and picture is None:
        raise PermanentError(N_("No picture was chosen: choose a file."))
    if row is None:
        row = PracticePicture(practice_id=practice_id)
        session.add(row)
    if picture is not None:
        row.sha256, row.width, row.height = picture.sha256, picture.width, picture.height
        row.large, row.small = picture.large, picture.small
    elif (row.alt, row.author, row.licence) == (credit.alt, credit.author, credit.licence):
        return
    row.alt, row.author, row.licence = credit.alt, credit.author, credit.licence
    row.added_by, row.added_name, row.added_at = access.account_id, access.name, now()
    session.flush()
    audit.record_event(session, access, SET, practice_id, **vars(credit))


def remove_picture(session: Session, access: Access, practice_id: str, shown: str) -> None:
    """Delete the picture; the audit log keeps what was said of it.

    Raises:
        PictureConflict: another picture was set meanwhile.
    """
    row = _lock(session, practice_id, shown)
    if row is None:
        return
    said = {"alt": row.alt, "author": row.author, "licence": row.licence}
    session.delete(row)
    audit.record_event(session, access, REMOVED, practice_id, **said)


def _lock(session: Session, practice_id: str, shown: str) -> PracticePicture | None:
    row = session.get(PracticePicture, practice_id, with_for_update=True)
    if (row.sha256 if row else "") != shown:
        raise PictureConflict
    return row


def list_picture_changes(session: Session, practice_id: str) -> Sequence[AuditEntry]:
    """Who set or removed pictures of a practice, newest first."""
    entries = select(AuditEntry).where(
        AuditEntry.subject_id == practice_id, AuditEntry.action.in_((SET, REMOVED))
    )
    return session.scalars(entries.order_by(AuditEntry.id.desc())).all()
