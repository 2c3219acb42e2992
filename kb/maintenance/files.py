"""The content store compared with the documents that refer to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import CompoundSelect, select, union
from sqlalchemy.orm import Session

from kb.domain import Status
from kb.maintenance.difference import ADD_AGAIN, REPAIR, RESTORE, Difference, Mend
from kb.messages import N_, Message
from kb.storage.disposal import referred
from kb.storage.history import DocumentVersion
from kb.storage.originals import Originals
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
            if originals.path(sha256).exists()
            else N_("The original of “{title}” ({sha256}) is missing.")
        )
        what = Message(template, {"title": title, "sha256": sha256})
        yield Difference(what, item_id, f"{ADD_AGAIN} (the same file), or {RESTORE}")
    known = referred(session)
    for path in sorted(path for kind in ("??/*", "upload-*") for path in originals.root.glob(kind)):
        ours = path == originals.path(path.name)
        age = SETTLED_S if path.parent != originals.root else LEFT_S
        if not (ours and path.name in known) and _settled(path, age):
            what = Message(N_("No document refers to the file {path}."), {"path": str(path)})
            command = REPAIR if ours else f"rm {path}"
            mend = Mend.REMOVE_FILE if ours else Mend.NOTHING
            yield Difference(what, path.name, command, mend)


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


def _settled(path: Path, age: int) -> bool:
    try:
        return time.time() - path.stat().st_mtime > age
    except FileNotFoundError:
        return False
