"""Re-encode uploaded cover images as WebP of bounded size, which removes all other data in the
file."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from kb.constants import MEGABYTE
from kb.messages import N_, PermanentError

if TYPE_CHECKING:
    from PIL import Image

WIDTH, HEIGHT = 1200, 400
"""Pixels. Larger images are cropped to this shape around their centre."""
MAX_BYTES = 10 * MEGABYTE
"""Bytes of an uploaded image."""
MAX_PIXELS = 50_000_000
"""Pixels of an uploaded image, which bounds memory when decoding."""
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82
"""WebP quality, 0 to 100."""
UNREADABLE = N_("This is not an image that can be read: choose a JPEG, PNG or WebP file.")


@dataclass(frozen=True)
class Cover:
    """An encoded cover image."""

    sha256: str
    content: bytes


def encode(stream: IO[bytes]) -> Cover:
    """Read an image and encode it as WebP.

    Raises:
        PermanentError: it is too large, broken, or not a JPEG, PNG or WebP.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    content = stream.read(MAX_BYTES + 1)
    refuse_size(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise PermanentError(N_("The image has too many pixels: make it smaller."))
                upright = ImageOps.exif_transpose(image).convert("RGB")
                cut = ImageOps.fit(upright, (WIDTH, HEIGHT))
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ) as error:
        raise PermanentError(UNREADABLE) from error
    return _webp(cut)


def refuse_size(content: bytes) -> None:
    """Raises PermanentError when the file is larger than ``MAX_BYTES``."""
    if len(content) > MAX_BYTES:
        raise PermanentError(N_("The image is larger than {mb} MB."), mb=MAX_BYTES >> 20)


def _webp(image: Image.Image) -> Cover:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=4)
    encoded = buffer.getvalue()
    return Cover(hashlib.sha256(encoded).hexdigest(), encoded)
