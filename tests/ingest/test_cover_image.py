"""Covers are decoded in a child process, with the answers that decoding gives."""

import io

import pytest
from PIL import Image

from ingest.processes.uploaded_image import CoverReader
from kb.collections.covers import HEIGHT, WIDTH, encode
from kb.messages import PermanentError


@pytest.fixture(scope="module")
def covers():
    reader = CoverReader()
    yield reader
    reader.close()


def picture(size, mode="RGB"):
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, "PNG")
    return stream.getvalue()


def test_the_child_makes_what_encoding_makes(covers):
    content = picture((3000, 500))
    cover = covers.read(io.BytesIO(content))
    assert cover == encode(io.BytesIO(content))
    assert Image.open(io.BytesIO(cover.content)).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("content", [b"", b"no image", picture((40, 40))[:60]])
def test_what_is_no_image_is_refused_in_words(covers, content):
    with pytest.raises(PermanentError, match=r"JPEG, PNG or WebP|ends too early"):
        covers.read(io.BytesIO(content))


def test_too_many_pixels_are_refused(covers):
    with pytest.raises(PermanentError, match=r"too many pixels|image that can be read"):
        covers.read(io.BytesIO(picture((12_000, 12_000), "1")))
