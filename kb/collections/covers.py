"""Re-encode uploaded cover images as WebP of bounded size, which removes all other data in the
file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import IO

from kb.runtime.images import encode_webp, read_image

WIDTH, HEIGHT = 1200, 400
"""Pixels. Larger images are cropped to this shape around their centre."""


@dataclass(frozen=True)
class Cover:
    """An encoded cover image."""

    sha256: str
    content: bytes


def encode(stream: IO[bytes]) -> Cover:
    """Read an image and encode it as WebP.

    Raises:
        PermanentError: see ``kb.runtime.images.read_image``.
    """
    from PIL import ImageOps

    encoded = encode_webp(ImageOps.fit(read_image(stream), (WIDTH, HEIGHT)))
    return Cover(hashlib.sha256(encoded).hexdigest(), encoded)
