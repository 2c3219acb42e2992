"""Read uploaded images safely: still JPEG, PNG or WebP of bounded size, upright, in sRGB.

What comes out holds pixels only: place, time and device that a camera writes into the file are
gone.
"""

from __future__ import annotations

import io
import warnings
from typing import IO, TYPE_CHECKING

from kb.constants import MEGABYTE
from kb.messages import N_, PermanentError

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 10 * MEGABYTE
"""Bytes of an uploaded image."""
MAX_PIXELS = 50_000_000
"""Pixels of an uploaded image, which bounds memory when decoding."""
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82
"""WebP quality, 0 to 100."""
UNREADABLE = N_("This is not an image that can be read: choose a JPEG, PNG or WebP file.")
CUT_OFF = N_("The image ends too early: copy the file again from where it comes, then choose it.")
TOO_MANY_PIXELS = N_("The image has too many pixels: make it smaller, at most {mp} megapixels.")
MOVING = N_("This image moves: choose a still one.")


def read_image(stream: IO[bytes]) -> Image.Image:
    """The image, upright, as RGB in sRGB; transparent parts are white.

    A JPEG with previews or depth maps after the photograph (Multi-Picture Format, CIPA DC-007) is
    read as its first picture.

    Raises:
        PermanentError: it is too large, cut off, moving, or not a JPEG, PNG or WebP.
    """
    from PIL import Image, UnidentifiedImageError

    content = stream.read(MAX_BYTES + 1)
    refuse_size(content)
    bombs = (Image.DecompressionBombWarning, Image.DecompressionBombError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _too_many_pixels()
                if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
                    raise PermanentError(MOVING)
                return _flatten(image)
    except bombs as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        known = not isinstance(error, UnidentifiedImageError) and "truncated" in str(error)
        raise PermanentError(CUT_OFF if known else UNREADABLE) from error


def refuse_size(content: bytes) -> None:
    """Raises PermanentError when the file is empty or larger than ``MAX_BYTES``."""
    if not content:
        raise PermanentError(UNREADABLE)
    if len(content) > MAX_BYTES:
        raise PermanentError(N_("The image is larger than {mb} MB."), mb=MAX_BYTES >> 20)


def encode_webp(image: Image.Image) -> bytes:
    """The pixels as WebP, without colour profile, EXIF and XMP."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return buffer.getvalue()


def _too_many_pixels() -> PermanentError:
    return PermanentError(TOO_MANY_PIXELS, mp=MAX_PIXELS // 1_000_000)


def _flatten(image: Image.Image) -> Image.Image:
    from PIL import Image, ImageOps

    upright = _to_srgb(ImageOps.exif_transpose(image))
    if "A" not in upright.getbands() and "transparency" not in upright.info:
        return upright.convert("RGB")
    layer = upright.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _to_srgb(image: Image.Image) -> Image.Image:
    """Colours of an embedded profile become those of sRGB; a broken profile is ignored."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        made = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError):
        return image
    return made or image
