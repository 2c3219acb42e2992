"""Files of the Office programs from before 2007: told apart, read through LibreOffice where it is
installed, refused in words where it is not."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest

from ingest.extract.registry import extract
from ingest.extract.sniff import sniff
from ingest.extract.word.old_office import find_libreoffice
from ingest.extract.word.ole import DOC, PPT, XLS
from kb.messages import PermanentError
from kb.settings import Settings
from tests.ingest.office_files import PROSE

PROGRAM = find_libreoffice()
needs_libreoffice = pytest.mark.skipif(PROGRAM is None, reason="LibreOffice is not installed")


def saved(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def text() -> bytes:
    document = docx.Document()
    document.add_paragraph(PROSE)
    table = document.add_table(2, 2, style="Table Grid")
    for place, words in enumerate(("Voce", "Costo", "Caldaie", "9")):
        table.cell(*divmod(place, 2)).text = words
    document.add_paragraph("Fine della relazione.")
    return saved(document)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["Scuola", "kWh"])
    book.active.append(["Pascoli di Valdombra", 1250])
    return saved(book)


def slides() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Obiettivi di Valdombra"
    slide.placeholders[1].text = "Meno consumi"
    return saved(deck)


@pytest.fixture(scope="module")
def old_files(tmp_path_factory) -> dict[str, Path]:
    """A file of each kind, by its suffix, written by LibreOffice."""
    folder = tmp_path_factory.mktemp("old")
    given = {"doc": ("docx", text()), "xls": ("xlsx", workbook()), "ppt": ("pptx", slides())}
    made = {}
    for old, (new, data) in given.items():
        (folder / f"{old}.{new}").write_bytes(data)
        subprocess.run(
            [PROGRAM, "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
             "--convert-to", old, "--outdir", folder, folder / f"{old}.{new}"],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
        made[old] = (folder / f"{old}.{old}").rename(folder / f"stored-{old}")
    return made


def read(path: Path, name: str):
    return extract(path, name, Settings(ocr=False), lambda done, total: None)


@needs_libreoffice
@pytest.mark.parametrize(
    ("kind", "media_type", "words"),
    [
        ("doc", DOC, [PROSE, "Voce | Costo", "Caldaie | 9"]),
        ("xls", XLS, ["Scuola | kWh", "Pascoli di Valdombra | 1250"]),
        ("ppt", PPT, ["Obiettivi di Valdombra", "Meno consumi"]),
    ],
)
def test_old_files_are_read_whatever_their_name(
    old_files, monkeypatch, tmp_path, kind, media_type, words
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    document = read(old_files[kind], "senza nome")
    text = "\n".join(page.text for page in document.pages)
    assert all(one in text for one in words), text
    assert document.media_type == media_type
    assert not list(tmp_path.iterdir())


@needs_libreoffice
def test_what_to_do_where_libreoffice_is_not_installed(old_files, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for kind, format in (("doc", "DOCX"), ("xls", "XLSX"), ("ppt", "PPTX")):
        with pytest.raises(PermanentError, match=f"Save it as {format}.*LibreOffice"):
            read(old_files[kind], f"vecchio.{kind}")


@needs_libreoffice
def test_a_pdf_within_an_old_file_is_not_taken_for_it(old_files, tmp_path):
    path = tmp_path / "stored"
    head = old_files["xls"].read_bytes()
    path.write_bytes(head + b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n")
    assert sniff(path, "vecchio.xls") == XLS


@needs_libreoffice
def test_a_file_that_libreoffice_cannot_open(old_files, tmp_path):
    data = bytearray(old_files["ppt"].read_bytes())
    start = data.index("PowerPoint Document".encode("utf-16-le"))
    data[1024:start] = bytes(start - 1024)
    path = tmp_path / "stored"
    path.write_bytes(data)
    with pytest.raises(PermanentError, match=r"PPTX|No text|damaged|not read"):
        read(path, "rotto.ppt")
