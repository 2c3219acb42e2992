"""A page as an image: highlights lie on the text that they stand for, or nowhere."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from ingest.extract.registry import extract
from ingest.processes.render import Renderer
from ingest.text.alignment import to_raw
from ingest.text.clean import clean
from kb.domain import Page, Verdict
from kb.settings import Settings
from tests.ingest.conftest import nested

DOCUMENTS = Path(__file__).parents[2].parent / "shared" / "docs" / "real"
REAL = ["en/010_*.pdf", "fr/037_*.pdf", "it/216_*.pdf", "it/048_*.pdf", "en/088_*.pdf"]
NEAR = 2.0  # points


@pytest.fixture(scope="module")
def renderer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    renderer = Renderer(Settings(cache_dir=folder, data_dir=folder))
    yield renderer
    renderer.close()


def as_extracted(path, number=1):
    document = pypdfium2.PdfDocument(path)
    raw = document[number - 1].get_textpage().get_text_range()
    document.close()
    return Page(number, "", raw, raw, (), Verdict.TEXT)


def drawn(renderer, tmp_path, data, words):
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    page = as_extracted(path)
    start = page.text.index(words)
    return renderer.draw(path, str(tmp_path).replace("/", "_"), page, [(start, start + len(words))])


def corners(box):
    return (box.x, box.y, box.x + box.width, box.y + box.height)


def test_the_box_is_where_the_words_are(renderer, tmp_path, make_pdf, write_line):
    data = make_pdf([write_line(50, 700, "prima") + write_line(50, 300, "seconda riga")])
    picture = drawn(renderer, tmp_path, data, "seconda")
    assert (picture.width, picture.height) == (600, 800)
    (box,) = picture.boxes
    assert box.x == pytest.approx(50, abs=NEAR)
    assert box.y < 800 - 300 - 6 < 800 - 300 < box.y + box.height
    with Image.open(picture.image) as image:
        assert image.width / image.height == pytest.approx(600 / 800, abs=0.01)
        scale = image.width / 600
        inked = image.convert("L").crop(tuple(round(scale * side) for side in corners(box)))
        assert inked.getextrema()[0] < 100


@pytest.mark.parametrize(
    ("turned", "place"), [(90, (700, 50)), (180, (550, 700)), (270, (100, 550))]
)
def test_turned_pages(renderer, tmp_path, make_pdf, write_line, turned, place):
    """``place``: where the words' baseline starts on the page as it is shown, from its top."""
    data = make_pdf([write_line(50, 700, "parola")], page=f"/Rotate {turned}")
    picture = drawn(renderer, tmp_path, data, "parola")
    sides = [corners(box) for box in picture.boxes]
    left, top = min(s[0] for s in sides), min(s[1] for s in sides)
    right, bottom = max(s[2] for s in sides), max(s[3] for s in sides)
    assert left - 5 <= place[0] <= right + 5
    assert top - 5 <= place[1] <= bottom + 5
    assert max(right - left, bottom - top) == pytest.approx(37, abs=6)


def test_cropped_pages(renderer, tmp_path, make_pdf, write_line):
    data = make_pdf([write_line(150, 700, "parola")], page="/CropBox[100 400 500 780]")
    picture = drawn(renderer, tmp_path, data, "parola")
    assert (picture.width, picture.height) == (400, 380)
    assert picture.boxes[0].x == pytest.approx(50, abs=NEAR)
    assert picture.boxes[0].y < 80 < picture.boxes[0].y + picture.boxes[0].height


def test_a_text_of_another_reader_gets_no_boxes(renderer, tmp_path, make_pdf, write_line):
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf([write_line(50, 700, "parola")]))
    page = Page(1, "", "p arola", "p arola", (), Verdict.TEXT)
    assert renderer.draw(path, "other", page, [(0, 7)]).boxes == ()


def test_a_page_as_tall_as_no_image_is_drawn_smaller(renderer, tmp_path, make_pdf, write_line):
    data = make_pdf([write_line(5, 300, "alto")], "/MediaBox[0 0 50 800]")
    picture = drawn(renderer, tmp_path, data, "alto")
    assert (picture.width, picture.height) == (50, 800)
    with Image.open(picture.image) as image:
        assert image.height <= 16383


def test_what_cannot_be_drawn_is_not(renderer, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7 broken")
    assert renderer.draw(path, "broken", Page(1, "", "", "", (), Verdict.TEXT)) is None


def test_a_page_that_would_never_be_drawn_is_not_begun(renderer, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(nested(24, 2))
    page = Page(1, "", "", "", (), Verdict.TEXT)
    assert renderer.draw(path, "nested", page, within_s=60) is None
    flat = tmp_path / "b.pdf"
    flat.write_bytes(nested(5, 3))
    assert renderer.draw(flat, "flat", page, within_s=60) is not None


def test_a_page_that_takes_longer_than_it_is_given_is_not_drawn(renderer, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(nested(2, 1))
    page = Page(1, "", "", "", (), Verdict.TEXT)
    assert renderer.draw(path, "short", page, within_s=0) is None
    assert renderer.draw(path, "short", page) is not None


@pytest.mark.parametrize("pattern", REAL)
def test_on_real_pages_the_text_in_the_boxes_is_the_highlighted_text(renderer, pattern):
    path = next(DOCUMENTS.glob(pattern), None)
    if path is None:
        pytest.skip(f"no documents in {DOCUMENTS}")
    extracted = extract(path, path.name, Settings(ocr=False), lambda done, total: None)
    pages = clean(extracted.pages, extracted.laid_out, extracted.headings)
    pages = [page for page in pages if len(page.text) > 800]
    chance = random.Random(pattern)
    document = pypdfium2.PdfDocument(path)
    for page in chance.sample(pages, min(4, len(pages))):
        shown = document[page.number - 1]
        if shown.get_rotation():
            continue
        start = page.text.index(" ", chance.randrange(len(page.text) - 400)) + 1
        span = (start, page.text.index(" ", start + 200))
        picture = renderer.draw(path, path.stem, page, [span])
        assert picture.boxes
        inside = "".join(text_in(shown, box) for box in picture.boxes)
        raw_start, raw_end = to_raw(page, *span)
        highlighted = letters(page.raw[raw_start:raw_end])
        # a letter that two boxes touch is counted twice
        assert SequenceMatcher(None, letters(inside), highlighted).ratio() > 0.98
    document.close()


def text_in(page, box):
    """pdfium's own answer to which text stands in a box, drawn in a little so that letters of
    the neighbouring lines do not count."""
    left, _, _, top = page.get_bbox()
    inset = 0.3 * box.height
    return page.get_textpage().get_text_bounded(
        left + box.x + 0.3,
        top - box.y - box.height + inset,
        left + box.x + box.width - 0.3,
        top - box.y - inset,
    )


def letters(text):
    return "".join(char for char in text if char.isalnum())


def test_a_document_whose_pages_fail_is_not_tried_for_ever(tmp_path, make_pdf, write_line):
    folder = tmp_path / "cache"
    renderer = Renderer(Settings(cache_dir=folder, data_dir=folder))
    broken, sound = tmp_path / "broken.pdf", tmp_path / "sound.pdf"
    broken.write_bytes(b"%PDF-1.7 and then nothing")
    page = Page(1, "", "", "", (), Verdict.TEXT)
    assert renderer.draw(broken, "broken", page) is None
    sound.write_bytes(make_pdf([write_line(50, 700, "prima")] * 5))
    assert renderer.draw(sound, "broken", page) is None  # this page is known to fail
    for number in (2, 3):
        beyond = Page(number + 100, "", "", "", (), Verdict.TEXT)
        assert renderer.draw(sound, "broken", beyond) is None
    assert renderer.draw(sound, "broken", Page(4, "", "", "", (), Verdict.TEXT)) is None
    assert renderer.draw(sound, "sound", page) is not None
    renderer.close()


def test_documents_are_drawn_beside_each_other(tmp_path, make_pdf, write_line, monkeypatch):
    monkeypatch.setattr("ingest.processes.render.PATIENCE_S", 200.0)
    folder = tmp_path / "cache"
    renderer = Renderer(Settings(cache_dir=folder, data_dir=folder))
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf([write_line(50, 700, "prima")] * 4))
    pages = [Page(number, "", "", "", (), Verdict.TEXT) for number in range(1, 5)]
    asked = [(name, page) for name in ("one", "two", "three") for page in pages]
    with ThreadPoolExecutor(6) as pool:
        drawn = list(pool.map(lambda a: renderer.draw(path, *a), asked))
    assert all(drawn)
    assert len({picture.image for picture in drawn}) == 12
    renderer.close()


def test_images_stay_within_their_limit_and_those_used_longest_ago_go(
    tmp_path, make_pdf, write_line
):
    settings = Settings(cache_dir=tmp_path, data_dir=tmp_path, page_images_mb=64)
    renderer = Renderer(settings)
    old, kept, left = (renderer.image_path(f"{name:0<64}", 1) for name in ("aa", "bb", "cc"))
    left = left.with_suffix(".part")
    for image in (old, kept, left):
        image.parent.mkdir(parents=True)
        with image.open("wb") as file:
            file.truncate(40 << 20)
        os.utime(image, (1, 1))
    assert renderer.images.use(kept)
    assert not renderer.images.use(old.with_name("2.webp"))
    picture = drawn(renderer, tmp_path, make_pdf([write_line(50, 700, "prima")]), "prima")
    assert picture.image.is_file()
    assert kept.is_file()
    assert not old.parent.exists()
    assert not left.parent.exists(), "what a killed process left"
    renderer.close()


def test_no_page_is_drawn_onto_a_disk_that_is_nearly_full(tmp_path, make_pdf, write_line):
    settings = Settings(cache_dir=tmp_path, data_dir=tmp_path, disk_reserve_mb=1 << 40)
    renderer = Renderer(settings)
    data = make_pdf([write_line(50, 700, "prima")])
    assert drawn(renderer, tmp_path, data, "prima") is None
    assert not list(tmp_path.rglob("*.webp"))
    renderer.close()
