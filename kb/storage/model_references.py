"""By which vectors a service is known to serve the model that the index was made with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from kb.storage.inserting import insert_missing
from kb.storage.tables import Base


class ModelReference(Base):
    """Vectors of fixed texts, computed when the first passages were embedded."""

    __tablename__ = "model_references"

    fingerprint: Mapped[str] = mapped_column(String(200), primary_key=True)
    """``kb.embedding.source.ModelSource.fingerprint``."""
    dimension: Mapped[int]
    vectors: Mapped[bytes] = mapped_column(LargeBinary)
    """float32, little-endian, L2-normalised, one vector after the other."""


def find_reference(session: Session, fingerprint: str) -> NDArray[np.float32] | None:
    """Shape (texts, dimension)."""
    kept = session.get(ModelReference, fingerprint)
    if kept is None:
        return None
    return np.frombuffer(kept.vectors, "<f4").reshape(-1, kept.dimension)


def keep_reference(session: Session, fingerprint: str, vectors: NDArray[np.float32]) -> None:
    """Keep the vectors of a model, shape (texts, dimension), unless there are some already."""
    row = {
        "fingerprint": fingerprint,
        "dimension": vectors.shape[1],
        "vectors": vectors.astype("<f4").tobytes(),
    }
    insert_missing(session.connection(), ModelReference, [row])
