"""Vectors of fixed texts, by which a service is known to serve the configured model."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Reference = npt.NDArray[np.float32]
"""Vectors of ``REFERENCE_TEXTS`` as passages, shape (texts, dimension)."""

REFERENCE_TEXTS = (
    "un paese di montagna che ripopola le case vuote",
    "The village opened a cooperative café in the empty school.",
)
LEAST_COSINE = 0.999
"""Least cosine of vectors of the same model, which differ by rounding. The bundled model in 8-bit
integers has 0.9993, with its prompt put before the text twice 0.997 (measured)."""
FOLDER = Path(__file__).parent


class Likeness(Enum):
    SAME = "the same model"
    OTHER_ORDER = "the same vectors in another order"
    OTHER = "another model"


def compare(found: Reference, expected: Reference) -> Likeness:
    """How vectors of the texts, L2-normalised, are like the expected ones. Both have the same
    shape."""
    cosines = found @ (expected / np.linalg.norm(expected, axis=1, keepdims=True)).T
    if (np.diagonal(cosines) >= LEAST_COSINE).all():
        return Likeness.SAME
    if (cosines.max(axis=0) >= LEAST_COSINE).all():
        return Likeness.OTHER_ORDER
    return Likeness.OTHER


def shipped_reference(fingerprint: str, dimension: int) -> Reference | None:
    """The vectors shipped for the model, or None."""
    path = FOLDER / f"reference-{fingerprint}.npz"
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as data:
        found: Any = data["vectors"]
    return np.asarray(found[:, :dimension], np.float32)
