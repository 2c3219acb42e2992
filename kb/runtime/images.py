"""Read uploaded images safely: still JPEG, PNG or WebP of bounded size, upright, in sRGB.

What comes out holds pixels only: place, time and device that a camera writes into the file are
gone.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import IO, TYPE_CHECKING

from kb.constants import MEGABYTE
from kb.messages import N_, PermanentError

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 30 * MEGABYTE
"""Bytes of an uploaded image."""
MAX_PIXELS = 120_000_000
"""Pixels of an uploaded image, which bounds memory when decoding."""
ENOUGH_PIXELS = 12_000_000
"""An image with several times as many is reduced while it is decoded."""
FORMATS = ("JPEG", "PNG", "WEBP")
REDUCED_MODES = ("L", "LA", "RGB", "RGBA", "CMYK")
QUALITY = 82
"""WebP quality, 0 to 100."""
UNREADABLE = N_("This is not an image that can be read: choose a JPEG, PNG or WebP file.")
CUT_OFF = N_("The image ends too early: copy the file again from where it comes, then choose it.")
TOO_MANY_PIXELS = N_("The image has too many pixels: make it smaller, at most {mp} megapixels.")
MOVING = N_("This image moves: choose a still one.")
OF_PHONE = N_(
    "This is a photograph in a format of telephones (HEIC or AVIF): save it as JPEG, then choose "
    "that file."
)
DRAWN = N_("This is a drawing (SVG), which may hold programs: save it as PNG, then choose that.")
PHONE_BRANDS = (
    b"heic",
    b"heix",
    b"hevc",
    b"hevx",
    b"heim",
    b"heis",
    b"mif1",
    b"msf1",
    b"avif",
    b"avis",
)
"""Major brands of HEIF files (ISO/IEC 23008-12), after ``ftyp`` at byte 4."""


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
    _refuse_known_formats(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _too_many_pixels()
                if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
                    raise PermanentError(MOVING)
                return _flatten(_reduce(image))
    except Image.DecompressionBombError as error:
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


def _refuse_known_formats(content: bytes) -> None:
    """Raises PermanentError for formats that are known by their first bytes and not read."""
    if content[4:8] == b"ftyp" and content[8:12] in PHONE_BRANDS:
        raise PermanentError(OF_PHONE)
    beginning = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith((b"<svg", b"<?xml")) and b"<svg" in beginning:
        raise PermanentError(DRAWN)


def _reduce(image: Image.Image) -> Image.Image:
    """A large image in a fraction of its size, which bounds the memory of the steps that follow; a
    JPEG is decoded at that size."""
    factor = math.isqrt(image.width * image.height // ENOUGH_PIXELS)
    if factor < 2:
        return image
    before = image.width
    image.draft(None, (image.width // factor, image.height // factor))
    left = factor * image.width // before
    if left < 2 or image.mode not in REDUCED_MODES:
        return image
    reduced = image.reduce(left)
    reduced.info = dict(image.info)
    reduced.getexif().update(image.getexif())
    return reduced


def _flatten(image: Image.Image) -> Image.Image:
    from PIL import Image, ImageOps

    upright = _to_srgb(ImageOps.exif_transpose(image))
    if upright.mode.startswith("I"):  # 16 bits of grey, of which a conversion would keep the last 8
        upright = upright.point(lambda value: value * (1 / 256)).convert("L")
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
