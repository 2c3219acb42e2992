"""Uploaded pictures of practices: what is kept of them, and what is refused in words."""

import io

import pytest
from PIL import Image, ImageCms

from kb.messages import PermanentError
from kb.practices.pictures import LARGE, SMALL, Credit, encode

ORIENTATION, CAMERA, GPS, LATITUDE = 0x0112, 0x010F, 0x8825, 2


def image_file(size=(600, 400), kind="JPEG", mode="RGB", colour="red", **options):
    stream = io.BytesIO()
    Image.new(mode, size, colour).save(stream, kind, **options)
    return stream.getvalue()


def photograph(size=(3000, 2000), mode="RGB"):
    """Taken with the camera on its side, in a known place."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[CAMERA] = 6, "Camera of somebody"
    exif.get_ifd(GPS)[LATITUDE] = (43.0, 12.0, 0.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return image_file(
        size, mode=mode, colour=0, exif=exif, icc_profile=profile, comment=b"private words"
    )


@pytest.mark.parametrize("taken", [((3000, 2000), "RGB"), ((9600, 6400), "L")])
def test_a_photograph_is_turned_upright_and_loses_place_camera_and_words(taken):
    made = encode(io.BytesIO(photograph(*taken)))
    large, small = (Image.open(io.BytesIO(content)) for content in (made.large, made.small))
    assert large.size == (made.width, made.height) == (853, LARGE)
    assert max(small.size) == SMALL
    assert large.format == small.format == "WEBP"
    for one in (large, small):
        assert not one.getexif()
        assert not {"exif", "icc_profile", "xmp"} & set(one.info)
    for trace in (b"Camera of", b"private words", b"EXIF", b"XMP ", b"ICCP"):
        assert trace not in made.large + made.small


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (image_file(kind="PNG", mode="RGBA", colour=(255, 0, 0, 0)), (255, 255, 255)),
        (image_file(kind="PNG", mode="P", colour=0), None),
        (image_file(kind="PNG", mode="I;16", colour=0x8000), (128, 128, 128)),
        (image_file(mode="CMYK", colour=(0, 0, 0, 0)), (255, 255, 255)),
        (image_file(mode="L", colour=255), (255, 255, 255)),
        (image_file(kind="WEBP"), None),
        (image_file((240, 5000)), None),
    ],
)
def test_every_still_jpeg_png_and_webp_is_read(content, kept):
    made = encode(io.BytesIO(content))
    shown = Image.open(io.BytesIO(made.large)).convert("RGB")
    assert max(shown.size) <= LARGE
    if kept:
        assert all(abs(a - b) < 6 for a, b in zip(shown.getpixel((9, 9)), kept, strict=True))


def test_of_a_photograph_with_previews_the_first_picture_is_read():
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    stream = io.BytesIO()
    frames[0].save(stream, "MPO", save_all=True, append_images=frames[1:])
    made = encode(io.BytesIO(stream.getvalue()))
    red, _, blue = Image.open(io.BytesIO(made.large)).convert("RGB").getpixel((9, 9))
    assert red > blue


def moving():
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    stream = io.BytesIO()
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:])
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "SVG"),
        (b"This is a letter, not a picture." * 40, "JPEG, PNG or WebP"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x --><svg><script/></svg>", "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "save it as JPEG"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(99), "save it as JPEG"),
        (b"%PDF-1.7 x", "JPEG, PNG or WebP"),
        (image_file(kind="GIF"), "JPEG, PNG or WebP"),
        (image_file(kind="TIFF"), "JPEG, PNG or WebP"),
        (b"", "JPEG, PNG or WebP"),
        (image_file()[:700], "ends too early"),
        (image_file((1200, 900), kind="PNG")[:1500], "ends too early|JPEG, PNG or WebP"),
        (moving(), "moves"),
        (image_file((12_500, 10_000), kind="PNG", mode="1", colour=0), "too many pixels"),
        (image_file((20_000, 10_000), kind="PNG", mode="1", colour=0), "too many pixels"),
        (image_file((100, 4000)), "too small"),
        (b"\xff\xd8" + bytes(31 * 1024 * 1024), "larger than 30 MB"),
    ],
)
def test_what_is_no_still_picture_of_bounded_size_is_refused_in_words(content, said):
    with pytest.raises(PermanentError, match=said):
        encode(io.BytesIO(content))


def test_a_picture_needs_words_author_and_licence():
    assert set(Credit("", "", "").problems()) == {"alt", "author", "licence"}
    assert set(Credit("x" * 301, "A", "CC0").problems()) == {"alt"}
    assert not Credit("Una piazza", "Comune", "CC BY 4.0").problems()
