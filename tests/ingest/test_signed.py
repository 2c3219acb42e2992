"""Signed files (.p7m) all the way: unwrapped, read, shown with who signed, and found."""

import base64

import pytest

from ingest.extract.mail.cms import inner_name, unwrap
from kb.messages import PermanentError
from tests.front_door import found_ids, page_text
from tests.ingest.signing import as_ber, signed, signer

TEXT = "La delibera approva {} per la scuola primaria di Valdombra, con {} euro."
DETACHED = "only a signature"


@pytest.fixture(scope="module")
def lucia():
    return signer(common="ROSSI/LUCIA/RSSLCU70A01H501X/2021123")


@pytest.fixture(scope="module")
def mario():
    return signer(common="Mario Bianchi", given="Mario", family="Bianchi", organisation="Comune")


@pytest.fixture(scope="module")
def results(front_door, tmp_path_factory, lucia, mario, one_page_pdf):
    """Every way of signing through one run of the command."""
    pdf = one_page_pdf(TEXT.format("il tetto fotovoltaico", 41000))
    files = {
        "tetto.pdf.p7m": signed(pdf, lucia),
        "ber.pdf.p7m": as_ber(signed(one_page_pdf(TEXT.format("la palestra", 52000)), lucia)),
        "base64.pdf.p7m": base64.encodebytes(
            signed(one_page_pdf(TEXT.format("il cortile", 63000)), lucia)
        ),
        "pem.txt.p7m": signed(TEXT.format("la biblioteca", 74000).encode(), lucia, pem=True),
        "due.pdf.p7m.p7m": signed(
            signed(one_page_pdf(TEXT.format("la mensa", 85000)), lucia), mario
        ),
        "insieme.md.p7m": signed(
            f"# Il giardino\n\n{TEXT.format('il giardino', 96000)}".encode(), lucia, mario
        ),
        "senza_nome.p7m": signed(one_page_pdf(TEXT.format("il portico", 17000)), mario),
        "staccata.pdf.p7m": signed(pdf + b"\n", lucia, detached=True),
        "staccata.p7s": signed(pdf + b"\n\n", lucia, detached=True),
        "tagliata.pdf.p7m": signed(pdf + b"\n\n\n", lucia)[:900],
        "errore.pdf.p7m": signed(b"<!DOCTYPE html><html><body>404</body></html>", lucia),
        "pagina.pdf.p7m": b"<!DOCTYPE html><html><body><p>Sessione scaduta</p></body></html>",
    }
    folder = tmp_path_factory.mktemp("signed")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return front_door.ingest([folder / name for name in files])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tetto.pdf.p7m", "il tetto fotovoltaico"),
        ("ber.pdf.p7m", "la palestra"),
        ("base64.pdf.p7m", "il cortile"),
        ("pem.txt.p7m", "la biblioteca"),
        ("due.pdf.p7m.p7m", "la mensa"),
        ("insieme.md.p7m", "il giardino"),
        ("senza_nome.p7m", "il portico"),
    ],
)
def test_the_document_inside_is_read_and_found(front_door, results, name, words):
    result = results[name]
    assert result["status"] == "ready", result
    assert words in page_text(front_door.client, result["id"])
    assert result["id"] in found_ids(front_door.client, f"delibera {words} scuola di Valdombra")


def test_the_page_names_the_signers_and_says_that_nothing_was_verified(front_door, results):
    page = front_door.client.get(f"/documents/{results['due.pdf.p7m.p7m']['id']}").text
    assert "LUCIA ROSSI" in page
    assert "Mario Bianchi (Comune)" in page
    assert page.count("firma non verificata") == 2
    assert "RSSLCU" not in page  # a tax number is nobody's business
    english = front_door.client.get(
        f"/documents/{results['insieme.md.p7m']['id']}", headers={"Accept-Language": "en"}
    ).text
    assert english.count("signature not verified") == 2
    assert 'datetime="20' in english


def test_a_signed_pdf_is_drawn_as_its_page(front_door, results):
    shown = front_door.client.get(f"/documents/{results['base64.pdf.p7m']['id']}/pages/1")
    assert "<image " in shown.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("staccata.pdf.p7m", DETACHED),
        ("staccata.p7s", DETACHED),
        ("tagliata.pdf.p7m", "cut off"),
        ("errore.pdf.p7m", "named .pdf, but it is a web page"),
        ("pagina.pdf.p7m", "named .p7m, but it is a web page"),
    ],
)
def test_what_holds_no_document_is_refused_in_words(results, name, words):
    assert results[name]["status"] == "failed"
    assert words in results[name]["reason"]


def test_the_upload_page_and_the_api_take_signed_files(front_door, lucia, one_page_pdf):
    page = front_door.client.get("/upload").text
    assert ".p7m" in page
    for address, text in (("/upload", "il campanile"), ("/api/v1/documents", "la fontana")):
        data = signed(one_page_pdf(TEXT.format(text, 12345)), lucia)
        answer = front_door.client.post(address, files={"file": ("atto.pdf.p7m", data)})
        assert answer.status_code in (202, 303), answer.text


def test_names_without_their_signatures():
    assert inner_name("Atto 12.PDF.P7M.p7m") == "Atto 12.PDF"
    assert inner_name(".p7m") == ".p7m"
    assert inner_name("atto.p7m") == "atto"


def test_what_is_not_signed_stays_as_it_is():
    assert unwrap(b"Montalto").content == b"Montalto"


def test_an_endless_pile_of_signatures_ends(lucia):
    data = b"fine"
    for _ in range(12):
        data = signed(data, lucia)
    assert unwrap(data).content.startswith(b"0")


def test_an_encrypted_file_says_so():
    enveloped = bytes.fromhex("3080 06092a864886f70d010703 a080".replace(" ", "")) + b"\x30\x80" * 9
    with pytest.raises(PermanentError, match="encrypted for its recipient"):
        unwrap(enveloped)
