"""Boxes stand exactly on the text they were asked for, whatever way the page is turned."""

from pathlib import Path

import pypdfium2
import pytest

from ingest.page_image import Renderer
from kb.domain import Edit, Page, Verdict
from kb.settings import Settings

LINES = (
    "Nine villages closed their kitchens.",
    "The price of a meal fell to 4.90 euro.",
    "The end.",
)


def pdf(path: Path, extra: str = "") -> Path:
    """A page of 300 by 200 points with three lines; ``extra`` goes into the page's dictionary."""
    shown = " ".join(f"1 0 0 1 20 {170 - 30 * n} Tm ({line}) Tj" for n, line in enumerate(LINES))
    stream = f"BT /F1 12 Tf {shown} ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R %s"
        b" /Resources << /Font << /F1 5 0 R >> >> >>" % extra.encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    path.write_bytes(out + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer)
    return path


def page_of(path: Path, edits: tuple[Edit, ...] = (), text: str | None = None) -> Page:
    raw = pypdfium2.PdfDocument(path)[0].get_textpage().get_text_range()
    return Page(1, "1", raw, text or raw, edits, Verdict.TEXT)


@pytest.fixture
def renderer(tmp_path):
    opened = Renderer(Settings(_env_file=None, cache_dir=tmp_path / "cache"))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("extra", "size"),
    [
        ("", (300, 200)),
        ("/Rotate 90", (200, 300)),
        ("/Rotate 180", (300, 200)),
        ("/CropBox [10 20 290 190]", (280, 170)),
    ],
)
def test_the_box_covers_the_line_and_nothing_else(renderer, tmp_path, extra, size):
    path = pdf(tmp_path / "page.pdf", extra)
    page = page_of(path)
    start = page.text.index(LINES[1])
    picture = renderer.draw(path, "a" * 64, page, [(start, start + len(LINES[1]))])
    assert (picture.width, picture.height) == size
    dark, inside = ink(picture)
    assert inside > 100
    everything = renderer.draw(path, "a" * 64, page, [(0, len(page.text))])
    assert ink(everything)[0] == ink(everything)[1]
    assert inside < dark


def ink(picture) -> tuple[int, int]:
    """Dark pixels of the page, and those of them that lie in a box."""
    from PIL import Image, ImageDraw

    image = Image.open(picture.image).convert("L").point(lambda value: 255 * (value < 128))
    mask = Image.new("L", image.size)
    scale = image.width / picture.width
    for box in picture.boxes:
        corners = (box.x, box.y, box.x + box.width, box.y + box.height)
        ImageDraw.Draw(mask).rectangle([round(scale * corner) for corner in corners], fill=255)
    inside = Image.composite(image, Image.new("L", image.size), mask)
    return image.histogram()[255], inside.histogram()[255]


def test_boxes_follow_the_edits_of_the_cleaned_text(renderer, tmp_path):
    """A cleaned text that lost its first line still marks the right place."""
    path = pdf(tmp_path / "page.pdf")
    raw = page_of(path).raw
    cut = raw.index(LINES[1])
    page = page_of(path, (Edit(0, cut, 0, 0),), raw[cut:])
    moved = renderer.draw(path, "b" * 64, page, [(0, len(LINES[1]))])
    plain = renderer.draw(path, "b" * 64, page_of(path), [(cut, cut + len(LINES[1]))])
    assert moved.boxes == plain.boxes
    assert len(moved.boxes) == 1


def test_no_boxes_on_a_text_that_is_not_the_pages_own(renderer, tmp_path):
    path = pdf(tmp_path / "page.pdf")
    page = Page(1, "1", "read by OCR", "read by OCR", (), Verdict.OCR)
    picture = renderer.draw(path, "c" * 64, page, [(0, 4)])
    assert picture.boxes == ()
    assert picture.image.is_file()


def test_a_damaged_file_is_not_drawn(renderer, tmp_path):
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.4\nnothing follows")
    page = Page(1, "1", "text", "text", (), Verdict.TEXT)
    assert renderer.draw(path, "d" * 64, page) is None
    assert not renderer.image_path("d" * 64, 1).exists()
