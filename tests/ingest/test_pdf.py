"""PDF: pages, headings and labels, and what happens to files that resist."""

import io

import pypdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.extract.registry import extract
from ingest.extracted_item import Content
from ingest.processes.child_process import ProcessLimits
from ingest.processes.extract_child import ReadRequest, read_in
from ingest.processes.isolation import Child
from kb.domain import Verdict
from kb.messages import PermanentError
from kb.settings import Settings
from tests.ingest.conftest import nested

WITHOUT_OCR = Settings(ocr=False)


@pytest.fixture
def read(tmp_path):
    def from_bytes(data, settings=WITHOUT_OCR, avoid=frozenset()):
        path = tmp_path / "a.pdf"
        path.write_bytes(data)
        return extract(path, "a.pdf", settings, lambda done, total: None, avoid)

    return from_bytes


def written(writer):
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_outline_labels_and_metadata(read, make_pdf, write_line):
    contents = [
        write_line(50, 700, "Piano") + write_line(50, 650, "1 Acqua"),
        write_line(50, 700, "1.1 Perdite") + write_line(50, 650, "testo"),
    ]
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(contents)))
    writer.add_metadata({"/Title": "Piano dell'acqua", "/Author": "Anna Bianchi; marossi"})
    water = writer.add_outline_item(title="1 Acqua", page_number=0)
    writer.add_outline_item(title="1.1 Perdite", page_number=1, parent=water)
    writer.set_page_label(0, 0, style="/r")
    writer.set_page_label(1, 1, style="/D", start=7)
    document = read(written(writer))
    assert [page.label for page in document.pages] == ["i", "7"]
    assert document.title == "Piano dell'acqua"
    assert document.authors == ("Anna Bianchi",)
    text = document.pages[0].text
    assert [(h.level, h.title, h.page, h.offset) for h in document.headings] == [
        (1, "1 Acqua", 1, text.index("1 Acqua")),
        (2, "1.1 Perdite", 2, 0),
    ]


def test_headings_by_their_type_where_there_is_no_outline(read, make_pdf, write_line):
    body = "".join(
        write_line(50, 600 - 20 * n, f"Una riga di testo normale, la numero {n}.") for n in range(9)
    )
    contents = [write_line(50, 700, f"{n} Misure per l'aria", 18) + body for n in range(1, 4)]
    contents[0] = write_line(50, 760, "Piano del clima", 30) + contents[0]
    document = read(make_pdf(contents))
    assert document.title == "Piano del clima"
    assert [(h.title, h.level, h.page) for h in document.headings][-3:] == [
        ("1 Misure per l'aria", 1, 1),
        ("2 Misure per l'aria", 1, 2),
        ("3 Misure per l'aria", 1, 3),
    ]


def test_a_password_is_asked_for_and_mere_protection_is_not(read, make_pdf, write_line):
    for user, allowed in (("", True), ("segreto", False)):
        data = make_pdf([write_line(50, 700, "testo protetto")])
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
        writer.encrypt(user_password=user, owner_password="padrone", algorithm="AES-256")
        if allowed:
            assert read(written(writer)).pages[0].text == "testo protetto"
        else:
            with pytest.raises(PermanentError, match="password"):
                read(written(writer))


def test_what_stands_before_and_after_the_file_does_not_matter(read, make_pdf, write_line):
    data = make_pdf([write_line(50, 700, "testo")])
    assert read(b"<br>Warning: session\r\n" + data + b"\n<!-- end -->").pages[0].text == "testo"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_cut_off_files_give_text_or_a_sentence(read, make_pdf, write_line, share):
    data = make_pdf([write_line(50, 700, "testo della pagina")] * 3)
    try:
        document = read(data[: int(share * len(data))])
    except PermanentError as error:
        assert "PDF" in str(error)  # noqa: PT017 - either is right
    else:
        assert "testo" in document.pages[0].text


def test_too_many_pages(read, make_pdf, write_line):
    data = make_pdf([write_line(50, 700, "testo")] * 3)
    with pytest.raises(PermanentError, match="3 pages, more than 2"):
        read(data, Settings(ocr=False, max_pages=2))


def test_no_pages(read, make_pdf):
    with pytest.raises(PermanentError):
        read(make_pdf([]))


def test_noise_of_a_font_without_a_map_is_not_language(read, make_pdf, write_line):
    shifted = "".join(chr(ord(c) + 3) for c in "il comune riduce i consumi di energia " * 12)
    lines = [shifted[n : n + 60] for n in range(0, len(shifted), 60)]
    noise = "".join(write_line(20, 780 - 14 * n, line) for n, line in enumerate(lines))
    document = read(make_pdf([write_line(50, 700, "testo leggibile"), noise]))
    assert [page.verdict for page in document.pages] == [Verdict.TEXT, Verdict.GARBAGE]


def test_pages_without_anything_are_empty_and_cost_nothing_else(read, make_pdf, write_line):
    document = read(make_pdf(["", write_line(50, 700, "testo")]), Settings(ocr=True))
    assert [page.verdict for page in document.pages] == [Verdict.EMPTY, Verdict.TEXT]


def scan(words):
    """A page that is only a picture of words."""
    image = Image.new("L", (1200, 400), 255)
    font = ImageFont.load_default(size=60)
    ImageDraw.Draw(image).text((60, 150), words, font=font, fill=0)
    buffer = io.BytesIO()
    image.save(buffer, "PDF", resolution=150)
    return buffer.getvalue()


def test_a_scan_is_recognised(read):
    document = read(scan("Piano energetico comunale"), Settings(ocr=True))
    assert [page.verdict for page in document.pages] == [Verdict.OCR]
    assert "Piano energetico comunale" in document.pages[0].text


def test_a_stamp_on_a_scan_is_not_its_text(read, write_line):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(scan("Delibera della giunta comunale")))
    stamp = pypdf.generic.StreamObject()
    stamp.set_data(write_line(20, 20, "Prot. 12").encode())
    page = writer.pages[0]
    fonts = {"/F": {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}}
    page["/Resources"].update(as_pdf({"/Font": fonts}))  # type: ignore[attr-defined]
    contents = [page["/Contents"].indirect_reference, writer._add_object(stamp)]
    page[pypdf.generic.NameObject("/Contents")] = pypdf.generic.ArrayObject(contents)
    data = written(writer)
    assert read(data).pages[0].text == "Prot. 12"
    (page,) = read(data, Settings(ocr=True)).pages
    assert page.verdict == Verdict.OCR
    assert "Delibera della giunta" in page.text


def as_pdf(value):
    """Dictionaries and names as pypdf's own objects."""
    if isinstance(value, dict):
        entries = {pypdf.generic.NameObject(key): as_pdf(inner) for key, inner in value.items()}
        return pypdf.generic.DictionaryObject(entries)
    return pypdf.generic.NameObject(value)


def test_a_scan_without_recognition_says_what_to_do(read):
    with pytest.raises(PermanentError, match="KB_OCR"):
        read(scan("Piano energetico comunale"))


def test_a_page_that_hangs_the_reader_is_left_to_the_second(tmp_path, make_pdf, write_line):
    depth, first = 8, 8
    forms = []
    for level in range(depth):
        last = level == depth - 1
        content = b"BT /F 1 Tf (eco) Tj ET" if last else b"/X Do " * 10
        inner = "" if last else f"/XObject<</X {first + level + 1} 0 R>>"
        entries = (
            f"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>{inner}>>"
        )
        forms.append(
            b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries.encode(), len(content), content)
        )
    path = tmp_path / "a.pdf"
    contents = [write_line(50, 700, "Prima pagina") + "/X Do", write_line(50, 700, "Seconda")]
    path.write_bytes(make_pdf(contents, resources=f"/XObject<</X {first} 0 R>>", more=forms))
    settings = Settings(ocr=False, extract_timeout_s=30)
    child = Child(
        "ingest.processes.extract_child:read",
        ProcessLimits(1024, settings.extract_timeout_s, nice=0),
        Content,
    )
    try:
        request = ReadRequest(path, "a.pdf", "key", settings)
        read = read_in(child, request, lambda progress: None)
    finally:
        child.close()
    assert read.pages[1].text == "Seconda"


def test_pages_to_avoid_are_read_by_the_second_reader(read, make_pdf, write_line):
    data = make_pdf([write_line(50, 700, "uno"), write_line(50, 700, "due")])
    for avoid in ({1}, {0}, {0, 1, 2}):
        assert [page.text for page in read(data, avoid=frozenset(avoid)).pages] == ["uno", "due"]


@pytest.mark.parametrize("data", [nested(9, 10), nested(24, 2), nested(3, 2, back="X")])
def test_forms_that_draw_each_other_without_end_are_refused_before_they_are_drawn(read, data):
    with pytest.raises(PermanentError, match="too intricate"):
        read(data)


def test_forms_within_forms_as_programs_write_them_are_read(read):
    assert "Fontechiara" in read(nested(5, 3)).pages[0].text
