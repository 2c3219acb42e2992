"""MinHash signatures of texts, over sequences of words (shingles).

Broder: On the resemblance and containment of documents (1997). With ``PERMUTATIONS`` hash functions
the standard error of the estimated Jaccard similarity is at most 0.05.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

WORDS = 5
"""Words in a shingle."""
LEAST_SEQUENCES = 20
"""Shingles below which no signature is made: short texts are similar by chance."""
PERMUTATIONS = 128
"""Hash functions of a signature, 4 bytes each: standard error of the similarity 0.5/√128 ≈ 0.04."""
AT_ONCE = 5000
"""Shingles hashed per call, to bound memory."""
STORED = np.dtype("<u4")

_WORD = re.compile(r"\w+")


def minhash_signature(pages: Iterable[str]) -> bytes:
    """Signature of a document's page texts, ignoring case and punctuation; empty for too short a
    text."""
    words = [word.lower() for page in pages for word in _WORD.findall(page)]
    sequences = {" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
    if len(sequences) < LEAST_SEQUENCES:
        return b""
    # Imported here: it imports scipy, which takes longer than a short text to be read.
    from datasketch import MinHash  # type: ignore[import-untyped]  # it ships no stubs

    sketch = MinHash(num_perm=PERMUTATIONS)
    encoded = (sequence.encode() for sequence in sequences)
    while batch := list(islice(encoded, AT_ONCE)):
        sketch.update_batch(batch)
    numbers: NDArray[np.uint64] = sketch.hashvalues
    return numbers.astype(STORED).tobytes()


def numbers_of(signature: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(signature, STORED)
