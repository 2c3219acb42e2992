"""Rows of items as they will be after the switch to the index that is being built."""

from __future__ import annotations

import zlib

import numpy as np
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from ingest.duplicates import near_duplicates
from ingest.extracted_item import Content
from ingest.guessed import note_guesses
from ingest.pipeline import apply_metadata, replace_pages, replace_passages
from kb.domain import Status
from kb.embedding.late import LateVectors
from kb.storage.tables import Document, Item, StagedItem


class Staged(BaseModel):
    """``whole``: the content comes from the original, pages and metadata included. ``sentences``:
    int8 vectors for each passage as bytes, see ``kb.embedding.late``."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    content: Content
    whole: bool
    spans: list[list[tuple[int, int]]]
    sentences: list[bytes]

    @classmethod
    def of(cls, content: Content, whole: bool, vectors: LateVectors) -> Staged:
        sentences = [part.tobytes() for part in vectors.sentences]
        return cls(content=content, whole=whole, spans=vectors.spans, sentences=sentences)

    def pack(self) -> bytes:
        return zlib.compress(self.model_dump_json().encode(), level=1)

    @classmethod
    def unpack(cls, packed: bytes) -> Staged:
        return cls.model_validate_json(zlib.decompress(packed))

    def apply(self, session: Session, item: Item) -> None:
        """Replace the item's rows by the staged ones."""
        sentences = [np.frombuffer(part, np.int8) for part in self.sentences]
        # The passages' own vectors are in the index already.
        vectors = LateVectors(np.empty((0, 0), np.float32), self.spans, sentences)
        replace_passages(session, item.id, self.content, vectors)
        if self.whole:
            replace_pages(session, item.id, self.content)
            apply_metadata(item, self.content)
            if isinstance(item, Document):
                note_guesses(session, item, self.content.guesses)
                near_duplicates.store_near_duplicates(session, item, self.content.fingerprint)


def pending() -> Select[str]:
    """Ids of searchable items whose present content is not staged."""
    return (
        select(Item.id)
        .outerjoin(StagedItem, StagedItem.item_id == Item.id)
        .where(
            Item.status == Status.READY,
            or_(StagedItem.item_id.is_(None), StagedItem.based_on != Item.updated_at),
        )
        .order_by(Item.id)
    )


def staged_ids() -> Select[str]:
    """Ids of searchable items whose present content is staged."""
    return (
        select(StagedItem.item_id)
        .join(Item, Item.id == StagedItem.item_id)
        .where(Item.status == Status.READY)
    )


def unstage(session: Session) -> None:
    session.execute(delete(StagedItem))
