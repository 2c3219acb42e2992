"""PDFs made to order, byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

MakePdf = Callable[..., bytes]


def stream(content: bytes, entries: str = "") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries.encode(), len(content), content)


def assembled(objects: Sequence[bytes]) -> bytes:
    """A file of the objects, numbered from 1; the first is the catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    )


@pytest.fixture
def make_pdf() -> MakePdf:
    """``contents``: the content stream of each page, 600 by 800 points, with a font F. ``page``:
    further entries of every page; ``more``: further objects, numbered from 3 + 2 × pages + 1."""

    def make(
        contents: Sequence[str], page: str = "", resources: str = "", more: Sequence[bytes] = ()
    ) -> bytes:
        kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(contents)))
        objects = [
            b"<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Kids[{kids}]/Count {len(contents)}>>".encode(),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        ]
        for n, content in enumerate(contents):
            objects += [
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]{page}/Contents {5 + 2 * n} 0 R"
                f"/Resources<</Font<</F 3 0 R>>{resources}>>>>".encode(),
                stream(content.encode("cp1252")),
            ]
        return assembled([*objects, *more])

    return make


def text_at(x: float, y: float, text: str, size: float = 12) -> str:
    """A line of text whose baseline starts at the point, from the lower left corner."""
    return f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET\n"


def nested(levels: int, calls: int, back: str = "") -> bytes:
    """A page whose forms draw each other ``calls`` times, level after level; ``back`` is drawn by
    the last one too."""
    parts = []
    for number in range(levels):
        inner = f"/XObject<</X {6 + (number + 1) % levels} 0 R>>"
        last = number == levels - 1
        drawn = f"/{back} Do " * 2 * bool(back) if last else "/X Do " * calls
        form = f"/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<<{inner}>>"
        parts.append(stream(drawn.encode(), form))
    return assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R"
            b"/Resources<</Font<</F 3 0 R>>/XObject<</X 6 0 R>>>>>>",
            stream(text_at(50, 700, "Il bando per i boschi di Fontechiara").encode() + b"/X Do"),
            *parts,
        ]
    )


@pytest.fixture
def write_line() -> Callable[..., str]:
    return text_at


@pytest.fixture(scope="session")
def one_page_pdf() -> Callable[[str], bytes]:
    """A PDF with one line of text."""

    def make(text: str) -> bytes:
        content = text_at(40, 700, text).encode("cp1252")
        return assembled(
            [
                b"<</Type/Catalog/Pages 2 0 R>>",
                b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
                b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R"
                b"/Resources<</Font<</F 3 0 R>>>>>>",
                stream(content),
            ]
        )

    return make
