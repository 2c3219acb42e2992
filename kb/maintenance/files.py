"""The content store compared with the documents that refer to it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import CompoundSelect, select, union
from sqlalchemy.orm import Session

from kb.domain import Status
from kb.maintenance.difference import ADD_AGAIN, REPAIR, RESTORE, Difference, Mend
from kb.messages import N_, Message
from kb.storage.disposal import referred
from kb.storage.history import DocumentVersion
from kb.storage.originals import Originals, StoredFile
from kb.storage.tables import Document

LEFT_S = 86_400
"""Age from which an unfinished upload counts as abandoned."""
SETTLED_S = 60
"""Age below which a file without a row may belong to an upload under way."""


def compare_files(session: Session, originals: Originals) -> Iterator[Difference]:
    """Missing or changed originals, and files that no document refers to."""
    for item_id, title, sha256 in sorted(map(tuple, session.execute(_wanted()))):
        if originals.is_intact(sha256):
            continue
        template = (
            N_("The original of “{title}” ({sha256}) is damaged: its checksum differs.")
            if originals.exists(sha256)
            else N_("The original of “{title}” ({sha256}) is missing.")
        )
        what = Message(template, {"title": title, "sha256": sha256})
        yield Difference(what, item_id, f"{ADD_AGAIN} (the same file), or {RESTORE}")
    known = referred(session)
    for file in originals.files():
        age = LEFT_S if file.is_unfinished else SETTLED_S
        if not (file.is_original and file.name in known) and file.age_s > age:
            what = Message(N_("No document refers to the file {path}."), {"path": file.where})
            mend = _mend_of(file)
            command = file.removal if mend is Mend.NOTHING else REPAIR
            yield Difference(what, file.name, command, mend)


def _mend_of(file: StoredFile) -> Mend:
    if file.is_unfinished:
        return Mend.REMOVE_UNFINISHED
    return Mend.REMOVE_FILE if file.is_original else Mend.NOTHING


def _wanted() -> CompoundSelect[str, str, str]:
    """Document, title and checksum of every version of the documents that are not deleted."""
    here = Document.status != Status.DELETED
    present = select(Document.id, Document.title, Document.content_sha256).where(here)
    others = (
        select(Document.id, DocumentVersion.title, DocumentVersion.content_sha256)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .where(here)
    )
    return union(present, others)
