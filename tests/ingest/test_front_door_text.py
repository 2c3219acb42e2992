"""Texts of word processors all the way: added by name, by page and by the API, their words on
the page view, found by a question."""

from __future__ import annotations

import io
import subprocess

import docx
import pytest

from ingest.extract.word.old_office import find_libreoffice
from tests.front_door import found_ids, search, whole_text
from tests.ingest.office_files import MAIN, ODT, flat_odt, item, odt, paragraph, run, table
from tests.ingest.office_files import cell as word_cell
from tests.ingest.office_files import docx as word
from tests.kb_command import ROOT

SHARED = ROOT.parent.parent / "shared" / "cases"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
SENTENCE = "La frazione di {} ha recuperato il lavatoio con {} euro raccolti dagli abitanti."
PLACES = {
    "atto.docx": "Acquaviva",
    "modello.dotx": "Borgofreddo",
    "macro.docm": "Castelmuto",
    "rigoroso.docx": "Dossoalto",
    "atto.odt": "Erbanera",
    "modello.ott": "Fontegrigia",
    "piatto.fodt": "Grottabassa",
    "lettera.rtf": "Isolalunga",
    "vecchio.doc": "Lagonuovo",
    "rtf_con_altro_nome.doc": "Montepiano",
    "nota.txt": "Nevegrande",
    "nota.md": "Oliveto di Sopra",
    "nota.rst": "Pietrarossa",
    "pagina.html": "Querceto Basso",
}


def sentence(name: str) -> str:
    return SENTENCE.format(PLACES[name], 1000 + list(PLACES).index(name))


def saved_by_python_docx(text: str) -> bytes:
    buffer = io.BytesIO()
    document = docx.Document()
    document.add_paragraph(text)
    document.save(buffer)
    return buffer.getvalue()


def rich_text(text: str) -> bytes:
    return rf"{{\rtf1\ansi\ansicpg1252 {text}\par}}".encode("cp1252")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    strict = word(paragraph(sentence("rigoroso.docx"))).replace(MAIN.encode(), STRICT.encode())
    made = {
        "atto.docx": saved_by_python_docx(sentence("atto.docx")),
        "modello.dotx": word(paragraph(sentence("modello.dotx"))),
        "macro.docm": word(paragraph(sentence("macro.docm"))),
        "rigoroso.docx": strict,
        "atto.odt": odt(f"<text:p>{sentence('atto.odt')}</text:p>"),
        "modello.ott": odt(f"<text:p>{sentence('modello.ott')}</text:p>", kind=f"{ODT}-template"),
        "piatto.fodt": flat_odt(f"<text:p>{sentence('piatto.fodt')}</text:p>"),
        "lettera.rtf": rich_text(sentence("lettera.rtf")),
        "rtf_con_altro_nome.doc": rich_text(sentence("rtf_con_altro_nome.doc")),
        "nota.txt": sentence("nota.txt").encode(),
        "nota.md": sentence("nota.md").encode(),
        "nota.rst": sentence("nota.rst").encode(),
        "pagina.html": f"<html><body><p>{sentence('pagina.html')}</p></body></html>".encode(),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    if program := find_libreoffice():
        (folder / "vecchio.docx").write_bytes(saved_by_python_docx(sentence("vecchio.doc")))
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        subprocess.run(
            [program, "--headless", profile, "--convert-to", "doc", "--outdir", folder,
             folder / "vecchio.docx"], check=True, capture_output=True, timeout=180,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def results(front_door, folder):
    """Every file through one run of the command."""
    return front_door.ingest([folder / name for name in PLACES if (folder / name).exists()])


@pytest.mark.parametrize("name", PLACES)
def test_a_file_of_each_kind_is_read_shown_and_found(front_door, results, name):
    if name == "vecchio.doc" and not find_libreoffice():
        pytest.skip("LibreOffice is not installed")
    result = results[name]
    assert result["status"] == "ready", result
    assert sentence(name) in whole_text(front_door.client, result["id"])
    assert result["id"] in found_ids(front_door.client, f"lavatoio recuperato a {PLACES[name]}")


def test_a_document_with_all_that_word_can_do(front_door, tmp_path):
    picture = "<w:drawing><wp:inline><pic:pic/></wp:inline></w:drawing>"
    body = (
        paragraph(run("REGOLAMENTO DEL LAVATOIO", "<w:b/>"))
        + item("Oggetto e finalità del regolamento di Salicebianco")
        + item("gli abitanti della frazione;", 1)
        + item("Tariffe del lavatoio, scese nel 2020")
        + paragraph(
            run("Le tariffe erano scese nel 2020")
            + run("3", '<w:vertAlign w:val="superscript"/>')
            + run(" del 45%")
            + run("12", '<w:vertAlign w:val="superscript"/>')
            + run(" segreto", "<w:vanish/>")
        )
        + paragraph(f"<w:r>{picture}</w:r>")
        + table(
            word_cell("Voce") + word_cell("2019") + word_cell("2020"),
            word_cell("Salicebianco") + word_cell("") + word_cell("58%"),
        )
    )
    numbering = (
        '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="Art. %1"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/>'
        '<w:lvlText w:val="%2)"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    )
    path = tmp_path / "regolamento.docx"
    path.write_bytes(word(body, numbering=numbering))
    result = front_door.ingest([path])["regolamento.docx"]
    assert result["status"] == "ready", result
    shown = whole_text(front_door.client, result["id"])
    assert "Art. 2 Tariffe del lavatoio" in shown
    assert "a) gli abitanti" in shown
    assert "nel 2020[3] del 45%[12]" in shown
    assert "segreto" not in shown
    page = front_door.client.get(f"/documents/{result['id']}").text
    assert "1 immagine senza testo." in page
    passages = [
        passage["text"]
        for found in search(front_door.client, "tariffe del lavatoio di Salicebianco")
        if found["id"] == result["id"]
        for passage in found["passages"]
    ]
    assert any("Art. 2 Tariffe" in text or "Salicebianco | | 58%" in text for text in passages)


def test_the_upload_page_and_the_api_take_the_same_kinds(front_door, folder):
    client = front_door.client
    offered = client.get("/upload").text
    assert all(suffix in offered for suffix in (".rtf", ".odt", ".ott", ".doc", ".docx", ".dotx"))
    data = rich_text(SENTENCE.format("Tiglieto", 77))
    answer = client.post("/api/v1/documents", files={"file": ("tiglieto.rtf", data)})
    assert answer.status_code == 202, answer.text
    page = client.post(
        "/upload",
        files={"file": ("ulmeto.odt", odt(f"<text:p>{SENTENCE.format('Ulmeto', 78)}</text:p>"))},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert page.status_code == 303, page.text


@pytest.mark.skipif(not SHARED.is_dir(), reason="the case files are not here")
def test_the_case_files(front_door):
    expected = {
        "docx_numbered_articles.docx": ["Art. 1 ", "a) alle scuole", "Art. 3 Sono esenti"],
        "docx_numbered_headings.docx": ["2.2 Riferimenti regionali"],
        "docx_endnotes.docx": ["Acquedotto Valdombra"],
        "docx_symbols.docx": ["≥ 30%", "± 2 punti", "☑ piste"],
        "docx_equation.docx": ["come IRP=0,45×perdite+0,55×consumi per"],
        "docx_smartart.docx": ["Ascolto dei quartieri", "Verifica dopo un anno"],
        "docx_superscript.docx": ["nel 2020[3] del 45%[12]"],
        "docx_table_vmerge.docx": ["Energia | Cappotto | 88.000"],
        "lo_src.odt": ["1. Primo intervento", "Montalto | | 58%"],
    }
    paths = [SHARED / name for name in expected if (SHARED / name).exists()]
    for name, result in front_door.ingest(paths).items():
        assert result["status"] == "ready", result
        shown = whole_text(front_door.client, result["id"])
        assert all(words in shown for words in expected[name]), (name, shown)
