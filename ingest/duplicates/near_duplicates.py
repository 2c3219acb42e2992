"""Near-duplicates of a document among the others, found when it is read."""

from __future__ import annotations

import numpy as np
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from ingest.duplicates.minhash import numbers_of
from kb.domain import Status
from kb.storage.history import MinHashSignature, NearDuplicate
from kb.storage.tables import Document

ALIKE = 0.7
"""Estimated Jaccard similarity of the shingles from which two documents are reported as
near-duplicates."""


def store_near_duplicates(session: Session, document: Document, signature: bytes) -> None:
    """Store the document's MinHash signature and a row for every document with an estimated Jaccard
    similarity of at least ``ALIKE``. Earlier rows of the document are replaced."""
    mine = or_(NearDuplicate.document_id == document.id, NearDuplicate.other_id == document.id)
    session.execute(delete(NearDuplicate).where(mine))
    session.execute(delete(MinHashSignature).where(MinHashSignature.document_id == document.id))
    if not signature:
        return
    others = session.execute(
        select(MinHashSignature.document_id, MinHashSignature.signature)
        .join(Document, Document.id == MinHashSignature.document_id)
        .where(Document.status != Status.DELETED)
    ).all()
    session.add(MinHashSignature(document_id=document.id, signature=signature))
    if not others:
        return
    known = np.stack([numbers_of(other) for _, other in others])
    shares = (known == numbers_of(signature)).mean(axis=1)
    session.add_all(
        NearDuplicate(document_id=document.id, other_id=other_id, share=float(share))
        for (other_id, _), share in zip(others, shares, strict=True)
        if share >= ALIKE
    )
